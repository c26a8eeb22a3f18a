import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** All that a build reads. */
const INPUTS = [
  ...['src', 'streams', 'scripts', 'page', 'bgpkit-parser-wasm', 'node_modules/.package-lock.json', 'package.json'],
  ...['tsconfig.json', 'tsconfig.build.json', 'rolldown.config.js'],
];
const OUTPUTS = ['src', 'streams', 'cli', 'page', 'fonts'].map((name) => join('dist', name));

/**
 * Whether `dist` was built of these very sources: every file that a build writes was written after the last change to
 * anything it reads. Of what is read the time of change counts, which nobody can set, of folders too: they show files that
 * came, went or were renamed. What a build leaves behind of a source that is gone is older than its folder.
 */
export function isBuilt(): boolean {
  if (!OUTPUTS.every((name) => existsSync(join(ROOT, name)))) return false;
  const first = Math.min(...OUTPUTS.flatMap(filesIn).map((path) => statSync(path).mtimeMs));
  const changed = INPUTS.map((name) => join(ROOT, name)).flatMap((path) =>
    statSync(path).isDirectory()
      ? [path, ...readdirSync(path, { recursive: true }).map((below) => join(path, String(below)))]
      : path,
  );
  return Math.max(...changed.map((path) => statSync(path).ctimeMs)) < first;
}

function filesIn(name: string): readonly string[] {
  return readdirSync(join(ROOT, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
