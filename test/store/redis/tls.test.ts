import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import { openRedis } from '../../../src/store/redis/open.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { makeCertificates, type Certificates } from '../../support/redis/certificates.ts';
import { startRedis, type RedisServer } from '../../support/redis/server.ts';
import { documentedUser, freshWatch, watch } from './opening.ts';
import { noRedis, test } from '../../support/redis/tests.ts';

describe.skipIf(noRedis !== undefined)('over TLS, as the user of docs/redis.md, who may do nothing else', () => {
  let certificates: Certificates;
  let server: RedisServer;
  let url: string;

  beforeAll(async () => {
    certificates = await makeCertificates();
    server = await startRedis({
      tls: certificates,
      as: { username: 'admin', password: 'admin-secret' },
      config: {
        user: [
          'default off',
          'admin on >admin-secret ~* &* +@all',
          `unroutable on >s:e/c@r%et ${await documentedUser()}`,
        ],
      },
    });
    const { ca, clientCert, clientKey } = certificates.files;
    const files = Object.entries({ ca, cert: clientCert, key: clientKey })
      .map(([name, path]) => `${name}=${encodeURIComponent(path)}`)
      .join('&');
    url = `rediss://unroutable:${encodeURIComponent('s:e/c@r%et')}@127.0.0.1:${server.port}?${files}`;
  });
  afterAll(() => server.stop());

  stateStoreContract('Redis over TLS', () => freshWatch(url), { runs: 10 });

  test('all checks are good, and the name contains no secret', async () => {
    const outcome = await openRedis(url, { name: watch(), clock: systemClock });
    expect(outcome.ok && outcome.checks.map(({ check, level }) => `${check} ${level}`)).toEqual([
      'version ok',
      'role ok',
      'appendonly ok',
      'maxmemory-policy ok',
      'memory ok',
      'rights ok',
      'keys ok',
      'writable ok',
    ]);
    if (outcome.ok) {
      expect(outcome.store.name).toBe(`rediss://127.0.0.1:${server.port}`);
      await outcome.store.close();
    }
  });

  test('that user can reach no other keys, and no command that harms', async () => {
    const as = { ...server.connection, username: 'unroutable', password: 's:e/c@r%et' };
    const client = new Redis({ ...as, disableClientInfo: true, enableReadyCheck: false });
    for (const command of [
      ['set', 'other', 'x'],
      ['flushall'],
      ['keys', '*'],
      ['config', 'get', '*'],
      ['publish', 'other', 'x'],
    ]) {
      await expect(client.call(command[0] ?? '', command.slice(1))).rejects.toThrow(/NOPERM/);
    }
    client.disconnect();
  });

  test('a certificate of an unknown authority is refused with the reason', async () => {
    const { clientCert, clientKey } = certificates.files;
    const strange = `rediss://unroutable:x@127.0.0.1:${server.port}?cert=${encodeURIComponent(clientCert)}&key=${encodeURIComponent(clientKey)}`;
    expect(await openRedis(strange, { name: 'W', clock: systemClock })).toMatchObject({
      ok: false,
      retry: false,
      reason: expect.stringMatching(/TLS failed.*\?ca=/) as string,
    });
  });
});

describe('20: TLS on one side only is reported', () => {
  test('rediss:// and a server without TLS', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const outcome = await openRedis(`rediss://127.0.0.1:${server.port}`, { name: watch(), clock: systemClock });
    expect(outcome).toMatchObject({
      ok: false,
      retry: false,
      reason: expect.stringContaining('does not speak TLS, and the URL asks for it') as string,
    });
  });

  test.each(['', 'user:secret@'])('redis://%s and a server with TLS', async (login) => {
    const server = await startRedis({ tls: await makeCertificates() });
    onTestFinished(() => server.stop());
    const url = `redis://${login}127.0.0.1:${server.port}`;
    const outcome = await openRedis(url, { name: watch(), clock: systemClock });
    expect(outcome).toMatchObject({
      ok: false,
      retry: false,
      reason: `redis://127.0.0.1:${server.port}: 127.0.0.1:${server.port} speaks TLS, and the URL does not: use rediss:// instead of redis://`,
    });
  });

  test('a server that is away is away', async () => {
    const outcome = await openRedis('redis://127.0.0.1:1', { name: watch(), clock: systemClock });
    expect(outcome).toMatchObject({ ok: false, retry: true });
  });
});
