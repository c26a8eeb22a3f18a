/** Spaces at which a line may break. A number stays with its unit, and `9 h 31 min` stays together. */
const BREAK = / (?!(?:d|h|min|s|%|UTC)(?![^\s,.;:)]))(?!(?<=\d (?:d|h|min) )\d+ (?:h|min|s)\b)/;

/**
 * Breaks a text at spaces, so that lines have at most `width` characters if words allow it. Each character counts as
 * one column; a name in a wide script makes its line wider.
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
