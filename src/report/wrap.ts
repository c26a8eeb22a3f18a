/** Spaces at which a text may be broken: a number stays with its unit, and `9 h 31 min` is one. */
const BREAK = / (?!(?:d|h|min|s|%|UTC)(?![^\s,.;:)]))(?!(?<=\d (?:d|h|min) )\d+ (?:h|min|s)\b)/;

/**
 * Breaks a text at spaces so that no line is wider than `width` characters, where its words allow it. A character is
 * taken for one column: our own words are, and a name of another script is only wider than its line.
 */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAK)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
      continue;
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
