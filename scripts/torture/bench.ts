import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRedis } from '../../test/support/redis/binary.ts';
import type { Command } from './command.ts';

/** Compiled, this file lies in `dist/scripts/torture`. */
const DIST = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the work with the compiled command, in a temporary folder. */
export async function withCommand<T>(work: (command: Command) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-torture-'));
  try {
    return await work({ main: join(DIST, 'src/cli/main.js'), folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lets the fixtures find the Redis that the tests use: compiled, they would look for its cache below `dist`. */
export async function useTestsRedis(): Promise<string> {
  const { server, version, env } = await findRedis(process.env, join(DIST, '../node_modules/.cache/redis'));
  process.env['UNROUTABLE_REDIS_SERVER'] = server;
  if (env['LD_LIBRARY_PATH'] !== undefined) process.env['LD_LIBRARY_PATH'] = env['LD_LIBRARY_PATH'];
  return version;
}
