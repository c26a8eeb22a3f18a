import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { findRedis, theRedis, unlessThere } from './binary.ts';
import { test as redisTest } from './tests.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-binary-'));
  return () => rm(folder, { recursive: true });
});

/** What runs, and says of itself that it is such a server. */
async function program(name: string, says: string): Promise<string> {
  await writeFile(join(folder, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
  return join(folder, name);
}

redisTest('there is a Redis of 7.0 or newer on this machine, whatever was installed', async () => {
  expect(Number.parseInt((await theRedis()).version, 10)).toBeGreaterThanOrEqual(7);
});

test('what UNROUTABLE_REDIS_SERVER names is taken, and nothing else is looked for when it does not run', async () => {
  const server = await program('mine', 'Redis server v=8.0.1 sha=0');
  const none = join(folder, 'none');
  const found = await findRedis({ PATH: none, UNROUTABLE_REDIS_SERVER: server }, none);
  expect(found).toMatchObject({ server, cli: undefined, version: '8.0.1' });
  await expect(findRedis({ ...process.env, UNROUTABLE_REDIS_SERVER: none })).rejects.toThrow('ENOENT');
});

test('a Valkey on PATH will do, with its own client', async () => {
  const server = await program('valkey-server', 'Valkey server v=8.1.4 sha=0');
  const cli = await program('valkey-cli', '');
  expect(await findRedis({ PATH: folder }, folder)).toMatchObject({ server, cli, version: '8.1.4' });
});

test('without one, each reason is reported, and what to do', async () => {
  await program('redis-server', 'Redis server v=6.0.16 sha=0');
  const error = await findRedis({ PATH: folder }, folder).catch(String);
  expect(error).toContain('UNROUTABLE_REDIS_SERVER is not set');
  expect(error).toContain('redis-server is Redis 6.0.16, older than 7');
  expect(error).toContain('valkey-server is not on PATH');
  expect(error).toContain('apt-get is not on PATH');
  expect(error).toContain('Install Redis 7 or newer');
});

test('of many processes that want the same file, one makes it, and none sees it half made', async () => {
  const target = join(folder, 'cache', 'made');
  let made = 0;
  const make = async (partial: string) => {
    made += 1;
    await writeFile(join(partial, 'first'), '');
    await writeFile(join(partial, 'last'), '');
  };
  const seen = await Promise.all(
    Array.from({ length: 8 }, async () => {
      await unlessThere(target, make);
      return (await readdir(target)).sort();
    }),
  );
  expect(made).toBe(1);
  expect(new Set(seen.map(String))).toEqual(new Set(['first,last']));
  expect(await readdir(join(folder, 'cache'))).toEqual(['made']);
});

test('a process that died while building it does not block others', async () => {
  const target = join(folder, 'made');
  const make = (partial: string) => writeFile(join(partial, 'file'), 'whole');
  // No process has this number: Linux's end at 2^22.
  await writeFile(`${target}.lock`, '99999999');
  await unlessThere(target, make);
  expect(await readFile(join(target, 'file'), 'utf8')).toBe('whole');

  const other = join(folder, 'other');
  await writeFile(`${other}.lock`, '');
  await utimes(`${other}.lock`, 0, 0);
  await unlessThere(other, make);
  expect(await readdir(folder)).toEqual(['made', 'other']);
});

test('a process that fails leaves nothing behind, and the next one tries again', async () => {
  const target = join(folder, 'made');
  await expect(unlessThere(target, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
  expect(await readdir(folder)).toEqual([]);
  await unlessThere(target, (partial) => mkdir(join(partial, 'inside')).then(() => undefined));
  expect(await readdir(target)).toEqual(['inside']);
});
