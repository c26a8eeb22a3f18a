import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printEvents, type EventsOptions } from '../../../src/cli/store/events.ts';
import { replay } from '../../../src/cli/replay/replay.ts';
import { checkStore, exportTo, importFrom } from '../../../src/cli/store/store.ts';
import { BLACKOUT } from '../../support/cli.ts';
import { until } from '../../support/clock.ts';
import { opened, outputOf, TestIo, type Output } from './scene.ts';

let folder: string;
/** The store into which the blackout was replayed, and the output of the replay. */
let store: string;
let replayed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-store-'));
  store = join(folder, 'blackout');
  const io = new TestIo();
  expect(await replay([BLACKOUT], { settings: {}, store, format: 'ndjson', quiet: true }, io)).toBe(0);
  replayed = io.stdout.text;
  expect(lines(replayed).length).toBeGreaterThan(100);
});
afterAll(() => rm(folder, { recursive: true }));

const events = (options: Partial<EventsOptions>): Promise<Output> =>
  outputOf((io) => printEvents({ settings: {}, store, format: 'ndjson', ...options }, io));
const idOf = (line: string | undefined): string => (JSON.parse(line ?? '{}') as { id: string }).id;
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe('events', () => {
  test('are those that were reported, byte for byte', async () => {
    expect(await events({})).toEqual({ status: 0, out: replayed, err: '' });
  });

  test('after an id go on after it; after the last there are none', async () => {
    const all = lines(replayed);
    for (const i of [0, 1, 50, all.length - 1])
      expect(lines((await events({ since: idOf(all[i]) })).out)).toEqual(all.slice(i + 1));
  });

  test('after an id that is not stored are an error, not a silent hole', async () => {
    const { status, out, err } = await events({ since: 'f00d' });
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('--since f00d: no event with id f00d is stored');
  });

  test('of one type, or of one group of types, are only those; * is all of them', async () => {
    const typed = async (type: string): Promise<Set<string>> =>
      new Set(lines((await events({ type: [type] })).out).map((line) => (JSON.parse(line) as { type: string }).type));
    expect(await typed('country.unroutable')).toEqual(new Set(['country.unroutable']));
    expect(await typed('country.*')).toEqual(new Set(['country.unroutable', 'country.degraded', 'country.restored']));
    expect(lines((await events({ type: ['*'] })).out)).toEqual(lines((await events({})).out));
  });

  test('are sentences for people', async () => {
    const { out } = await events({ format: 'text', type: ['country.*'] });
    expect(out).toContain('North Korea has been unroutable since 2014-12-22 16:15:12 UTC');
  });

  test('that are followed come as they are stored, until it is stopped', async () => {
    const stop = new AbortController();
    const io = new TestIo(stop.signal);
    const place = join(folder, 'followed');
    const following = printEvents({ settings: {}, store: place, format: 'ndjson', follow: true }, io);
    io.stdout.onText = () => {
      if (lines(io.stdout.text).length === 3) stop.abort();
    };
    const other = await opened(place);
    const [first, second, third] = lines(replayed).map((line) => JSON.parse(line) as never);
    const batch = { cursor: 0 as never, changes: [] };
    await other.commit({ ...batch, number: 1, elements: 1, events: [first as never] });
    await other.commit({ ...batch, number: 2, elements: 2, events: [second as never, third as never] });
    expect(await following).toBe(0);
    expect(io.stdout.text).toBe(`${lines(replayed).slice(0, 3).join('\n')}\n`);
    await other.close();
  });
});

describe('a replay with a store', () => {
  test('continues where it was stopped, at any point: together they report what one run reports', async () => {
    for (const stopAfter of [1, 40, 90]) {
      const place = join(folder, `stopped-${stopAfter}`);
      const stop = new AbortController();
      const first = new TestIo(stop.signal);
      first.stdout.onText = () => {
        if (lines(first.stdout.text).length >= stopAfter) stop.abort();
      };
      const options = { settings: {}, store: place, format: 'ndjson', quiet: true } as const;
      expect(await replay([BLACKOUT], options, first)).toBe(130);
      const second = new TestIo();
      expect(await replay([BLACKOUT], options, second)).toBe(0);
      expect(second.stderr.text).toContain('goes on after');
      expect(first.stdout.text + second.stdout.text).toBe(replayed);
      expect((await outputOf((io) => printEvents({ settings: {}, store: place, format: 'ndjson' }, io))).out).toBe(
        replayed,
      );
    }
  });

  test('that is over reports nothing again', async () => {
    const again = await outputOf((io) =>
      replay([BLACKOUT], { settings: {}, store, format: 'ndjson', quiet: true }, io),
    );
    expect([again.status, again.out]).toEqual([0, '']);
  });

  test('is not mixed with another one, nor with other rules', async () => {
    const other = await outputOf((io) =>
      replay([join(BLACKOUT, 'reconstructed-a')], { settings: {}, store, format: 'ndjson', quiet: true }, io),
    );
    expect(other.status).toBe(69);
    expect(other.err).toContain('it contains another replay, or a watch');
    const rules = { unroutableHold: 60_000 };
    const judged = await outputOf((io) =>
      replay([BLACKOUT], { settings: rules, store, format: 'ndjson', quiet: true }, io),
    );
    expect(judged.status).toBe(69);
    expect(judged.err).toContain('the verdicts on KP follow other rules');
    expect((await events({})).out).toBe(replayed);
  });

  test('waits for another process that writes there, and names it', async () => {
    const place = join(folder, 'taken');
    const other = await opened(place);
    const lease = await other.leases.acquire('someone', 60_000);
    const io = new TestIo();
    const replaying = replay([BLACKOUT], { settings: {}, store: place, format: 'ndjson', quiet: true }, io);
    await until(() => io.stderr.text.includes('waits for someone'));
    if (lease !== undefined) await other.leases.release(lease);
    expect(await replaying).toBe(0);
    expect(io.stdout.text).toBe(replayed);
    await other.close();
  });
});

describe('store', () => {
  test('check says what is in it', async () => {
    const { status, out } = await outputOf((io) => checkStore({ settings: {}, store }, io));
    expect(status).toBe(0);
    expect(out).toContain(`events     ${lines(replayed).length}`);
  });

  test('what is exported and imported elsewhere is the same, and is exported to the same bytes', async () => {
    const file = join(folder, 'all.ndjson');
    const there = join(folder, 'imported');
    expect((await outputOf((io) => exportTo({ settings: {}, store, file }, io))).status).toBe(0);
    expect((await outputOf((io) => importFrom(file, { settings: {}, store: there }, io))).status).toBe(0);
    expect((await outputOf((io) => exportTo({ settings: {}, store: there }, io))).out).toBe(
      await readFile(file, 'utf8'),
    );
    expect((await outputOf((io) => printEvents({ settings: {}, store: there, format: 'ndjson' }, io))).out).toBe(
      replayed,
    );
  });

  test('a damaged export is refused, and nothing of it is stored', async () => {
    const file = join(folder, 'damaged.ndjson');
    const text = await outputOf((io) => exportTo({ settings: {}, store }, io));
    await writeFile(file, text.out.replace('routable', 'roatable'));
    const there = join(folder, 'refused');
    const { status, err } = await outputOf((io) => importFrom(file, { settings: {}, store: there }, io));
    expect(status).toBe(4);
    expect(err).toContain(file);
    expect((await outputOf((io) => printEvents({ settings: {}, store: there, format: 'ndjson' }, io))).out).toBe('');
  });

  test('an existing file is not overwritten, a missing one is named', async () => {
    const file = join(folder, 'precious');
    await writeFile(file, 'precious');
    const written = await outputOf((io) => exportTo({ settings: {}, store, file }, io));
    expect([written.status, await readFile(file, 'utf8')]).toEqual([4, 'precious']);
    const missing = join(folder, 'missing');
    const read = await outputOf((io) => importFrom(missing, { settings: {}, store: join(folder, 'empty') }, io));
    expect(read).toMatchObject({ status: 4, err: `unroutable: ${missing}: there is no such file\n` });
  });

  test.each(['http://user:hunter2@x', 'redis+sentinel://:hunter2@x/kp', 'Redis://:hunter2@x', 'redis:hunter2'])(
    'a URL that is not one of a store is not taken for a folder, and not shown: %s',
    async (url) => {
      const { status, out, err } = await outputOf((io) => checkStore({ settings: {}, store: url }, io));
      expect([status, out]).toEqual([2, '']);
      expect(err).toMatch(
        /^unroutable: --store \S+…: it must be redis:\/\/… or another URL of docs\/redis.md, a folder/,
      );
      expect(err).not.toContain('hunter2');
    },
  );

  test('an impossible name, and a missing store, are reported', async () => {
    const named = await outputOf((io) => checkStore({ settings: {}, store, name: 'a b' }, io));
    expect(named.status).toBe(2);
    const none = await outputOf((io) => printEvents({ settings: {}, store: 'none', format: 'ndjson' }, io));
    expect(none).toEqual({ status: 2, out: '', err: 'unroutable: --store none: nothing is stored there\n' });
  });
});
