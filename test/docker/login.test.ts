import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { parseRedisUrl } from '../../src/store/redis/url.ts';
import { ROOT } from '../support/cli.ts';
import { startRedis } from '../support/redis/server.ts';
import { readCompose, readLogin } from './compose.ts';
import { schemaErrors } from './compose-schema.ts';
import { usersOfTheDocs } from './users.ts';
import { test as redisTest } from '../support/redis/tests.ts';

const login = readLogin();

test('the login file is what the Compose specification calls a compose file', () => {
  expect(schemaErrors(login)).toEqual([]);
});

test('it covers the existing services, and each secret it hands out is one of its own', () => {
  const users = Object.entries(readCompose().services).filter(([, { networks }]) => networks?.includes('store'));
  expect(Object.keys(login.services).sort()).toEqual(users.map(([name]) => name).sort());
  const handed = Object.values(login.services).flatMap(({ secrets }) => secrets);
  expect([...new Set(handed)].sort()).toEqual(Object.keys(login.secrets).sort());
});

test('its secrets are files that git never takes', async () => {
  expect(await readFile(join(ROOT, 'deploy/secrets/.gitignore'), 'utf8')).toBe('*\n!.gitignore\n');
  const files = Object.entries(login.secrets);
  expect(files.filter(([name, { file }]) => file !== `deploy/secrets/${name}`)).toEqual([]);
});

test('the analyzers find the password in a file, and no URL has one', () => {
  const urls = ['analyzer', 'standby', 'page']
    .map((name) => login.services[name])
    .map((one) => one?.environment?.['UNROUTABLE_STORE']);
  for (const url of urls) {
    const parsed = parseRedisUrl(url ?? '');
    expect(parsed).toMatchObject({
      ok: true,
      address: {
        login: { username: 'unroutable', passwordFile: '/run/secrets/redis-password' },
        nodes: [{ host: 'redis', port: 6379 }],
      },
    });
  }
});

redisTest(
  'Redis takes the file of users that the docs make: PING is for all, the rest for us, and only our keys',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'unroutable-users-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const password = 'a password of a test';
    await writeFile(join(folder, 'redis-users.conf'), usersOfTheDocs(password));
    const as = { username: 'unroutable', password };
    const include = join(folder, basename(readCompose().services['redis']!.command!.at(-1)!));
    const server = await startRedis({ config: { include }, as });
    onTestFinished(server.stop);

    expect(await server.cli('SET', 'unroutable:{KP}:a', 1)).toBe('OK');
    await expect(server.cli('SET', 'foreign', 1)).rejects.toThrow('NOPERM');
    await expect(server.cli('CONFIG', 'SET', 'appendonly', 'no')).rejects.toThrow('NOPERM');
    await expect(server.cli('FLUSHALL')).rejects.toThrow('NOPERM');

    const anybody = new Redis({ host: server.host, port: server.port, enableReadyCheck: false, retryStrategy: null });
    onTestFinished(() => anybody.disconnect());
    expect(await anybody.ping()).toBe('PONG');
    await expect(anybody.get('unroutable:{KP}:a')).rejects.toThrow('NOPERM');
  },
);
