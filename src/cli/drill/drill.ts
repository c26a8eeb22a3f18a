import { wallText } from '../../report/clock.ts';
import { randomBytes } from 'node:crypto';
import type { Drill } from '../../app/drill/fake-outage.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { counted, printable } from '../../report/printable.ts';
import { deadLetters, deliveries, isOn, listEndpoints } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { passes } from '../../sinks/webhook/filter.ts';
import type { EndpointRecord, LogRecord } from '../../sinks/webhook/endpoints/records.ts';
import { drillParts } from '../../app/drill/drill-events.ts';
import { drillChange } from '../../app/drill/requests.ts';
import type { Listening } from '../../app/drill/subscriber.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { chosenStore } from '../../app/open-store.ts';
import { stateText } from '../webhook/list.ts';
import {
  isRemote,
  SYSTEM,
  printUnreadable,
  withWebhooks,
  type OpenWebhooks,
  type Means,
  type WebhookOptions,
} from '../webhook/store.ts';

/** The options of `drill`. */
export interface DrillOptions extends WebhookOptions {
  /** Deadline of each stage, milliseconds. @default 60 000 */
  readonly timeout?: number;
  /** Milliseconds between the outage and its end. @default 60 000 */
  readonly hold?: number;
}

const TIMEOUT_MS = 60_000;
/** Longer than Alertmanager's usual `group_wait`, 30 s. Milliseconds. */
const HOLD_MS = 60_000;
const LOOK_MS = 100;
/** How long to wait for pub/sub, milliseconds. Its messages come with the write or not at all. */
const PUBSUB_MS = 5_000;

/** What all stages of a drill need. */
interface Held {
  readonly webhooks: OpenWebhooks;
  readonly drill: Drill;
  readonly io: Io;
  readonly means: Means;
  /** When the drill was requested, monotonic milliseconds. */
  readonly startMs: number;
  readonly timeoutMs: number;
  readonly holdMs: number;
}

/**
 * `unroutable drill`: asks the leader to report a fake outage, and follows it through store, pub/sub and webhooks. The
 * end of the outage is held back, so that receivers that group alerts page a person. Prints one line for each stage,
 * and at the end what was proved. Succeeds only if everything arrived.
 */
export function drill(options: DrillOptions, io: Io, means: Means = SYSTEM): Promise<ExitStatus> {
  return withWebhooks(options, { io, clock: means.clock }, async (webhooks) => {
    const [watched] = webhooks.selection.territories;
    if (watched === undefined || (await webhooks.store.leases.holder()) === undefined) {
      complain(
        io,
        `${webhooks.name} in ${webhooks.store.name}: there is no leader; a drill needs a running \`unroutable watch\``,
      );
      return EXIT.notReady;
    }
    const { id: territory, name } = watched.territory;
    const { timeout: timeoutMs = TIMEOUT_MS, hold: holdMs = HOLD_MS } = options;
    const asked: Drill = { id: randomBytes(8).toString('hex'), territory, atMs: means.clock.wallMs(), holdMs };
    const held: Held = { webhooks, drill: asked, io, means, startMs: means.clock.monotonicMs(), timeoutMs, holdMs };
    io.stdout.write(`drill ${asked.id}: fake outage of ${printable(name)}\n`);
    const listening = await listen(options, held);
    try {
      const events = await keep(held);
      if (events === undefined) return io.signal.aborted ? EXIT.interrupted : EXIT.notReady;
      const isReceived = await checkPubSub(listening, events, held);
      const isDelivered = await deliver(events, held);
      if (io.signal.aborted) return EXIT.interrupted;
      if (!isReceived || !isDelivered) return EXIT.notReady;
      stage(held, 'result', provedText(held));
      return EXIT.done;
    } finally {
      if (listening?.ok === true) listening.subscriber.close();
    }
  });
}

/** `undefined`: there is no pub/sub. */
type Subscriber = Listening | undefined;

async function listen(options: DrillOptions, { drill: { id }, io, means: { clock } }: Held): Promise<Subscriber> {
  const place = chosenStore(options, io);
  if (!isRemote(place)) return undefined;
  const { listenTo } = await import('../../app/drill/subscriber.ts');
  return listenTo(place, `/drills/${id}`, { clock, password: io.env['UNROUTABLE_REDIS_PASSWORD'] });
}

/**
 * Waits until all events of the drill are in the store. `undefined`: that did not happen in time, which is reported.
 */
async function keep(held: Held): Promise<readonly UnroutableEvent[] | undefined> {
  const { webhooks, drill: asked, io } = held;
  const newest = await webhooks.store.newest();
  await webhooks.store.write([drillChange(asked)]);
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  const progress: Progress = { events: new Map(), openedMs: undefined };
  const waiting = untilRemoved(held, progress, signal).finally(() => over.abort());
  // It may fail before anyone awaits it. The await below then gets the error.
  waiting.catch(() => undefined);
  try {
    for await (const event of webhooks.store.follow(newest, signal)) {
      if (event.source === `/drills/${asked.id}`) note(event, progress, held);
      if (isLast(event, asked)) break;
    }
  } finally {
    over.abort();
  }
  const end = await waiting;
  const events = [...progress.events.values()];
  if (events.some((event) => isLast(event, asked))) {
    stage(held, 'stored', `${counted(events.length, 'event')} after ${elapsed(held)}`);
    return events;
  }
  await withdraw(held, progress);
  if (!io.signal.aborted) stage(held, 'stored', `${counted(events.length, 'event')}; ${WHY[end]} (${elapsed(held)})`);
  return undefined;
}

/** The progress of a drill. */
interface Progress {
  /** By id, because a leader that takes over stores the same events again. */
  readonly events: Map<string, UnroutableEvent>;
  /** When the outage was stored, monotonic milliseconds. */
  openedMs: number | undefined;
}

function note(event: UnroutableEvent, progress: Progress, held: Held): void {
  progress.events.set(event.id, event);
  // The last event of the outage: see `drillParts`.
  if (event.type !== 'incident.opened' || held.holdMs === 0) return;
  if (progress.openedMs === undefined) {
    const many = counted(progress.events.size, 'event');
    stage(held, 'opened', `${many} after ${elapsed(held)}; the end follows in ${seconds(held.holdMs)}`);
  }
  progress.openedMs = held.means.clock.monotonicMs();
}

/** Withdraw the request, so that no leader begins it later, and an open outage ends at once. */
async function withdraw({ webhooks, drill: asked, holdMs, io }: Held, { events }: Progress): Promise<void> {
  const isOpen = holdMs > 0 && events.size > 0;
  await webhooks.store.write([isOpen ? drillChange({ ...asked, holdMs: 0 }) : drillChange(asked, false)]);
  if (isOpen && io.signal.aborted) complain(io, 'the drill was stopped: its end is sent now');
}

function isLast({ source, type }: UnroutableEvent, { id }: Drill): boolean {
  return source === `/drills/${id}` && type === 'incident.closed';
}

const WHY = {
  refused: 'refused by the leader; its log says why. Is the territory watched?',
  late: 'not started by the leader: does the feed send anything?',
  'late-end': 'the leader has not reported the end: does the feed send anything?',
} as const;

/** Waits until the leader has removed the request, the time is over, or `signal` aborts. */
async function untilRemoved(
  { webhooks, drill: { id }, means: { clock }, timeoutMs, holdMs, startMs }: Held,
  progress: Progress,
  signal: AbortSignal,
): Promise<keyof typeof WHY> {
  const until = (): number => timeoutMs + (progress.openedMs === undefined ? startMs : progress.openedMs + holdMs);
  while (!signal.aborted && clock.monotonicMs() < until()) {
    await clock.sleep(LOOK_MS, signal);
    if (signal.aborted || (await webhooks.store.read('drills', [id])).length > 0) continue;
    // The request is removed after its events are stored: events that are not there now will never come.
    await clock.sleep(10 * LOOK_MS, signal);
    return 'refused';
  }
  return progress.openedMs === undefined ? 'late' : 'late-end';
}

async function checkPubSub(listening: Subscriber, events: readonly UnroutableEvent[], held: Held): Promise<boolean> {
  if (listening === undefined) return true;
  if (!listening.ok) {
    const { isForbidden, reason } = listening;
    stage(
      held,
      'pub/sub',
      isForbidden ? 'not checked: this user may not subscribe' : `nothing could be received: ${reason}`,
    );
    return isForbidden;
  }
  const { subscriber } = listening;
  const { clock } = held.means;
  const until = clock.monotonicMs() + PUBSUB_MS;
  const missing = (): number => events.filter(({ id }) => !subscriber.received().has(id)).length;
  while (missing() > 0 && clock.monotonicMs() < until && !held.io.signal.aborted) {
    await clock.sleep(LOOK_MS, held.io.signal);
  }
  stage(
    held,
    'pub/sub',
    `${events.length - missing()} of ${counted(events.length, 'event')} received after ${elapsed(held)}`,
  );
  return missing() === 0;
}

async function deliver(events: readonly UnroutableEvent[], held: Held): Promise<boolean> {
  const { webhooks, io } = held;
  const { found, unreadable } = await listEndpoints(webhooks.store);
  printUnreadable(unreadable, io);
  if (found.length === 0) stage(held, 'webhooks', 'there are none');
  const arrived = await Promise.all(found.map((record) => deliverTo(record, events, held)));
  return arrived.every(Boolean);
}

async function deliverTo(record: EndpointRecord, events: readonly UnroutableEvent[], held: Held): Promise<boolean> {
  const { webhooks, io, means, timeoutMs } = held;
  const { name, filter } = record.endpoint;
  const wanted = events.filter((event) => passes(event, filter)).map(({ id }) => id);
  if (!isOn(record) || wanted.length === 0) {
    stage(held, name, isOn(record) ? 'its filter passes none of these events' : stateText(record));
    return true;
  }
  const until = means.clock.monotonicMs() + timeoutMs;
  for (;;) {
    const { log } = await deliveries(webhooks.store, name);
    const latest = wanted.map((id) => log.find(({ eventId }) => eventId === id));
    const dead = (await deadLetters(webhooks.store, name)).found.filter(({ event }) => wanted.includes(event.id));
    const isOver = latest.every((line) => line?.ok === true || line?.dead === true) || dead.length === wanted.length;
    if (isOver || io.signal.aborted || means.clock.monotonicMs() > until) {
      stage(held, name, `${deliveryText(latest, held)}${openText(events, log, held)}`);
      return latest.every((line) => line?.ok === true);
    }
    await means.clock.sleep(LOOK_MS, io.signal);
  }
}

/** `6 of 6 events after 1.2 s, the slowest in 40 ms`, and why some are missing. */
function deliveryText(latest: readonly (LogRecord | undefined)[], held: Held): string {
  const lines = latest.filter((line) => line !== undefined);
  const arrived = lines.filter(({ ok }) => ok);
  const slowest = Math.max(0, ...arrived.map(({ ms }) => ms));
  const text = `${arrived.length} of ${counted(latest.length, 'event')} after ${elapsed(held)}${arrived.length === 0 ? '' : `, the slowest in ${slowest} ms`}`;
  const failed = lines.find(({ ok }) => !ok);
  if (failed === undefined) return text;
  const next = failed.nextAtMs === undefined ? 'dead letter' : `next attempt at ${wallText(failed.nextAtMs)}`;
  return `${text}; ${failed.reason ?? 'failed'}, ${next}`;
}

/**
 * `, open for 60.2 s`: the time at this receiver between its answers to the last event of the outage and to the first
 * event of the end. Empty if it does not want both, or did not get both.
 */
function openText(events: readonly UnroutableEvent[], log: readonly LogRecord[], { holdMs }: Held): string {
  if (holdMs === 0) return '';
  const { opening, end } = drillParts(events);
  const answeredAt = (part: readonly UnroutableEvent[]): readonly number[] =>
    log.filter(({ ok, eventId }) => ok && part.some(({ id }) => id === eventId)).map(({ atMs }) => atMs);
  const [opened, ended] = [answeredAt(opening), answeredAt(end)];
  if (opened.length === 0 || ended.length === 0) return '';
  return `, open for ${seconds(Math.max(0, Math.min(...ended) - Math.max(...opened)))}`;
}

function provedText({ holdMs }: Held): string {
  if (holdMs === 0) {
    return 'everything arrived. Outage and end were sent at once: a receiver that groups alerts may not have sent a page, see --hold';
  }
  return `everything arrived: the outage and, ${seconds(holdMs)} later, its end. Check that people were paged: a receiver that groups alerts must send its page within ${seconds(holdMs)}`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

function stage({ io }: Held, name: string, text: string): void {
  io.stdout.write(`  ${printable(`${name.padEnd(9)}  ${text}`)}\n`);
}

function elapsed({ means, startMs }: Held): string {
  return `${((means.clock.monotonicMs() - startMs) / 1000).toFixed(1)} s`;
}
