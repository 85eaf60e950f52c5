/** How this browser likes its terminals: font size, screen reader mode, renderer. Kept in localStorage, never on the relay. */

const KEY = 'fairlead.terminal.preferences';
export const DEFAULT_FONT_SIZE = 14;
const SMALLEST_FONT = 8;
const LARGEST_FONT = 32;

export interface Preferences {
  readonly fontSize: number;
  readonly screenReader: boolean;
  /** `dom` where WebGL misbehaves, and in tests, whose pictures must not depend on a graphics driver. */
  readonly renderer: 'webgl' | 'dom';
}

const DEFAULTS: Preferences = { fontSize: DEFAULT_FONT_SIZE, screenReader: false, renderer: 'webgl' };

export function preferences(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return {
      fontSize: clampFont(Number(kept.fontSize ?? DEFAULT_FONT_SIZE)),
      screenReader: kept.screenReader === true,
      renderer: kept.renderer === 'dom' ? 'dom' : 'webgl',
    };
  } catch {
    return DEFAULTS;
  }
}

export function keepPreferences(change: Partial<Preferences>): Preferences {
  const next = { ...preferences(), ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Forbidden or full: the choice lasts as long as the page.
  }
  return next;
}

export function clampFont(size: number): number {
  return Number.isFinite(size) ? Math.min(Math.max(Math.round(size), SMALLEST_FONT), LARGEST_FONT) : DEFAULT_FONT_SIZE;
}
