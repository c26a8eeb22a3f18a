const MAX_REPORTED = 5;
const LOOKAHEAD_ROWS = 5000;

/** The first places where two lists of rows part and meet again, as lines for a person; empty when they are equal. */
export function differences(ours: readonly string[], theirs: readonly string[]): readonly string[] {
  const reported: string[] = [];
  let i = 0;
  let j = 0;
  while (reported.length < MAX_REPORTED && (i < ours.length || j < theirs.length)) {
    if (i < ours.length && ours[i] === theirs[j]) {
      i++;
      j++;
      continue;
    }
    const [skipped, added] = meet(ours, i, theirs, j);
    reported.push(`at our row ${i}: ${side('ours', ours, i, skipped)}${side('bgpdump', theirs, j, added)}`);
    i += skipped;
    j += added;
  }
  return reported;
}

/** How many rows each side must skip until both say the same again; all that is left when they do not. */
function meet(ours: readonly string[], i: number, theirs: readonly string[], j: number): [number, number] {
  const ahead = { ours: new Map<string, number>(), theirs: new Map<string, number>() };
  for (let k = 0; k < LOOKAHEAD_ROWS; k++) {
    const our = ours[i + k];
    const their = theirs[j + k];
    if (our === undefined && their === undefined) break;
    if (our !== undefined && !ahead.ours.has(our)) ahead.ours.set(our, k);
    if (their !== undefined && !ahead.theirs.has(their)) ahead.theirs.set(their, k);
    const theirPlace = our === undefined ? undefined : ahead.theirs.get(our);
    if (theirPlace !== undefined) return [k, theirPlace];
    const ourPlace = their === undefined ? undefined : ahead.ours.get(their);
    if (ourPlace !== undefined) return [ourPlace, k];
  }
  return [ours.length - i, theirs.length - j];
}

function side(name: string, rows: readonly string[], from: number, count: number): string {
  const shown = rows.slice(from, from + Math.min(count, 3)).join('\n    ');
  return `\n  ${name}, ${count} rows:${count > 0 ? `\n    ${shown}` : ''}`;
}
