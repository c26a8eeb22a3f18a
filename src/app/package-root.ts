import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of our package.json. It is searched for upward, because this file is in src/app in a checkout and in
 * dist/src/app in the package. Shipped files (incidents/, the version) are found from there.
 */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isOurs(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package.json of unroutable is missing beside its code');
    folder = parent;
  }
  return folder;
}

/** The version in package.json. */
export function packageVersion(): string {
  return String(manifest(join(packageRoot(), 'package.json'))['version']);
}

function isOurs(file: string): boolean {
  return existsSync(file) && manifest(file)['name'] === 'unroutable';
}

function manifest(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
