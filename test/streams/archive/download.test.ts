import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import type { Clock } from '../../../src/ports.ts';
import { ArchiveCache, partOf } from '../../../streams/archive/cache.ts';
import { download } from '../../../streams/archive/download.ts';
import { fetchFiles } from '../../../streams/archive/fetch-files.ts';
import { planMrt } from '../../../streams/mrt/archive/archive.ts';
import type { Collector } from '../../../src/bgp/peer.ts';
import { ArchiveServer } from '../../support/archive-server.ts';
import { BLACKOUT } from '../../support/cli.ts';
import { canMount } from '../../support/mount.ts';

const NAME = 'rrc00/2014.12/bview.20141221.1200.gz';
const PLACE = 'rrc00/bgpdata/2014.12/bview.20141221.1200.gz';
const never = new AbortController().signal;

let server: ArchiveServer;
let cache: ArchiveCache;
let folder: string;
let bytes: Buffer;
let waits: number[];

beforeEach(async () => {
  server = new ArchiveServer();
  await server.listen();
  folder = await mkdtemp(join(tmpdir(), 'unroutable-archive-'));
  cache = new ArchiveCache(folder, 1e9);
  bytes = await readFile(join(BLACKOUT, 'reconstructed-a/bgpdata/bview.20141221.1200.gz'));
  server.files.set(NAME, bytes);
  waits = [];
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Waits between attempts are noted, not waited for. */
const clock: Clock = {
  ...systemClock,
  sleep: async (ms, signal) => {
    if (ms <= IDLE_MS) return systemClock.sleep(ms, signal);
    waits.push(ms);
  },
};
const IDLE_MS = 400;

function get(attempts = 4, offline = false, isMutable = false) {
  const http = {
    clock,
    random: () => 1,
    userAgent: 'unroutable/test (BGP archive replay; me@example.org)',
    attempts,
    idleMs: IDLE_MS,
  };
  return download({ url: `${server.url}/${NAME}`, place: PLACE, isMutable }, { cache, http, offline }, never);
}

const filesIn = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile())
    .map((one) => one.name);

describe('a file of an archive', () => {
  test('is put into the cache whole, and is not asked for again', async () => {
    expect(await get()).toMatchObject({
      ok: true,
      path: join(folder, PLACE),
      received: bytes.length,
      damage: undefined,
    });
    expect(await readFile(join(folder, PLACE))).toEqual(bytes);
    expect(await filesIn()).toEqual(['bview.20141221.1200.gz']);
    expect(await get()).toMatchObject({ ok: true, received: 0 });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.agent).toContain('me@example.org');
  });

  test('goes on where the server fell silent, and receives no byte twice', async () => {
    server.fail(/bview/, { kind: 'stall', after: 1000 });
    server.fail(/bview/, { kind: 'stall', after: 500 });
    expect(await get()).toMatchObject({ ok: true, received: bytes.length });
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=1000-', 'bytes=1500-']);
    expect(await readFile(join(folder, PLACE))).toEqual(bytes);
  });

  test('is whole though the connection broke, whatever had arrived', async () => {
    server.fail(/bview/, { kind: 'cut', after: 1000 });
    server.fail(/bview/, { kind: 'cut', after: 1 });
    expect(await get()).toMatchObject({ ok: true });
    expect(await readFile(join(folder, PLACE))).toEqual(bytes);
  });

  test('that an earlier run had in part is finished, and one that was whole is used as it is', async () => {
    server.fail(/bview/, { kind: 'stall', after: 700 });
    expect(await get(1)).toMatchObject({ ok: false, kind: 'failed' });
    expect(await get()).toMatchObject({ ok: true, received: bytes.length - 700 });
    await rm(join(folder, PLACE));
    server.fail(/bview/, { kind: 'stall', after: 700 });
    await get(1);
    await writeFile(partOf(join(folder, PLACE)), bytes);
    expect(await get()).toMatchObject({ ok: true, received: 0 });
  });

  test('that is another one at the server by now begins again', async () => {
    server.fail(/bview/, { kind: 'stall', after: 700 });
    await get(1);
    const other = await readFile(join(BLACKOUT, 'reconstructed-b/bgpdata/bview.20141221.1200.gz'));
    server.files.set(NAME, other);
    expect(await get()).toMatchObject({ ok: true });
    expect(await readFile(join(folder, PLACE))).toEqual(other);
  });

  test('is asked for again after 503, when the server says so', async () => {
    server.fail(/bview/, { kind: 'status', status: 503, headers: { 'retry-after': '7' } });
    server.fail(/bview/, { kind: 'status', status: 500 });
    expect(await get()).toMatchObject({ ok: true });
    expect(waits).toEqual([7000, 2000]);
  });

  test('that is not there is absent, after one request', async () => {
    server.files.clear();
    expect(await get()).toMatchObject({ ok: false, kind: 'absent', reason: 'HTTP 404' });
    expect(server.requests).toHaveLength(1);
    expect(await filesIn()).toEqual([]);
  });

  test('that is a web page under its name is refused in words, and not stored', async () => {
    server.fail(/bview/, { kind: 'html' }, 99);
    const got = await get(1);
    expect(got).toMatchObject({ ok: false, kind: 'failed' });
    expect(got.ok ? '' : got.reason).toMatch(/web page/);
    expect(await filesIn()).toEqual([]);
  });

  test('of another length than the server named does not count as whole', async () => {
    server.fail(/bview/, { kind: 'length', length: bytes.length + 10 }, 99);
    const got = await get(2);
    expect(got.ok ? '' : got.reason).toMatch(/ended after \d+ of \d+ bytes|terminated|aborted|other side closed/);
  });

  test('of a shorter length than it has is fetched once more', async () => {
    server.fail(/bview/, { kind: 'length', length: bytes.length - 50 });
    expect(await get()).toMatchObject({ ok: true, damage: undefined });
    expect(await readFile(join(folder, PLACE))).toEqual(bytes);
  });

  test('that comes slowly is waited for: longer than a silent server would be', async () => {
    server.fail(/bview/, { kind: 'drip', bytes: Math.ceil(bytes.length / 5), everyMs: IDLE_MS / 3 });
    expect(await get(1)).toMatchObject({ ok: true, received: bytes.length });
  });

  test('that a server sends in a circle is given up', async () => {
    server.fail(/bview/, { kind: 'redirect', to: `/${NAME}` }, 99);
    expect(await get(1)).toMatchObject({ ok: false, reason: expect.stringMatching(/redirect/) as unknown });
  });

  test('that arrived with a wrong checksum is fetched once more; if it stays so, it is so in the archive, and is stored', async () => {
    server.fail(/bview/, { kind: 'damage', at: 2000 });
    expect(await get()).toMatchObject({ ok: true, damage: undefined });
    await rm(join(folder, PLACE));
    const broken = Buffer.from(bytes);
    broken[2000] = (broken[2000] ?? 0) ^ 0xff;
    server.files.set(NAME, broken);
    const got = await get();
    expect(got).toMatchObject({ ok: true });
    expect(got.ok ? got.damage : '').toMatch(/\w/);
    expect(await readFile(join(folder, PLACE))).toEqual(broken);
  });

  test('that is broken in the archive is asked for again by later runs: the same is not fetched twice, a mended one is', async () => {
    server.files.set(NAME, bytes.subarray(0, bytes.length - 40));
    const broken = await get();
    expect(broken).toMatchObject({ ok: true, damage: expect.stringMatching(/./) as unknown });
    expect(await get()).toEqual({ ...broken, received: 0 });
    expect(await get(1, true)).toEqual({ ...broken, received: 0 });
    server.fail(/bview/, { kind: 'status', status: 503 });
    expect(await get(1)).toEqual({ ...broken, received: 0 });
    server.files.set(NAME, bytes);
    expect(await get()).toMatchObject({ ok: true, damage: undefined, received: bytes.length });
    const asked = server.requests.length;
    expect(await get()).toMatchObject({ ok: true, damage: undefined, received: 0 });
    expect(server.requests.length).toBe(asked);
    expect(await filesIn()).toEqual(['bview.20141221.1200.gz']);
  });

  test('whose URL has no date is asked for each time, and fetched when it is another one', async () => {
    const mutable = (attempts = 4, offline = false) => get(attempts, offline, true);
    expect(await mutable()).toMatchObject({ received: bytes.length });
    expect(await mutable()).toMatchObject({ ok: true, received: 0 });
    const other = await readFile(join(BLACKOUT, 'reconstructed-b/bgpdata/bview.20141221.1200.gz'));
    server.files.set(NAME, other);
    expect(await mutable(1, true)).toMatchObject({ ok: true, received: 0 });
    expect(await mutable()).toMatchObject({ received: other.length });
    expect(await readFile(join(folder, PLACE))).toEqual(other);
    server.fail(/bview/, { kind: 'status', status: 503 });
    expect(await mutable(1)).toMatchObject({ ok: false, reason: 'HTTP 503; --offline uses the copy in the cache' });
  });

  test('that the server sends as packed on the way is the same file', async () => {
    server.fail(/bview/, { kind: 'coded' });
    expect(await get()).toMatchObject({ ok: true, damage: undefined });
    expect(await readFile(join(folder, PLACE))).toEqual(gunzipSync(bytes));
  });

  test('that is only here in part has a hidden name: a search for files ignores it', async () => {
    server.fail(/bview/, { kind: 'stall', after: 700 });
    await get(1);
    expect((await filesIn()).every((name) => name.startsWith('.'))).toBe(true);
    const planned = await planMrt({ paths: [folder] });
    expect(planned).toMatchObject({ ok: false, reason: 'no file was found in the folders named' });
  });

  test.each([400, 401, 403, 451])('that the server refuses with %i is not asked for again', async (status) => {
    server.fail(/bview/, { kind: 'status', status }, 9);
    expect(await get()).toMatchObject({ ok: false, kind: 'failed', reason: `HTTP ${status}` });
    expect(server.requests).toHaveLength(1);
  });

  test('that is empty is a fault, not a file', async () => {
    server.files.set(NAME, new Uint8Array(0));
    expect(await get(2)).toMatchObject({ ok: false, reason: 'the file is empty' });
  });

  test('is followed to where the server sends us', async () => {
    server.files.set('mirror/x.gz', bytes);
    server.fail(/^rrc00/, { kind: 'redirect', to: '/mirror/x.gz' });
    expect(await get()).toMatchObject({ ok: true });
  });

  test('is not asked for with --offline', async () => {
    expect(await get(1, true)).toMatchObject({ ok: false, kind: 'absent' });
    expect(server.requests).toEqual([]);
    await get();
    expect(await get(1, true)).toMatchObject({ ok: true });
  });
});

describe('many files', () => {
  const file = (i: number) => ({
    collector: 'rrc00' as Collector,
    kind: 'updates' as const,
    start: i,
    url: `${server.url}/rrc00/2014.12/updates.20141222.${String(i).padStart(4, '0')}.gz`,
    place: `rrc00/bgpdata/2014.12/updates.20141222.${String(i).padStart(4, '0')}.gz`,
  });

  test('are fetched three at a time from one host, in their order; those that cannot be had are named', async () => {
    const files = Array.from({ length: 12 }, (_, i) => file(i));
    for (const { url } of files.slice(1)) server.files.set(new URL(url).pathname.slice(1), bytes);
    const http = { clock, random: () => 1, userAgent: 'x', attempts: 2, idleMs: IDLE_MS };
    const seen: number[] = [];
    const got = await fetchFiles(files, { cache, http, onProgress: ({ filesDone }) => seen.push(filesDone) }, never);
    expect(got.paths).toEqual(files.slice(1).map(({ place }) => join(folder, place)));
    expect(got.missing.map((one) => [one.file.start, one.reason])).toEqual([[0, 'HTTP 404']]);
    expect(server.mostAtOnce).toBeLessThanOrEqual(3);
    expect(seen.at(-1)).toBe(12);
  });

  test('wait together when the host asks one of them to wait', async () => {
    const files = Array.from({ length: 8 }, (_, i) => file(i));
    for (const { url } of files) server.files.set(new URL(url).pathname.slice(1), bytes);
    server.fail(/updates/, { kind: 'status', status: 429, headers: { 'retry-after': '1' } });
    const http = {
      clock: systemClock,
      random: () => 1,
      userAgent: 'x',
      attempts: 2,
      pauses: new Map<string, number>(),
    };
    const { missing } = await fetchFiles(files, { cache, http }, never);
    expect([missing, server.requests.length]).toEqual([[], 9]);
    const [refusedAt = 0, ...later] = server.requests.map(({ atMs }) => atMs);
    // Two were under way when the first was reported.
    expect(later.filter((at) => at < refusedAt + 950).length).toBeLessThanOrEqual(2);
  });

  test('are each fetched once when several ask for them at the same time; what a killed process left is taken over', async () => {
    const files = Array.from({ length: 5 }, (_, i) => file(i));
    for (const { url } of files) server.files.set(new URL(url).pathname.slice(1), bytes);
    const http = { clock: systemClock, random: () => 1, userAgent: 'x', attempts: 2 };
    await mkdir(join(folder, 'rrc00/bgpdata/2014.12'), { recursive: true });
    // The highest number a process can have is below this one.
    const dead = JSON.stringify({ id: 'x', host: hostname(), pid: 2 ** 22 + 1 });
    await writeFile(join(folder, 'rrc00/bgpdata/2014.12/.updates.20141222.0002.gz.lock'), dead);
    const all = await Promise.all([1, 2, 3].map(() => fetchFiles(files, { cache, http }, never)));
    for (const { paths, missing } of all) expect([paths.length, missing]).toEqual([5, []]);
    expect(server.requests).toHaveLength(5);
    expect((await filesIn()).filter((name) => name.startsWith('.'))).toEqual([]);
    // One that was killed when its file was whole.
    await writeFile(join(folder, 'rrc00/bgpdata/2014.12/.updates.20141222.0002.gz.lock'), dead);
    await cache.settle(all[0]?.paths ?? [], Date.now());
    expect((await filesIn()).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('leave the cache within its limit: those used longest ago go, those of this run stay', async () => {
    const files = Array.from({ length: 4 }, (_, i) => file(i));
    for (const { url } of files) server.files.set(new URL(url).pathname.slice(1), bytes);
    const http = { clock, random: () => 1, userAgent: 'x', attempts: 2, idleMs: IDLE_MS };
    const { paths } = await fetchFiles(files, { cache, http }, never);
    await cache.settle(paths.slice(0, 2), 1_000_000);
    await cache.settle(paths.slice(2), 2_000_000);
    const small = new ArchiveCache(folder, 2.5 * bytes.length);
    expect(await small.settle(paths.slice(0, 1), 3_000_000)).toEqual({ removed: 2, bytes: 2 * bytes.length });
    expect((await filesIn()).sort()).toEqual(['updates.20141222.0000.gz', 'updates.20141222.0003.gz']);
    await truncate(paths[0] ?? '', 0);
  });

  test.runIf(canMount())('of a cache that is read-only and too large are used, and stay', async () => {
    const files = [file(0), file(1)];
    for (const { url } of files) server.files.set(new URL(url).pathname.slice(1), bytes);
    const http = { clock, random: () => 1, userAgent: 'x', attempts: 2, idleMs: IDLE_MS };
    const { paths } = await fetchFiles(files, { cache, http }, never);
    execFileSync('mount', ['--bind', folder, folder]);
    try {
      execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
      const small = new ArchiveCache(folder, 1);
      expect(await small.settle(paths.slice(0, 1), 3_000_000)).toEqual({ removed: 0, bytes: 2 * bytes.length });
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});
