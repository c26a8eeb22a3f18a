import { expect, onTestFinished } from 'vitest';
import { RedisLocks } from '../../src/jobs/redis-locks.ts';
import { startRedis } from '../support/redis/server.ts';
import { test } from '../support/redis/tests.ts';

const LONG_MS = 60_000;

test('a lock is one worker’s until it releases it, or shows no sign of life for its time', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const [one, other] = [1, 2].map(
    () => new RedisLocks({ host: server.host, port: server.port }, 'unroutable:jobs:here'),
  );
  if (one === undefined || other === undefined) throw new Error('two workers');
  onTestFinished(() => [one, other].forEach((locks) => locks.close()));

  expect(await one.take('removing:a', LONG_MS)).toBe(true);
  expect(await other.take('removing:a', LONG_MS)).toBe(false);
  expect(await other.take('removing:b', LONG_MS)).toBe(true);

  await one.release('removing:a');
  expect(await other.take('removing:a', LONG_MS)).toBe(true);

  // A limit that is over already: Redis removes the key at once.
  await other.renew('removing:a', 0);
  expect(await one.take('removing:a', LONG_MS)).toBe(true);
  await one.renew('removing:a', 2 * LONG_MS);
  expect(Number(await server.cli('PTTL', 'unroutable:jobs:here:removing:a'))).toBeGreaterThan(LONG_MS);
});
