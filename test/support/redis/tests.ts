import { inject, test as anyTest } from 'vitest';

/** Why there is no Redis on this machine; `undefined` where there is one. `needed.ts` looks once, before all tests. */
export const noRedis = inject('noRedis');

/** A test that needs a Redis. Without one it is skipped, and the run says at its start why. */
// oxlint-disable-next-line vitest/no-disabled-tests -- it is skipped where it cannot run
export const test = anyTest.skipIf(noRedis !== undefined);
