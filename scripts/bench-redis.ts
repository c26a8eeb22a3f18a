/**
 * Measures the cost of storing in Redis, and in a folder for comparison: `npm run bench:redis -- [--changes 400000]
 * [--turns 300] [--url redis://…]`. A redis-server is started for it (append-only file, synced every second) unless
 * there is a URL; its database is written to. Measures, through the real engine, pipeline and store:
 *
 * - changes of routes committed a second, one commit after another, by the store alone and with the engine that makes
 * them;
 * - the time from the end of an event's hold until a subscriber has the event.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { systemClock } from '../src/app/system-clock.ts';
import type { Element } from '../src/bgp/element.ts';
import type { EventTime } from '../src/bgp/time.ts';
import type { UnroutableEvent } from '../src/detect/events/event.ts';
import { run } from '../src/pipeline.ts';
import type { Batch, StateStore } from '../src/ports.ts';
import { openEmbedded } from '../src/store/embedded/open.ts';
import { channels } from '../src/store/keys.ts';
import { memoryStore } from '../src/store/memory.ts';
import { openRedis } from '../src/store/redis/open.ts';
import { startRedis } from '../test/support/redis/server.ts';
import { changes, dump, engineOf, ROUTES, sourceOf, tick, turn } from './bench/keeping.ts';
import { machineText } from './bench/table.ts';
import { useTestsRedis } from './torture/bench.ts';
import { bound } from './torture/bound.ts';

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '400000' },
    turns: { type: 'string', default: '300' },
    url: { type: 'string' },
  },
});
const CHANGES = Number(values.changes);
const TURNS = Number(values.turns);

const RATE_AIM = 50_000;
const LATE_AIM_MS = 50;
const BEGIN = Date.UTC(2026, 8, 10, 4);
/** The interval at which a watch stores its state. */
const KEEP_EVERY_MS = 1_000;
/** North Korea's networks, with a hold that lets there be many turns; and a land that takes a while to go. */
const SMALL = { networks: 4, holdMs: 100, turns: TURNS };
const LARGE = { networks: 256, holdMs: 2_000, turns: Math.ceil(TURNS / 10) };
/** Interval of ticks in a quiet feed: a decision is made at the next tick, on average half an interval late. */
const TICK_MS = 2;

const never = new AbortController().signal;

interface Rate {
  readonly rate: number;
  /** Milliseconds of each commit. */
  readonly times: readonly number[];
  readonly batches: readonly Batch[];
}

/** Changes of routes stored per second, through engine and pipeline, after the first table was stored. */
async function rateOf(store: StateStore): Promise<Rate> {
  const engine = engineOf();
  const batches: Batch[] = [];
  const times: number[] = [];
  const timed: StateStore = {
    ...bound(store),
    async commit(batch: Batch, token) {
      const began = performance.now();
      const committed = await store.commit(batch, token);
      times.push(performance.now() - began);
      batches.push(batch);
      return committed;
    },
  };
  const keeping = { store: timed, everyMs: KEEP_EVERY_MS };
  await run(sourceOf(dump(BEGIN)), engine, keeping, never);
  const first = batches.length;
  const position = { number: first, elements: 0, cursor: engine.now ?? (BEGIN as EventTime) };
  const began = performance.now();
  await run(sourceOf(changes(BEGIN + 60_000, CHANGES)), engine, { ...keeping, position }, never);
  const seconds = (performance.now() - began) / 1000;
  return { rate: routesIn(batches.slice(first)) / seconds, times: times.slice(first), batches };
}

/** The same batches again, which are already stored. */
async function aloneOf(store: StateStore, batches: readonly Batch[]): Promise<number> {
  const began = performance.now();
  for (const batch of batches) await store.commit(batch);
  return (routesIn(batches) * 1000) / (performance.now() - began);
}

function routesIn(batches: readonly Batch[]): number {
  return batches.reduce(
    (sum, { changes }) => sum + changes.filter(({ space }) => space.startsWith('routes/')).length,
    0,
  );
}

interface Received {
  readonly due: number;
  readonly at: number;
}

type Follow = (then: (event: UnroutableEvent, at: number) => void) => Promise<() => Promise<void>>;

/** The territory is lost and returns, in real time. Returns the delay of each event after the end of its hold. */
async function latenciesOf(store: StateStore, follow: Follow, { networks, holdMs, turns } = SMALL): Promise<number[]> {
  const received: Received[] = [];
  const stop = await follow((event, at) => {
    if (event.type.startsWith('country.')) received.push({ due: Date.parse(event.time), at });
  });
  const engine = engineOf({ unroutableHoldMs: holdMs, settleMs: holdMs, degradedHoldMs: 60_000 });
  async function* life(): AsyncGenerator<Element> {
    yield* dump(wall(), networks);
    for (let i = 0; i < turns; i++) {
      const at = wall();
      yield* turn(at, i % 2 === 1, networks);
      while (received.length <= i && wall() < at + holdMs + 10_000) {
        await sleep(TICK_MS);
        yield tick(wall());
      }
    }
  }
  await run(sourceOf(life()), engine, { store, everyMs: KEEP_EVERY_MS }, never);
  await stop();
  if (received.length < turns) throw new Error(`${received.length} events of ${turns} were received`);
  return received.map(({ due, at }) => at - due);
}

/** Milliseconds since 1970 that never go back, with fractions. */
function wall(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function byPubSub(connection: { host: string; port: number }) {
  return async (then: (event: UnroutableEvent, at: number) => void): Promise<() => Promise<void>> => {
    const subscriber = new Redis(connection);
    subscriber.on('message', (_channel: string, text: string) => then(JSON.parse(text) as UnroutableEvent, now()));
    await subscriber.subscribe(channels.events);
    return async () => void (await subscriber.quit());
  };
}

function byFollowing(store: StateStore) {
  return async (then: (event: UnroutableEvent, at: number) => void): Promise<() => Promise<void>> => {
    const stop = new AbortController();
    const following = (async () => {
      for await (const event of store.follow(undefined, stop.signal)) then(event, now());
    })();
    return async () => {
      stop.abort();
      await following;
    };
  };
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function row(name: string, cells: readonly string[]): void {
  console.log(`${name.padEnd(34)} ${cells.map((cell) => cell.padStart(14)).join(' ')}`);
}

async function tellRate(name: string, within: Within): Promise<void> {
  const { rate, times, batches } = await within(rateOf);
  const alone = await within((store) => aloneOf(store, batches));
  const cells = [alone, rate].map((one) => Math.round(one).toLocaleString('en'));
  const verdict = name === 'redis' ? (rate >= RATE_AIM ? 'met' : 'MISSED') : '';
  row(name, [
    ...cells,
    String(times.length),
    quantile(times, 0.5).toFixed(1),
    quantile(times, 0.99).toFixed(1),
    verdict,
  ]);
}

function tellLate(name: string, late: readonly number[]): void {
  const p99 = quantile(late, 0.99);
  const verdict = name.startsWith('redis, pub') ? (p99 <= LATE_AIM_MS ? 'met' : 'MISSED') : '';
  row(name, [quantile(late, 0.5).toFixed(1), p99.toFixed(1), Math.max(...late).toFixed(1), verdict]);
}

type Within = <T>(work: (store: StateStore) => Promise<T>) => Promise<T>;

async function inRedis<T>(url: string, name: string, work: (store: StateStore) => Promise<T>): Promise<T> {
  const opened = await openRedis(url, { name: `${name}-${process.pid}-${Date.now()}`, clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  const result = await work(opened.store);
  await opened.store.close();
  return result;
}

async function inFolder<T>(work: (store: StateStore) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-bench-'));
  const opened = await openEmbedded(folder, { name: 'bench', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  try {
    return await work(opened.store);
  } finally {
    await opened.store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const version = values.url === undefined ? await useTestsRedis() : 'of its own';
const server = values.url === undefined ? await startRedis() : undefined;
const url = values.url ?? `redis://127.0.0.1:${server?.port}`;
const { hostname: host, port } = new URL(url);

console.log(`${machineText()}; Redis ${version}, append-only file synced every second`);
console.log(
  `\n${CHANGES.toLocaleString('en')} changes of ${ROUTES.toLocaleString('en')} routes, in batches as the pipeline makes them`,
);
row('', ['store alone/s', 'with engine/s', 'commits', 'median ms', 'p99 ms', `aim ${RATE_AIM.toLocaleString('en')}`]);
await tellRate('memory', (work) => work(memoryStore(1_000)));
await tellRate('redis', (work) => inRedis(url, 'rate', work));
await tellRate('embedded', inFolder);

const address = { host, port: Number(port || 6379) };
for (const land of [SMALL, LARGE]) {
  const { networks, holdMs, turns } = land;
  console.log(
    `\n${networks} networks ${turns} times gone or back: from the end of a hold of ${holdMs} ms to the event received, ms`,
  );
  row('', ['median', 'p99', 'most', `aim ${LATE_AIM_MS}`]);
  const subscribed = (store: StateStore) => latenciesOf(store, byPubSub(address), land);
  const following = (store: StateStore) => latenciesOf(store, byFollowing(store), land);
  tellLate('redis, pub/sub', await inRedis(url, 'late', subscribed));
  tellLate('redis, following the stream', await inRedis(url, 'follow', following));
  tellLate('embedded, following', await inFolder(following));
}
await server?.stop();
