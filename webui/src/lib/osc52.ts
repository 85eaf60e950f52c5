/**
 * OSC 52: a program on the machine asks for the clipboard. It may write up to 100 kB; it may never read, for a machine
 * must not learn what the person copied elsewhere. (xterm's own addon would answer a read.)
 */

export const MAX_CLIPBOARD_BYTES = 100_000;
const MAX_BASE64_CHARS = Math.ceil(MAX_CLIPBOARD_BYTES / 3) * 4;

/** The body of an OSC 52 (`c;BASE64`) → the text to put on the clipboard, or undefined for anything else. */
export function clipboardWrite(body: string): string | undefined {
  const at = body.indexOf(';');
  const encoded = body.slice(at + 1);
  if (at < 0 || encoded === '' || encoded === '?' || encoded.length > MAX_BASE64_CHARS) return undefined;
  const bytes = decodeBase64(encoded);
  if (bytes === undefined || bytes.length > MAX_CLIPBOARD_BYTES) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeBase64(encoded: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
