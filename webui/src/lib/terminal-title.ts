/** Titles and links come from the machine, which may lie: this file decides what of them is shown. */

const MAX_TITLE_CHARACTERS = 80;
// Controls, the bidi overrides and isolates, invisible joiners and line separators: all can make a text read differently.
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const DECEPTIVE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `machine: title`, so that a title can never pose as another machine; the machine's name alone without a title. */
export function tabTitle(machine: string, title: string): string {
  const said = [...title.replace(DECEPTIVE, ' ').replace(/\s+/g, ' ').trim()].slice(0, MAX_TITLE_CHARACTERS).join('');
  return said === '' || said === machine ? machine : `${machine}: ${said}`;
}

/** The address that a link really leads to, or undefined when it is not plain http or https. */
export function linkTarget(uri: string): string | undefined {
  try {
    const url = new URL(uri);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
  } catch {
    return undefined;
  }
}
