import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Io } from '../../../src/app/io.ts';
import { openStore } from '../../../src/app/open-store.ts';
import { replay } from '../../../src/cli/replay/replay.ts';
import { serveRis, type ServeRisOptions } from '../../../src/cli/serve-ris/serve-ris.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { watch } from '../../../src/cli/watch/watch.ts';
import type { Clock } from '../../../src/ports.ts';
import { ROOT } from '../../support/cli.ts';
import { scaledClock } from '../../support/scaled-clock.ts';
import { Text } from '../../support/text.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroutable-watch-'));
});
afterAll(() => rm(folder, { recursive: true }));

function ioOf(stdout: Text, stderr = new Text(), signal: AbortSignal = new AbortController().signal): Io {
  return { stdout, stderr, env: {}, signal };
}

interface Day {
  readonly updates: readonly string[];
  /** The dump at the start, which seeds the watcher. */
  readonly dumps: readonly string[];
}

async function dayOf(name: string): Promise<Day> {
  const files = (await glob(`incidents/${name}/**/*.{gz,bz2}`, { cwd: ROOT })).map((file) => join(ROOT, file)).sort();
  const dumps = files.filter((file) => file.includes('bview'));
  const first = /bview\.(\d{8}\.\d{4})/.exec(dumps[0] ?? '')?.[1] ?? '';
  return {
    updates: files.filter((file) => file.includes('updates')),
    dumps: dumps.filter((file) => file.includes(first)),
  };
}

async function eventsOfReplay(day: Day): Promise<string> {
  const stdout = new Text();
  const files = [...day.dumps, ...day.updates];
  expect(await replay(files, { settings: {}, format: 'ndjson', quiet: true, threads: 0 }, ioOf(stdout))).toBe(0);
  return stdout.text;
}

/** Serves the day's updates, watches them to their end, and returns the watcher's output. */
async function eventsOfWatch(
  day: Day,
  speed: NonNullable<ServeRisOptions['speed']>,
  clock: Clock,
  record?: string,
): Promise<string> {
  let announce: (url: string) => void;
  const announced = new Promise<string>((resolve) => (announce = resolve));
  const said = new Text((text) => {
    const url = /ws:\/\/\S+/.exec(text)?.[0];
    if (url !== undefined) announce(url);
  });
  const serving = serveRis({ files: day.updates, port: 0, speed }, ioOf(said, said), clock);
  const stdout = new Text();
  const url = await announced;
  const seed = { from: 'mrt', paths: day.dumps } as const;
  const status = await watch(
    { settings: {}, url, history: true, seed, format: 'ndjson', ...(record === undefined ? {} : { record }) },
    ioOf(stdout),
    clock,
  );
  expect([status, await serving]).toEqual([0, 0]);
  return stdout.text;
}

/** serve-ris.test.ts checks that each day of the library is received as a replay reads it, element by element. */
describe('a watcher of a served day says what a replay of the same files says, byte for byte', () => {
  test('2014-12-27, as fast as it reads; what a tape recorded of it gives the same bytes again', async () => {
    const day = await dayOf('2014-12-27');
    const tape = join(folder, 'day.tape');
    const watched = await eventsOfWatch(day, 'max', scaledClock(1000), tape);
    expect(watched).toBe(await eventsOfReplay(day));
    const stdout = new Text();
    expect(await replay([tape], { settings: {}, format: 'ndjson', quiet: true }, ioOf(stdout))).toBe(0);
    expect(stdout.text).toBe(watched);
    expect((await readFile(tape, 'utf8')).split('\n').length).toBeGreaterThan(1000);
  });

  test('2022-11-17 at a hundred times the speed of life, on a clock that runs fast', async () => {
    const day = await dayOf('2022-11-17');
    const watched = await eventsOfWatch(day, 100, scaledClock(500));
    expect(watched).toBe(await eventsOfReplay(day));
    expect(watched.split('\n').length).toBeGreaterThan(25);
  });
});

test('a tape is never overwritten', async () => {
  const stderr = new Text();
  const io = ioOf(new Text(), stderr);
  const status = await watch(
    {
      settings: {},
      url: 'ws://127.0.0.1:9/',
      history: true,
      seed: { from: 'none' },
      record: join(ROOT, 'package.json'),
    },
    io,
  );
  expect(status).toBe(2);
  expect(stderr.text).toContain('--record');
});

test('it stops at once when told to, though nothing answers', async () => {
  const stop = new AbortController();
  const stderr = new Text((text) => {
    if (text.includes('connecting')) stop.abort();
  });
  const status = await watch(
    { settings: {}, url: 'ws://127.0.0.1:9/v1/ws/', seed: { from: 'none' } },
    ioOf(new Text(), stderr, stop.signal),
  );
  expect(status).toBe(0);
});

test('a standby of a recording does not say that it listens: the recording is played to the leader', async () => {
  const store = join(folder, 'played');
  const opened = await openStore({ store }, ['KP'], { env: {} }, systemClock);
  if (!opened.ok) throw new Error(opened.faults.join());
  const leads = opened.value.store;
  await leads.leases.acquire('who leads', 600_000);
  const stop = new AbortController();
  const stderr = Object.assign(new Text(), { isTTY: true });
  const watching = watch(
    { settings: {}, url: 'ws://127.0.0.1:9/v1/ws/', seed: { from: 'none' }, history: true, store },
    ioOf(new Text(), stderr, stop.signal),
    scaledClock(100),
  );
  await stderr.until(/stands by, who leads is the leader/);
  stop.abort();
  expect(await watching).toBe(0);
  expect(stderr.text).toContain('who leads is the leader; this process stands by\n');
  expect(stderr.text).not.toContain('all collectors');
  await leads.close();
});
