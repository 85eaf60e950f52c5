import { describe, expect, it } from 'vitest';
import { linkTarget, tabTitle } from './terminal-title';

describe('titles', () => {
  it('always begin with the machine', () => {
    expect(tabTitle('edge-1', 'vim notes')).toBe('edge-1: vim notes');
    expect(tabTitle('edge-1', '')).toBe('edge-1');
    expect(tabTitle('edge-1', 'edge-1')).toBe('edge-1');
  });

  it('lose controls and bidi tricks and are capped', () => {
    expect(tabTitle('m', 'a\u0007b\u009b31mc\u202egpj.exe\u2066x\u200bz')).toBe('m: a b 31mc gpj.exe x z');
    expect(tabTitle('m', '\u202e\u0000')).toBe('m');
    expect(tabTitle('m', '🚀'.repeat(200))).toBe(`m: ${'🚀'.repeat(80)}`);
  });
});

describe('links', () => {
  it('lead to http and https only', () => {
    expect(linkTarget('https://example.org/a?b')).toBe('https://example.org/a?b');
    expect(linkTarget('HTTP://example.org')).toBe('http://example.org/');
    for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'ssh://h', 'not a link', '//h/x']) {
      expect(linkTarget(uri)).toBeUndefined();
    }
  });
});
