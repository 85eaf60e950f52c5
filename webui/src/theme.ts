/** The console's colours, sizes and defaults; one accent, one red, one amber, everything else is grey. */
import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple, type VariantColorsResolver } from '@mantine/core';

const line: MantineColorsTuple = [
  '#e4f7f2', '#c6eee3', '#98e0ce', '#63d0b5', '#38c2a1', '#1fae8d', '#108a70', '#0b7a63', '#08614f', '#063f35',
];

/** Blue-black surfaces: 0 text, 2 dimmed, 4 border, 6 raised, 7 page. */
const dark: MantineColorsTuple = [
  '#d9e2ea', '#b6c2cd', '#93a1af', '#5d6b79', '#263140', '#1c2530', '#151c25', '#0b1016', '#080c11', '#05080b',
];

const gray: MantineColorsTuple = [
  '#f6f8fa', '#eef1f4', '#e1e6eb', '#d3dae1', '#c1cad3', '#9aa6b2', '#5c6975', '#47525d', '#323b44', '#1c2228',
];

/**
 * `autoContrast` judges by one primary shade for both schemes, which puts white on mint in the dark.
 * The filled accent therefore takes its text colour from a variable that knows the scheme (see base.css).
 */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const color = input.color ?? input.theme.primaryColor;
  if (input.variant === 'filled' && color === 'line') return { ...colors, color: 'var(--fl-on-accent)' };
  if (input.variant === 'filled' && color === 'red') return { ...colors, background: 'var(--fl-danger)', hover: 'var(--fl-danger)', color: 'var(--fl-on-danger)' };
  if (input.variant === 'light' && color === 'line') {
    return { ...colors, background: 'var(--fl-accent-soft)', hover: 'var(--fl-accent-soft-hover)', color: 'var(--fl-accent-text)' };
  }
  return colors;
};

export const theme = createTheme({
  primaryColor: 'line',
  primaryShade: { light: 7, dark: 4 },
  colors: { line, dark, gray },
  variantColorResolver,
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, SFMono-Regular, Menlo, monospace",
  headings: { fontWeight: '650' },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 6,
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, centered: true, transitionProps: { duration: 0 }, overlayProps: { backgroundOpacity: 0.55 } } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false, transitionProps: { duration: 0 }, shadow: 'md' } },
    Tooltip: { defaultProps: { openDelay: 350, transitionProps: { duration: 0 } } },
  },
});
