import { randomBytes } from 'node:crypto';
import type { Drill } from '../detect/drill.ts';
import type { UnroutableEvent } from '../detect/event.ts';
import { counted, printable } from '../report/printable.ts';
import { deadLetters, deliveries, isOn, listEndpoints } from '../sinks/webhook/desk.ts';
import { passes } from '../sinks/webhook/filter.ts';
import type { EndpointRecord, LogRecord } from '../sinks/webhook/records.ts';
import { drillChange } from './drill-calls.ts';
import type { Ear } from './drill-ear.ts';
import { EXIT, type ExitStatus } from './exit-status.ts';
import { complain, type Io } from './io.ts';
import { chosenStore } from './open-store.ts';
import { stateText, wallText } from './webhook-list.ts';
import {
  isRemote,
  SYSTEM,
  tellUnreadable,
  withWebhooks,
  type Kept,
  type Means,
  type WebhookOptions,
} from './webhook-store.ts';

export interface DrillOptions extends WebhookOptions {
  /** For any stage, milliseconds. @default 60 000 */
  readonly timeout?: number;
}

const TIMEOUT_MS = 60_000;
const LOOK_MS = 100;
/** Pub/sub comes with the write or not at all. Milliseconds. */
const HEARING_MS = 5_000;

/** What the stages of a drill have in common. */
interface Held {
  readonly kept: Kept;
  readonly drill: Drill;
  readonly io: Io;
  readonly means: Means;
  /** When it was asked for, monotonic. */
  readonly startMs: number;
  readonly timeoutMs: number;
}

/**
 * `unroutable drill`: asks whoever leads to tell of an outage that never was, and follows it through store, pub/sub and
 * webhooks. One line a stage; done only when all of it arrived.
 */
export function drill(options: DrillOptions, io: Io, means: Means = SYSTEM): Promise<ExitStatus> {
  return withWebhooks(options, io, means.clock, async (kept) => {
    const [watched] = kept.selection.territories;
    if (watched === undefined || (await kept.store.leases.holder()) === undefined) {
      complain(io, `${kept.name} in ${kept.store.name}: nobody leads; a drill needs a running \`unroutable watch\``);
      return EXIT.notReady;
    }
    const { id: territory, name } = watched.territory;
    const asked: Drill = { id: randomBytes(8).toString('hex'), territory, atMs: means.clock.wallMs() };
    const { timeout: timeoutMs = TIMEOUT_MS } = options;
    const held: Held = { kept, drill: asked, io, means, startMs: means.clock.monotonicMs(), timeoutMs };
    io.stdout.write(`drill ${asked.id}: ${printable(name)} is said to be gone, and is not\n`);
    const listening = await listen(options, held);
    try {
      const events = await keep(held);
      if (events === undefined) return io.signal.aborted ? EXIT.interrupted : EXIT.notReady;
      const isHeard = await hear(listening, events, held);
      const isDelivered = await deliver(events, held);
      if (io.signal.aborted) return EXIT.interrupted;
      return isHeard && isDelivered ? EXIT.done : EXIT.notReady;
    } finally {
      if (typeof listening === 'object') listening.close();
    }
  });
}

/** A subscriber, why there is none, or nothing where there is no pub/sub. */
type Subscriber = Ear | string | undefined;

async function listen(options: DrillOptions, { drill: { id }, io, means: { clock } }: Held): Promise<Subscriber> {
  const place = chosenStore(options, io);
  if (!isRemote(place)) return undefined;
  const { listenTo } = await import('./drill-ear.ts');
  const listening = await listenTo(place, `/drills/${id}`, { clock, password: io.env['UNROUTABLE_REDIS_PASSWORD'] });
  return listening.ok ? listening.ear : listening.reason;
}

/** Until all events of the drill are in the store. `undefined` when that is not so in time, which is told. */
async function keep(held: Held): Promise<readonly UnroutableEvent[] | undefined> {
  const { kept, drill: asked, io, means, timeoutMs } = held;
  const { store } = kept;
  let newest: string | undefined;
  for await (const { id } of store.events()) newest = id;
  await store.write([drillChange(asked)]);
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  let isRefused = false;
  const waiting = (async () => {
    const until = means.clock.monotonicMs() + timeoutMs;
    while (!signal.aborted && means.clock.monotonicMs() < until && !isRefused) {
      await means.clock.sleep(LOOK_MS, signal);
      // Its removal follows its events: where it is gone and they have not come by the next look, they never will.
      isRefused = !signal.aborted && (await store.read('drills', [asked.id])).length === 0;
      if (isRefused) await means.clock.sleep(10 * LOOK_MS, signal);
    }
    over.abort();
  })();
  const events: UnroutableEvent[] = [];
  try {
    for await (const event of store.follow(newest, signal)) {
      if (event.source !== `/drills/${asked.id}`) continue;
      events.push(event);
      if (event.type === 'incident.closed') break;
    }
  } finally {
    over.abort();
    await waiting;
  }
  if (events.at(-1)?.type === 'incident.closed') {
    stage(held, 'kept', `${counted(events.length, 'event')} after ${elapsed(held)}`);
    return events;
  }
  // Nobody is to take it up when we are gone.
  await store.write([drillChange(asked, false)]);
  if (io.signal.aborted) return undefined;
  const why = isRefused
    ? 'whoever leads refused it: is the territory watched?'
    : `not all after ${elapsed(held)}: is anything heard from the feed?`;
  stage(held, 'kept', `${counted(events.length, 'event')}; ${why}`);
  return undefined;
}

async function hear(ear: Subscriber, events: readonly UnroutableEvent[], held: Held): Promise<boolean> {
  if (ear === undefined) return true;
  if (typeof ear === 'string') {
    stage(held, 'pub/sub', `nothing could be heard: ${ear}`);
    return false;
  }
  const { clock } = held.means;
  const until = clock.monotonicMs() + HEARING_MS;
  const missing = (): number => events.filter(({ id }) => !ear.heard().has(id)).length;
  while (missing() > 0 && clock.monotonicMs() < until && !held.io.signal.aborted) {
    await clock.sleep(LOOK_MS, held.io.signal);
  }
  stage(
    held,
    'pub/sub',
    `${events.length - missing()} of ${counted(events.length, 'event')} heard after ${elapsed(held)}`,
  );
  return missing() === 0;
}

async function deliver(events: readonly UnroutableEvent[], held: Held): Promise<boolean> {
  const { kept, io } = held;
  const { found, unreadable } = await listEndpoints(kept.store);
  tellUnreadable(unreadable, io);
  if (found.length === 0) stage(held, 'webhooks', 'there are none');
  const arrived = await Promise.all(found.map((record) => deliverTo(record, events, held)));
  return arrived.every(Boolean);
}

async function deliverTo(record: EndpointRecord, events: readonly UnroutableEvent[], held: Held): Promise<boolean> {
  const { kept, io, means, timeoutMs } = held;
  const { name, filter } = record.endpoint;
  const wanted = events.filter((event) => passes(event, filter)).map(({ id }) => id);
  if (!isOn(record) || wanted.length === 0) {
    stage(held, name, isOn(record) ? 'wants none of these events' : stateText(record));
    return true;
  }
  const until = means.clock.monotonicMs() + timeoutMs;
  for (;;) {
    const { log } = await deliveries(kept.store, name);
    const latest = wanted.map((id) => log.find(({ eventId }) => eventId === id));
    const dead = (await deadLetters(kept.store, name)).found.filter(({ event }) => wanted.includes(event.id));
    const isOver = latest.every((line) => line?.ok === true || line?.dead === true) || dead.length === wanted.length;
    if (isOver || io.signal.aborted || means.clock.monotonicMs() > until) {
      stage(held, name, deliveryText(latest, held));
      return latest.every((line) => line?.ok === true);
    }
    await means.clock.sleep(LOOK_MS, io.signal);
  }
}

/** `6 of 6 events after 1.2 s, the slowest in 40 ms`, and why not all. */
function deliveryText(latest: readonly (LogRecord | undefined)[], held: Held): string {
  const lines = latest.filter((line) => line !== undefined);
  const arrived = lines.filter(({ ok }) => ok);
  const slowest = Math.max(0, ...arrived.map(({ ms }) => ms));
  const text = `${arrived.length} of ${counted(latest.length, 'event')} after ${elapsed(held)}${arrived.length === 0 ? '' : `, the slowest in ${slowest} ms`}`;
  const failed = lines.find(({ ok }) => !ok);
  if (failed === undefined) return text;
  const next = failed.nextAtMs === undefined ? 'given up' : `again at ${wallText(failed.nextAtMs)}`;
  return `${text}; ${failed.reason ?? 'failed'}, ${next}`;
}

function stage({ io }: Held, name: string, text: string): void {
  io.stdout.write(`  ${printable(`${name.padEnd(9)}  ${text}`)}\n`);
}

function elapsed({ means, startMs }: Held): string {
  return `${((means.clock.monotonicMs() - startMs) / 1000).toFixed(1)} s`;
}
