import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/**
 * Loads a module of this folder and all that it imports, one file after another; `import()` finds them then. By itself it
 * opens all files of a graph at once, and a process may have few (`ulimit -n 64`). Sources that are not compiled are left to
 * what runs them.
 *
 * @param name without its ending.
 */
export function loadOneByOne(name: string): void {
  if (import.meta.url.endsWith('.js')) require(fileURLToPath(new URL(`${name}.js`, import.meta.url)));
}
