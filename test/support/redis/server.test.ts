import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { startRedis, type ServerOptions } from './server.ts';
import { until } from './until.ts';
import { test } from './tests.ts';

async function redis(options?: ServerOptions) {
  const server = await startRedis(options);
  onTestFinished(server.stop);
  return server;
}

test('a server stores what is written, syncs it each second, and evicts nothing', async () => {
  const server = await redis();
  expect(await server.cli('SET', 'a', 1)).toBe('OK');
  expect(await server.cli('GET', 'a')).toBe('1');
  const keys = ['appendonly', 'appendfsync', 'maxmemory-policy', 'save'];
  const config = await Promise.all(keys.map(async (key) => await server.cli('CONFIG', 'GET', key)));
  expect(config.flat()).toEqual([
    ...['appendonly', 'yes', 'appendfsync', 'everysec', 'maxmemory-policy', 'noeviction', 'save', ''],
  ]);
});

test('acknowledged data survives SIGKILL, on the same port', async () => {
  const server = await redis();
  const before = server.pid();
  await server.cli('RPUSH', 'list', 'a', 'b', 'c');
  await server.kill();
  expect(server.pid()).toBeUndefined();
  await expect(server.cli('PING')).rejects.toThrow('ECONNREFUSED');

  await server.restart();
  expect(server.pid()).not.toBe(before);
  expect(await server.cli('LRANGE', 'list', 0, -1)).toEqual(['a', 'b', 'c']);
});

test('a server that is stopped answers when it goes on', async () => {
  const server = await redis();
  await server.kill('SIGSTOP');
  const answer = server.cli('PING');
  await server.kill('SIGCONT');
  expect(await answer).toBe('PONG');
});

test('a restart may add to the configuration', async () => {
  const server = await redis();
  await server.cli('SET', 'a', 1);
  await server.restart({ maxmemory: '1mb' });
  await expect(server.cli('SET', 'b', 'x'.repeat(1_000_000))).rejects.toThrow('OOM');
  expect(await server.cli('GET', 'a')).toBe('1');
});

test('a restart is over when the data is loaded, or when the server answers that it wants a password', async () => {
  const server = await redis();
  await server.cli('EVAL', "for i = 1, 4000 do redis.call('RPUSH', 'list', i) end", 0);
  // In microseconds for each command of the append-only file; after every 1024 it answers.
  const restarted = server.restart({ 'key-load-delay': 100 });
  await until('it loads', async () => {
    const answer = await server.cli('LLEN', 'list').catch(String);
    return String(answer).includes('LOADING');
  });
  await restarted;
  expect(await server.cli('LLEN', 'list')).toBe(4000);

  await server.restart({ 'key-load-delay': 0, requirepass: 'secret' });
  await expect(server.cli('LLEN', 'list')).rejects.toThrow('NOAUTH');
});

test('a configuration that Redis refuses is reported in its words', async () => {
  await expect(startRedis({ config: { 'no-such-directive': 'yes' } })).rejects.toThrow('no-such-directive');
});

test('users have the rights that were given them', async () => {
  const server = await redis({
    config: { user: ['default off', 'root on >secret ~* &* +@all', 'reader on >read ~* +get'] },
    as: { username: 'root', password: 'secret' },
  });
  expect(await server.cli('SET', 'a', 1)).toBe('OK');
  const reader = new Redis({ ...server.connection, username: 'reader', password: 'read', enableReadyCheck: false });
  onTestFinished(() => reader.disconnect());
  expect(await reader.get('a')).toBe('1');
  await expect(reader.set('a', 2)).rejects.toThrow('NOPERM');
});

test('under TLS only a client with a certificate is answered', async () => {
  const tls = await makeCertificates();
  const server = await redis({ tls });
  expect(await server.cli('PING')).toBe('PONG');
  const stranger = new Redis({ ...server.connection, tls: { ca: tls.ca }, retryStrategy: null, lazyConnect: true });
  stranger.on('error', () => undefined);
  await expect(stranger.connect()).rejects.toThrow();
});

test('a client may come by the Unix socket', async () => {
  const server = await redis();
  const client = new Redis({ path: server.socket });
  onTestFinished(() => client.disconnect());
  expect(await client.ping()).toBe('PONG');
});

test('nothing is left of a server that was stopped', async () => {
  const server = await startRedis();
  const pid = server.pid() ?? 0;
  await server.stop();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(existsSync(server.folder)).toBe(false);
});

test('a folder of the caller keeps its data when the server is stopped, for the next one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redis-own-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const server = await startRedis({ folder });
  await server.cli('SET', 'a', 1);
  await server.stop();
  expect(await (await redis({ folder })).cli('GET', 'a')).toBe('1');
});
