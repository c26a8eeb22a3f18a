import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles the sources as they stand, before the tests of a file and until they are through; gives back where from then on.
 * Reading threads start from compiled code only, and a `dist` that lies about may be of yesterday.
 */
export function compiled(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-compiled-'));
  beforeAll(() => {
    const tsc = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', folder];
    execFileSync(process.execPath, args, { cwd: checkout, stdio: 'pipe' });
    cpSync(join(checkout, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
    symlinkSync(join(checkout, 'bgpkit-parser-wasm'), join(folder, 'bgpkit-parser-wasm'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}

/** Runs a module in a process of its own, with these arguments, and gives back what it prints. It must end by itself. */
export function runModule(code: string, args: readonly string[]): string {
  const run = ['--input-type=module', '-e', code, '--', ...args];
  return execFileSync(process.execPath, run, { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 << 20 });
}
