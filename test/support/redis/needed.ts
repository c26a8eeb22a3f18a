import type { TestProject } from 'vitest/node';
import { findRedis } from './binary.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why there is no Redis here; `undefined`: there is one. */
    readonly noRedis: string | undefined;
  }
}

/** Set in the environment once it was reported: vitest loads this file again for each project that needs a Redis. */
const REPORTED = 'UNROUTABLE_TESTS_NO_REDIS';

/** Looks for a Redis before all tests, downloads it if possible, and reports if there is none. */
export async function setup(project: TestProject): Promise<void> {
  const reason = await findRedis().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (reason !== undefined && process.env[REPORTED] === undefined) {
    process.env[REPORTED] = '1';
    process.stderr.write(`Tests that need a Redis are skipped. ${reason}\n`);
  }
  project.provide('noRedis', reason);
}
