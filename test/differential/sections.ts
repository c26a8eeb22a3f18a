import { normalRow } from '../support/bgpdump.ts';

/** Texts of `bgpdump -m`, each below a line `# file`. */
export function sectionsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let rows: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) found.set(line.slice(2), (rows = []));
    else if (line !== '') rows.push(normalRow(line));
  }
  return found;
}
