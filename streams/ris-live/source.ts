import type { Collector } from '../../src/bgp/peer.ts';
import type { Prefix } from '../../src/bgp/prefix.ts';
import { eventTimeOf } from '../../src/bgp/time.ts';
import type { Element } from '../../src/bgp/element.ts';
import { AsyncQueue } from '../../src/lib/async-queue.ts';
import { LinkedAbort } from '../../src/lib/linked-abort.ts';
import { SILENT_COLLECTOR_MS, SILENT_FEED_MS } from '../../src/policy/fixed.ts';
import type { Clock, ElementSource } from '../../src/ports.ts';
import { ClockDifference } from './clock-difference.ts';
import { CONTROL_PREFIXES, RIS_COLLECTORS, type ControlPrefix } from './control-prefixes.ts';
import { Controls } from './controls.ts';
import type { FeedMessage, ReadingContext, UnreadableFrame } from './decode.ts';
import { Figures, type LiveStats } from './figures.ts';
import { Intake } from './intake.ts';
import { Line, type Listener } from './line.ts';
import { Names } from './names.ts';
import { Oddities } from '../oddities.ts';
import type { Report } from './report.ts';
import { subscriptionsOf, urlWithClient } from './subscriptions.ts';
import { WatchedRoutes } from './watched-routes.ts';

/** The WebSocket of RIPE RIS Live. */
export const RIS_LIVE_URL = 'wss://ris-live.ripe.net/v1/ws/';

/** Most elements that wait for the reader. Beyond this, lines stop reading their sockets. */
const MAX_WAITING = 20_000;

/** The options of a live feed. */
export interface RisLiveOptions {
  /** @default RIS_LIVE_URL */
  readonly url?: string;
  /** The client's name: `unroutable-0.1.0`. */
  readonly client: string;
  /** The blocks watched; routes that concern none of them are left out. */
  readonly blocks: readonly Prefix[];
  /** Subscribe to these collectors, each over its own socket. @default all of the server's, over one socket */
  readonly collectors?: readonly Collector[];
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded: the jitter of the back-off. */
  readonly random: () => number;
  readonly report?: Report;
  /** `history`: the server plays a recording, at any speed, and its close ends the source. @default 'live' */
  readonly timeline?: 'live' | 'history';
  /** @default CONTROL_PREFIXES; none in `history` */
  readonly controls?: readonly ControlPrefix[];
  /** Milliseconds of event time that messages are held, to be put in order. @default 2_000 */
  readonly reorderMs?: number;
}

/** A live source, with statistics. */
export interface LiveSource extends ElementSource {
  stats(): LiveStats;
}

/** How often to check for due actions, milliseconds. */
const BEAT_MS = 500;
/** If the check runs this much too late, milliseconds, our own process was held up. */
const HELD_UP_MS = 2000;
/** A check this late, milliseconds, may mean that monotonic time jumped: a virtual machine was moved or restored. */
const LEAP_MS = 60_000;

/**
 * The routes of the watched blocks from RIS Live, from now on. RIS Live sends no initial state, and does not repeat
 * missed messages. Every loss is a `gap`; during silence, `tick`s advance the time for the engine. Elements are in
 * order, except late ones, which keep their own time.
 */
export function risLive(options: RisLiveOptions): LiveSource {
  let feed: Feed | undefined;
  const url = options.url ?? RIS_LIVE_URL;
  return {
    name: `RIS Live at ${new URL(url).host}`,
    async *elements(signal) {
      const running = (feed = new Feed(options));
      const stop = new LinkedAbort(signal);
      const done = running.run(stop.signal);
      try {
        for (;;) {
          const batch = await running.outlet.take();
          if (batch.length === 0) break;
          for (const element of batch) {
            if (signal.aborted) return;
            yield element;
          }
        }
      } finally {
        stop.abort();
        running.outlet.end();
        await done;
      }
    },
    stats: () => (feed ?? new Feed(options)).stats(),
  };
}

/** One reading of the feed: its lines, and the processing of their messages. */
class Feed implements Listener {
  /** The queue between all lines and the one reader. When it is full, lines stop reading their sockets. */
  readonly outlet = new AsyncQueue<Element>(MAX_WAITING);
  readonly #options: RisLiveOptions;
  readonly #timeline: 'live' | 'history';
  readonly #report: Report;
  readonly #odd: Oddities;
  readonly #figures = new Figures();
  readonly #intake: Intake;
  readonly #controls: Controls;
  readonly #difference: ClockDifference;
  readonly #lines: readonly Line[];

  constructor(options: RisLiveOptions) {
    this.#options = options;
    this.#timeline = options.timeline ?? 'live';
    this.#report = options.report ?? (() => undefined);
    this.#odd = new Oddities((odd) => this.#report({ type: 'odd', ...odd }));
    this.#difference = new ClockDifference(this.#report);
    const controls = options.controls ?? (this.#timeline === 'live' ? CONTROL_PREFIXES : []);
    this.#controls = new Controls(controls, options.blocks, this.#report);
    this.#intake = new Intake({
      timeline: this.#timeline,
      reorderMs: options.reorderMs ?? 2000,
      put: (element) => this.outlet.push(element),
      report: this.#report,
      odd: this.#odd,
    });
    const reading = {
      names: new Names(),
      routes: new WatchedRoutes([...options.blocks, ...controls.map(({ prefix }) => prefix)]),
    };
    const prefixes = controls.map(({ prefix }) => prefix);
    this.#lines =
      options.collectors === undefined
        ? [this.#lineOf(undefined, prefixes, reading)]
        : options.collectors.map((collector) => this.#lineOf(collector, prefixes, reading));
  }

  /** Ends when `signal` aborts, or with the recording. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new LinkedAbort(signal);
    const beating = this.#beatUntil(ended.signal);
    try {
      this.#begin();
      await Promise.all(this.#lines.map((line) => line.run(signal)));
      this.#intake.flush();
      this.outlet.end();
    } catch (error) {
      this.outlet.fail(error);
    } finally {
      ended.abort();
      await beating;
    }
  }

  stats(): LiveStats {
    const now = this.#now();
    return {
      lines: this.#lines.map(({ name, state }) => ({ name, state })),
      collectorAges: this.#intake.activity.ages(now),
      messages: this.#figures.messages,
      messagesPerSecond: this.#figures.messagesPerSecond(now),
      lagMs: this.#figures.lagMs,
      held: this.#intake.sizes.held,
      routesLeftOut: this.#figures.routesLeftOut,
      odd: this.#odd.counts,
    };
  }

  message(message: FeedMessage): boolean {
    const now = this.#now();
    this.#figures.message(now, this.#options.clock.wallMs() - message.at);
    this.#figures.routesLeftOut += message.leftOut;
    return this.#intake.message(this.#controls.take(message, now), now);
  }

  unreadable(unreadable: UnreadableFrame, sample: string): void {
    this.#intake.unreadable(unreadable, sample, this.#now());
  }

  collectors(collectors: readonly Collector[]): void {
    for (const collector of collectors) this.#intake.activity.expect(collector, this.#now());
  }

  connected(line: Line): void {
    for (const collector of line.collectors) this.#intake.activity.expect(collector, this.#now());
    if (this.#lines.filter(isConnected).length === 1) this.#controls.expect(this.#now());
  }

  disconnected(line: Line): void {
    for (const collector of line.collectors) this.#intake.lose(collector, 'disconnected', this.#now());
    this.#release();
  }

  oddity(what: string): void {
    this.#odd.count(what);
  }

  get isBehind(): boolean {
    return this.outlet.isFull || this.#intake.isFull;
  }

  async settled(): Promise<void> {
    this.#release();
    await this.outlet.room();
  }

  #begin(): void {
    const wall = eventTimeOf(this.#options.clock.wallMs());
    if (wall !== undefined) this.#intake.begin(wall, this.#now());
    for (const line of this.#lines) {
      for (const collector of line.collectors) this.#intake.activity.expect(collector, this.#now());
    }
  }

  async #beatUntil(signal: AbortSignal): Promise<void> {
    let wasHeldUp = false;
    while (!signal.aborted) {
      const due = this.#now() + BEAT_MS;
      await this.#options.clock.sleep(BEAT_MS, signal);
      if (signal.aborted) return;
      // If we were slow, the feed was not silent: read the waiting messages first.
      if (this.#now() > due + LEAP_MS) this.#intake.forgetPace();
      const isHeldUp = this.outlet.isFull || this.#now() > due + HELD_UP_MS;
      if (isHeldUp || wasHeldUp) {
        wasHeldUp = isHeldUp;
        this.#excuse();
        continue;
      }
      for (const line of this.#lines) if (isConnected(line)) this.#listenTo(line);
      if (this.#timeline === 'live') this.#difference.note(this.#figures.lagMs);
      if (this.#lines.some(isConnected) && this.#controls.isBeaconSilent(this.#now())) this.#missBeacon();
      this.#release();
    }
  }

  #excuse(): void {
    const now = this.#now();
    for (const line of this.#lines) line.freshMs = now;
    this.#intake.activity.excuse(now);
  }

  /** Finds collectors that send nothing, or only old messages, over an open connection. */
  #listenTo(line: Line): void {
    const now = this.#now();
    const { activity } = this.#intake;
    const isLost = now - line.freshMs >= SILENT_FEED_MS;
    for (const collector of line.collectors) {
      if (isLost || activity.silentMs(collector, now) >= SILENT_COLLECTOR_MS) {
        this.#intake.lose(collector, activity.reasonOf(collector), now);
      }
    }
    const isStale = line.staleMs > line.freshMs;
    if (isLost) line.cut(`no message${isStale ? ' but old ones' : ''} for ${SILENT_FEED_MS / 1000} s`);
  }

  #missBeacon(): void {
    const now = this.#now();
    this.#report({ type: 'beacon-silent', silentMs: this.#controls.silentMs(now) });
    for (const line of this.#lines) {
      for (const collector of line.collectors) this.#intake.lose(collector, 'silent-collector', now);
      line.cut('the beacon was not received');
    }
    this.#controls.expect(now);
  }

  #release(): void {
    this.#intake.release(this.#now(), this.#lines.some(isConnected));
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }

  #lineOf(collector: Collector | undefined, controls: readonly Prefix[], reading: ReadingContext): Line {
    const options = this.#options;
    const collectors = collector === undefined ? undefined : [collector];
    const known = this.#timeline === 'live' && options.url === undefined ? RIS_COLLECTORS : undefined;
    return new Line({
      name: collector ?? 'all collectors',
      connection: { url: urlWithClient(options.url ?? RIS_LIVE_URL, options.client), clock: options.clock },
      subscriptions: subscriptionsOf({ blocks: options.blocks, controls, collectors }),
      collectors: collectors ?? known,
      reading,
      listener: this,
      report: this.#report,
      random: options.random,
      clock: options.clock,
      endsWithServer: this.#timeline === 'history',
    });
  }
}

function isConnected(line: Line): boolean {
  return line.state === 'subscribing' || line.state === 'subscribed';
}
