import { execFile, execFileSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, inject } from 'vitest';
import { onceForAll } from './once.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The sources compiled as they are, once for all test files, before the tests of a file; gives back where from then on.
 * Reading threads start from compiled code only. `dist` serves if it is of these sources.
 */
export function compiled(): () => string {
  if (inject('isBuilt')) return () => join(checkout, 'dist');
  const folder = `${inject('bundle')}-compiled`;
  beforeAll(() => onceForAll(folder, 'package.json', () => compile(folder)), 120_000);
  return () => folder;
}

async function compile(folder: string): Promise<void> {
  const tsc = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', folder];
  await promisify(execFile)(process.execPath, args, { cwd: checkout });
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(checkout, 'bgpkit-parser-wasm'), join(folder, 'bgpkit-parser-wasm'));
  cpSync(join(checkout, 'package.json'), join(folder, 'package.json'));
}

/** Runs a module in a separate process with these arguments, and returns its output. It must end by itself. */
export function runModule(code: string, args: readonly string[]): string {
  const run = ['--input-type=module', '-e', code, '--', ...args];
  return execFileSync(process.execPath, run, { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 << 20 });
}
