import { describe, expect, it } from 'vitest';
import { actionOf, type KeyPress } from './terminal-keys';

function press(chord: string): KeyPress {
  const parts = chord.split(' ');
  const code = parts.at(-1) ?? '';
  const has = (name: string): boolean => parts.includes(name);
  const key = { Equal: '+', Minus: '-', Digit0: '0' }[code] ?? code;
  return { type: 'keydown', code, key, ctrlKey: has('Ctrl'), altKey: has('Alt'), shiftKey: has('Shift'), metaKey: has('Meta') };
}

describe('keys', () => {
  it.each([
    ['Alt Digit1', { do: 'tab', index: 0 }],
    ['Alt Digit9', { do: 'tab', index: 8 }],
    ['Alt Shift KeyD', { do: 'split', direction: 'row' }],
    ['Alt Shift Minus', { do: 'split', direction: 'column' }],
    ['Alt Shift KeyP', { do: 'palette' }],
    ['Ctrl Shift KeyF', { do: 'find' }],
    ['Ctrl Shift KeyC', { do: 'copy' }],
    ['Ctrl KeyV', { do: 'paste' }],
    ['Ctrl Equal', { do: 'font', step: 1 }],
    ['Ctrl Minus', { do: 'font', step: -1 }],
    ['Ctrl Digit0', { do: 'font', step: 0 }],
  ])('%s is ours', (chord, action) => {
    expect(actionOf(press(chord))).toEqual(action);
  });

  it.each(['Ctrl KeyK', 'Ctrl KeyR', 'Ctrl KeyW', 'Ctrl KeyC', 'Alt KeyB', 'Alt Digit0', 'KeyA', 'Ctrl Alt KeyV', 'Meta KeyV'])(
    '%s is for the shell or the browser',
    (chord) => {
      expect(actionOf(press(chord))).toBeUndefined();
    },
  );

  it('acts on key down only', () => {
    expect(actionOf({ ...press('Alt Digit1'), type: 'keyup' })).toBeUndefined();
  });
});
