import { beforeEach, describe, expect, it, vi } from 'vitest';
import { byteCount, paceOf } from './terminal-format';
import { addTab, EMPTY } from './terminal-layout';
import { clampFont, keepPreferences, preferences } from './terminal-preferences';
import { forgetTerminals, hasKeptTerminals, keepSnapshot, keepTerminals, keptTerminals, takeSnapshot } from './terminal-storage';

/** A browser's storage, with room for `room` characters. Keys are own properties, as in a browser. */
function storage(room = Infinity): Storage {
  const kept: Record<string, string> = {};
  const methods = {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => {
      if (value.length > room) throw new DOMException('full', 'QuotaExceededError');
      kept[key] = value;
    },
    removeItem: (key: string) => void delete kept[key],
  };
  return new Proxy(methods, {
    ownKeys: () => Object.keys(kept),
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  }) as unknown as Storage;
}

const session = { key: 't1', sessionId: 'ui-1', agentId: 'a', machineName: 'm', title: '', begun: true, over: null };
const snapshot = { sessionId: 'ui-1', offset: 12, cols: 80, rows: 24, screen: 'hello' };

beforeEach(() => {
  vi.stubGlobal('sessionStorage', storage());
  vi.stubGlobal('localStorage', storage());
});

describe('what a reload finds', () => {
  it('is what was kept', () => {
    expect(hasKeptTerminals()).toBe(false);
    const kept = { layout: addTab(EMPTY, 't1'), sessions: [session] };
    keepTerminals(kept);
    expect(keptTerminals()).toEqual(kept);
    expect(hasKeptTerminals()).toBe(true);
  });

  it('is nothing after another version or garbage', () => {
    for (const text of ['{', 'null', '[]', '{"version":99,"sessions":[],"layout":{"tabs":[]}}', '{"version":1}']) {
      sessionStorage.setItem('fairlead.terminals', text);
      expect(keptTerminals()).toEqual({ layout: EMPTY, sessions: [] });
    }
  });

  it('has each snapshot once', () => {
    expect(keepSnapshot('t1', snapshot)).toBe(true);
    expect(takeSnapshot('t1')).toEqual(snapshot);
    expect(takeSnapshot('t1')).toBeUndefined();
  });

  it('has no half a snapshot when the storage is full', () => {
    keepSnapshot('t1', snapshot);
    vi.stubGlobal('sessionStorage', storage(50));
    expect(keepSnapshot('t1', snapshot)).toBe(false);
    expect(takeSnapshot('t1')).toBeUndefined();
  });

  it('is gone after sign-out, and nothing else with it', () => {
    sessionStorage.setItem('other', 'stays');
    keepTerminals({ layout: EMPTY, sessions: [session] });
    keepSnapshot('t1', snapshot);
    forgetTerminals();
    expect(Object.keys(sessionStorage)).toEqual(['other']);
  });
});

describe('preferences', () => {
  it('are kept one by one and never believed blindly', () => {
    expect(keepPreferences({ fontSize: 20 })).toEqual({ fontSize: 20, screenReader: false, renderer: 'webgl' });
    expect(keepPreferences({ renderer: 'dom' })).toEqual({ fontSize: 20, screenReader: false, renderer: 'dom' });
    localStorage.setItem('fairlead.terminal.preferences', '{"fontSize":"huge","renderer":"x","screenReader":1}');
    expect(preferences()).toEqual({ fontSize: 14, screenReader: false, renderer: 'webgl' });
    expect([clampFont(1), clampFont(99), clampFont(12.4)]).toEqual([8, 32, 12]);
  });
});

describe('the status bar', () => {
  it('counts in words', () => {
    expect([0, 1023, 1536, 200 * 1024, 5 * 1024 ** 3].map(byteCount)).toEqual(['0 B', '1023 B', '1.5 KiB', '200 KiB', '5.0 GiB']);
    expect([0, 79, 80, 249, 250].map(paceOf)).toEqual(['quick', 'quick', 'fair', 'fair', 'slow']);
  });
});
