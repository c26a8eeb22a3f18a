import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realData } from '../support/real-data.ts';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
/** Texts that bgpdump's own tests expect. */
const TEXTS = /^bgpdump\/test_expect\//;

/** Every MRT file there is to compare, by name: those of others where they are, and our own recordings of daemons always. */
export function mrtFiles(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const real = realData('mrt');
  if (real !== undefined) addAll(found, real, (name) => !TEXTS.test(name) && !name.startsWith('daemons/'));
  addAll(found, fixtures, (name) => name.startsWith('daemons/'));
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addAll(found: Map<string, string>, root: string, isWanted: (name: string) => boolean): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    if (entry.isFile() && isWanted(name)) found.set(name, path);
  }
}
