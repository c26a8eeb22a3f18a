import type { TestProject } from 'vitest/node';
import { findRedis } from './binary.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no Redis can be had here; `undefined` where one can. */
    readonly noRedis: string | undefined;
  }
}

/** Looks for a Redis before all tests, fetches it where it can, and says so where there is none. */
export async function setup(project: TestProject): Promise<void> {
  const reason = await findRedis().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (reason !== undefined) process.stderr.write(`Tests that need a Redis are skipped. ${reason}\n`);
  project.provide('noRedis', reason);
}
