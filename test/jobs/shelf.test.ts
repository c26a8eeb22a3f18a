import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { FolderShelf } from '../../src/jobs/shelf/folder.ts';
import { ObjectWindows, type Part } from '../../src/jobs/shelf/object-pages.ts';
import { openShelf, provenShelf, type ShelfMeans } from '../../src/jobs/shelf/open.ts';
import { shelvesOf } from '../../src/jobs/shelf/shelves.ts';
import type { Shelf } from '../../src/jobs/shelf/shelf.ts';
import { freePort } from '../support/redis/ports.ts';
import { faultyS3, s3Note, s3Program, startS3, type S3Server } from '../support/s3/server.ts';

let root: string;
let s3: S3Server | undefined;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'unroutable-shelf-'));
  if (s3Program !== undefined) s3 = await startS3();
});
afterAll(async () => {
  await s3?.stop();
  await rm(root, { recursive: true });
});

function means(env: ShelfMeans['env'], signal = new AbortController().signal): ShelfMeans {
  return { env, signal, clock: systemClock, random: () => 0 };
}

let made = 0;
const places: readonly (readonly [string, () => Shelf, boolean])[] = [
  ['a folder', () => new FolderShelf(join(root, String(++made))), true],
  [`a store that speaks S3${s3Note}`, () => stored(s3), s3Program !== undefined],
];

function stored(server: S3Server | undefined): Shelf {
  const shelf = openShelf(`${server?.bucket}/a prefix/ü ${++made}`, means(server?.env ?? {}));
  if (!shelf.ok) throw new Error(shelf.faults.join());
  return shelf.value;
}

async function publish(shelf: Shelf, name: string, content: string | Uint8Array): Promise<boolean> {
  const draft = await shelf.draft(name);
  await writeFile(draft, content);
  return shelf.publish(draft, name);
}

describe.for(places.filter(([, , isThere]) => isThere))('%s', ([, open]) => {
  test('keeps what was put first under a name', async () => {
    const shelf = open();
    expect([await shelf.has('a/b'), await shelf.read('a/b')]).toEqual([false, undefined]);
    expect(await shelf.putOnce('a/b', 'first ü')).toBe(true);
    expect(await shelf.putOnce('a/b', 'second')).toBe(false);
    expect(await publish(shelf, 'a/b', 'third')).toBe(false);
    expect([await shelf.has('a/b'), await shelf.read('a/b')]).toEqual([true, 'first ü']);
  });

  test('lets one of many writers of a name win, and the others learn it', async () => {
    const shelf = open();
    const names = Array.from({ length: 10 }, (_, i) => `KP/${i}`);
    const writers = names.flatMap((name) => ['a', 'b', 'c', 'd'].map((who) => [name, who] as const));
    const won = await Promise.all(writers.map(([name, who]) => publish(shelf, name, who.repeat(10_000))));
    for (const name of names) {
      const winners = writers.filter(([at], i) => at === name && won[i] === true);
      expect(winners).toHaveLength(1);
      expect(await shelf.read(name)).toBe(winners[0]?.[1].repeat(10_000));
    }
  });

  test('lists names of any form, by folder, and nothing that is hidden or beside it', async () => {
    const shelf = open();
    const names = ['runs/1/a b&c.json', 'runs/1/ü+%41.json', 'runs/2/x', 'runs-other/y', 'z'];
    for (const name of [...names, 'runs/.hidden']) await shelf.putOnce(name, '');
    expect(await shelf.list('runs')).toEqual(names.slice(0, 3).toSorted());
    expect(await shelf.list('nothing')).toEqual([]);
    expect(await shelf.folders('runs')).toEqual(['1', '2']);
    expect(await shelf.folders('nothing')).toEqual([]);
    expect(await shelf.read('runs/1/ü+%41.json')).toBe('');
  });

  test('reads parts of large files, at any place', async () => {
    const shelf = open();
    const bytes = Buffer.from(Array.from({ length: 2_500_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
    await publish(shelf, 'large', bytes);
    const pages = await shelf.open('large');
    expect(pages.size).toBe(bytes.length);
    const parts = [
      [0, 10],
      [1_048_570, 20],
      [1_400_000, 600_000],
      [2_499_990, 100],
      [2_500_000, 5],
    ] as const;
    for (const [from, length] of parts)
      expect((await pages.at(from, length)).equals(bytes.subarray(from, from + length))).toBe(true);
    await pages.close();
    await publish(shelf, 'empty', '');
    const empty = await shelf.open('empty');
    expect(empty.size).toBe(0);
    await empty.close();
    await expect(shelf.open('missing')).rejects.toThrow('missing');
  });

  test('removes what it is told to, and leaves no draft', async () => {
    const shelf = open();
    await shelf.putOnce('a', '');
    await shelf.remove('a');
    await shelf.remove('a');
    expect(await shelf.has('a')).toBe(false);
    const draft = await shelf.draft('b');
    await writeFile(draft, 'half');
    await shelf.discard(draft);
    expect((await readdir(join(draft, '..'))).filter((name) => draft.endsWith(name))).toEqual([]);
  });

  test('has nothing left of the proof that it keeps its promise', async () => {
    const shelf = open();
    await shelf.prove();
    expect(await shelf.list('')).toEqual([]);
  });

  test('tidies up what killed processes left, and nothing of those that run', async () => {
    const shelf = open();
    const mine = await shelf.draft('KP/mine');
    await writeFile(mine, 'half');
    const code = 'process.stdout.write(String(process.pid))';
    const pid = await new Promise<string>((resolve) =>
      execFile(process.execPath, ['-e', code], (_, out) => resolve(out)),
    );
    const dead = mine.replace(`.${process.pid}.`, `.${pid}.`);
    await writeFile(dead, 'half');
    await shelf.tidy(Date.now());
    const left = await readdir(join(mine, '..'));
    expect([left.some((name) => mine.endsWith(name)), left.some((name) => dead.endsWith(name))]).toEqual([true, false]);
    await shelf.discard(mine);
  });
});

describe.skipIf(s3Program === undefined)(`a store${s3Note}`, () => {
  const server = (): S3Server => s3 as S3Server;

  test('that ignores If-None-Match is refused', async () => {
    const faulty = await faultyS3(server(), 'ignores If-None-Match');
    expect(await provenShelf(faulty.bucket, means(faulty.env))).toMatchObject({
      ok: false,
      kind: 'store',
      faults: [expect.stringMatching(/^s3:\/\/extracts: the store ignores "If-None-Match: \*"/)],
    });
    await faulty.stop();
  });

  test.for(['fails at times', 'loses answers at times'] as const)('that %s is asked again', async (fault) => {
    const faulty = await faultyS3(server(), fault);
    const shelf = stored(faulty);
    for (const name of ['a', 'b', 'c']) {
      await publish(shelf, name, name.repeat(100_000));
      expect(await shelf.read(name)).toBe(name.repeat(100_000));
    }
    expect(await shelf.list('')).toEqual(['a', 'b', 'c']);
    await faulty.stop();
  });

  test('that refuses the credentials, or has no such bucket, is named with its code; no secret is', async () => {
    const env = { ...server().env, AWS_SECRET_ACCESS_KEY: 'wrong-secret' };
    const refused = await provenShelf(server().bucket, means(env));
    expect(refused).toMatchObject({ ok: false, kind: 'store' });
    const said = JSON.stringify(refused);
    expect(said).toMatch(/403 \(SignatureDoesNotMatch\): look at the credentials/);
    for (const secret of ['wrong-secret', server().env['AWS_ACCESS_KEY_ID'] ?? '']) expect(said).not.toContain(secret);
    const absent = JSON.stringify(await provenShelf('s3://no-such-bucket', means(server().env)));
    expect(absent).toContain('404 (NoSuchBucket)');
  });

  test('lists more names than one of its answers holds', async () => {
    const names = Array.from({ length: 1_005 }, (_, i) => `done/${String(i).padStart(4, '0')}.json`);
    await mkdir(join(server().folder, 'many', 'done'), { recursive: true });
    for (const name of names) await writeFile(join(server().folder, 'many', name), '');
    const shelf = openShelf(`${server().bucket}/many`, means(server().env));
    expect(shelf.ok && (await shelf.value.list('done'))).toEqual(names);
  });

  test('whose objects are extracts is searched like a folder', async () => {
    const shelf = stored(server());
    await publish(shelf, 'KP/a.extract', 'content');
    await publish(shelf, 'KP/other', '');
    const shelves = shelvesOf(means(server().env));
    const [path = '', ...others] = await shelves.find(shelf.pathOf('KP'), '.extract');
    expect([path, others]).toEqual([shelf.pathOf('KP/a.extract'), []]);
    expect((await (await shelves.open(path)).at(3, 4)).toString()).toBe('tent');
    await expect(shelves.open(`${path}x`)).rejects.toThrow('404');
    expect(shelves.failures).toEqual([]);
  });
});

test('an address with credentials is refused without being repeated', () => {
  const refused = openShelf('s3://AKID:hush@bucket/prefix', means({}));
  expect(refused).toMatchObject({ ok: false, kind: 'usage' });
  expect(JSON.stringify(refused)).not.toMatch(/AKID|hush/);
});

test.for([
  ['s3://', {}, /s3:\/\/bucket\/prefix/],
  ['s3://b', {}, /s3:\/\/bucket\/prefix/],
  ['s3://bucket', { AWS_ACCESS_KEY_ID: 'x' }, /AWS_SECRET_ACCESS_KEY/],
  [
    's3://bucket',
    { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_ENDPOINT_URL: 'store:9000' },
    /AWS_ENDPOINT_URL/,
  ],
  [
    's3://bucket',
    { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_ENDPOINT_URL: 'http://u:p@store' },
    /AWS_ENDPOINT_URL/,
  ],
] as const)('%s with %j cannot be used', ([place, env, words]) => {
  const shelf = openShelf(place, means(env));
  expect(shelf).toMatchObject({ ok: false, kind: 'usage' });
  expect(JSON.stringify(shelf)).toMatch(words);
});

test('a store that no server answers for is named as such', async () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}`,
  };
  const shelf = await provenShelf('s3://bucket/prefix', means(env));
  expect(JSON.stringify(shelf)).toMatch(/s3:\/\/bucket\/prefix\/.*the store cannot be reached: .*ECONNREFUSED/);
});

test('a command that is stopped while a store does not answer ends as interrupted', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const env = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const stop = new AbortController();
  server.once('request', () => stop.abort());
  expect(await provenShelf('s3://bucket/prefix', means(env, stop.signal))).toEqual({
    ok: false,
    kind: 'interrupted',
    faults: [],
  });
  server.closeAllConnections();
  server.close();
});

test('objects are read a window at a time, each once, and few stay in memory', async () => {
  const asked: Part[] = [];
  const size = 300 * 2 ** 20;
  const first = { from: 0, to: 2 ** 20 - 1 };
  const windows = new ObjectWindows(async (_, part) => {
    asked.push(part);
    return { bytes: Buffer.alloc('last' in part ? part.last : part.to - part.from + 1), size };
  });
  for (let i = 0; i < 5; i++) await (await windows.open('a')).at(10, 100);
  expect(asked).toEqual([{ last: 2 ** 20 }, first]);
  for (let at = 0; at < size; at += 2 ** 20) expect((await (await windows.open('a')).at(at, 8)).length).toBe(8);
  await (await windows.open('a')).at(10, 1);
  expect(asked.filter((part) => 'from' in part && part.from === 0)).toEqual([first, first]);
});
