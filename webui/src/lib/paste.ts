/**
 * What may enter a shell from the clipboard. xterm.js 6.0.0 does not strip ESC from a bracketed paste, so a clipboard
 * that holds `ESC[201~` ends the bracket and runs a command: nothing that could do so passes here.
 */

// C0 without tab and newline, DEL, C1: none of them is text, each of them can be a command to the line editor.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Clipboard text without control characters; line ends become `\n`. */
export function cleanPaste(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(CONTROLS, '');
}

/** A line end runs what stands before it, unless the shell brackets pastes: then it only shows it. */
export function needsConsent(clean: string, bracketed: boolean): boolean {
  return !bracketed && clean.includes('\n');
}

/** "3 lines, 120 characters", for the notice that asks. */
export function pasteSize(clean: string): string {
  const lines = clean.replace(/\n$/, '').split('\n').length;
  return `${lines} ${lines === 1 ? 'line' : 'lines'}, ${[...clean].length} characters`;
}
