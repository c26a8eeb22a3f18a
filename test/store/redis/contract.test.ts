import { afterAll, beforeAll, describe } from 'vitest';
import { stateStoreContract } from '../../contract/state-store.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { noRedis } from '../../support/redis/tests.ts';
import { freshWatch } from './opening.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describe.skipIf(noRedis !== undefined)('Redis keeps the contract', () => {
  stateStoreContract('Redis', () => freshWatch(`redis://127.0.0.1:${server.port}`), { runs: 40 });
});
