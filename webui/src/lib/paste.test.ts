import { describe, expect, it } from 'vitest';
import { clipboardWrite, MAX_CLIPBOARD_BYTES } from './osc52';
import { cleanPaste, needsConsent, pasteSize } from './paste';

const encoded = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

describe('paste', () => {
  it('cannot break out of a bracketed paste', () => {
    expect(cleanPaste('safe\u001b[201~\rrm -rf ~\r')).toBe('safe[201~\nrm -rf ~\n');
    expect(cleanPaste('a\u009b201~b')).toBe('a201~b');
  });

  it('drops every C0 and C1 control but tab and newline, and keeps all text', () => {
    const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
    const text = ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~';
    expect(cleanPaste(controls)).toBe(`\t\n\n${text}`);
    expect(cleanPaste('é 漢字 🚀 \u00a0')).toBe('é 漢字 🚀 \u00a0');
  });

  it('asks before a line end that would run, not where the shell brackets pastes', () => {
    expect(needsConsent('one line', false)).toBe(false);
    expect(needsConsent('runs at once\n', false)).toBe(true);
    expect(needsConsent('a\nb', false)).toBe(true);
    expect(needsConsent('a\nb', true)).toBe(false);
  });

  it('says how much it is', () => {
    expect(pasteSize('ls\n')).toBe('1 line, 3 characters');
    expect(pasteSize('a\nb🚀\n')).toBe('2 lines, 5 characters');
  });
});

describe('OSC 52', () => {
  it('writes text', () => {
    expect(clipboardWrite(`c;${encoded('héllo 🚀')}`)).toBe('héllo 🚀');
    expect(clipboardWrite(`;${encoded('x')}`)).toBe('x');
  });

  it.each([
    ['a read', 'c;?'],
    ['an empty write', 'c;'],
    ['no selection part', encoded('x')],
    ['not base64', 'c;%%%'],
    ['not UTF-8', `c;${btoa('\xff\xfe')}`],
    ['more than 100 kB', `c;${'QUFB'.repeat(MAX_CLIPBOARD_BYTES / 3 + 1)}`],
  ])('refuses %s', (_, body) => {
    expect(clipboardWrite(body)).toBeUndefined();
  });
});
