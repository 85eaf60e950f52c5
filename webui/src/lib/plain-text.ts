/** Output of a command as words on a page: what would steer a terminal, or make a text read differently, is left out. */

// oxlint-disable-next-line no-control-regex -- control sequences are what this is about
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
// oxlint-disable-next-line no-control-regex -- as are control characters
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** A line longer than this is cut: nobody reads on in a notice. */
const LINE_CHARACTERS = 200;
/** Only so much is looked at, however much came. */
const READ_CHARACTERS = 65_536;

export interface Excerpt {
  /** The first lines, joined by newlines; empty where there was no output. */
  readonly text: string;
  /** How many more lines came. */
  readonly more: number;
}

/** The first `lines` lines of what a command wrote. */
export function excerpt(output: string, lines: number): Excerpt {
  const shown = output.slice(0, READ_CHARACTERS).replace(SEQUENCES, '').replace(/\r\n?/g, '\n').replace(INVISIBLE, '').trimEnd();
  if (shown === '') return { text: '', more: 0 };
  const all = shown.split('\n');
  return { text: all.slice(0, lines).map(cut).join('\n'), more: Math.max(all.length - lines, 0) };
}

function cut(line: string): string {
  const characters = [...line];
  return characters.length > LINE_CHARACTERS ? `${characters.slice(0, LINE_CHARACTERS).join('')}…` : line;
}
