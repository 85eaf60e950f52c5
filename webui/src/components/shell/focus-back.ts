/** Where the keyboard was before the palette took it. Mantine's own return looks too late, as the palette's field focuses itself at once. */
import { useCallback, useEffect, useRef } from 'react';

const PALETTE = '.mantine-Spotlight-content';

/** Answers what to call when the palette has closed: the keyboard goes back, unless it already went elsewhere. */
export function useFocusBack(): () => void {
  const before = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const arrived = ({ target }: FocusEvent) => {
      if (target instanceof HTMLElement && target.closest(PALETTE) === null) before.current = target;
    };
    // A click on nothing takes the keyboard from wherever it was: there is nothing to go back to.
    const left = ({ target, relatedTarget }: FocusEvent) => {
      if (relatedTarget === null && target === before.current && document.hasFocus()) before.current = null;
    };
    document.addEventListener('focusin', arrived);
    document.addEventListener('focusout', left);
    return () => {
      document.removeEventListener('focusin', arrived);
      document.removeEventListener('focusout', left);
    };
  }, []);
  return useCallback(() => {
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) before.current?.focus({ preventScroll: true });
    });
  }, []);
}
