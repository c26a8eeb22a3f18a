import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realData } from '../support/real-data.ts';

const RECORDING = /\.(?:mrt|gz|bz2)$/;
/** Texts that bgpdump's own tests expect. */
const TEXTS = /^bgpdump\/test_expect\//;

/** Made by us, to be judged and not to be compared: those that are used are fixtures. */
const MADE = /^(?:daemons|judged-wrongly)\//;

/** Every MRT file there is to compare, by name: those of others where they are, and our own recordings always. */
export function mrtFiles(): ReadonlyMap<string, string> {
  const found: [string, string][] = [...own('daemons', 'test/fixtures/daemons'), ...own('incidents', 'incidents')];
  const real = realData('mrt');
  if (real !== undefined) {
    found.push(...filesIn(real).filter(([name]) => !TEXTS.test(name) && !MADE.test(name)));
  }
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Ours: recorded with real daemons, and part of the repository. */
export function isOwn(name: string): boolean {
  return name.startsWith('daemons/') || name.startsWith('incidents/');
}

function own(name: string, folder: string): [string, string][] {
  const files = filesIn(fileURLToPath(new URL(`../../${folder}`, import.meta.url)));
  return files.filter(([file]) => RECORDING.test(file)).map(([file, path]) => [`${name}/${file}`, path]);
}

function filesIn(root: string): [name: string, path: string][] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(root, path), path]);
}
