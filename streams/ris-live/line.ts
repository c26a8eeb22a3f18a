import type { Collector } from '../../src/bgp/peer.ts';
import { backOffMs } from '../../src/lib/back-off.ts';
import { LinkedAbort } from '../../src/lib/linked-abort.ts';
import type { Clock } from '../../src/ports.ts';
import { decode, type FeedMessage, type ReadingContext, type UnreadableFrame } from './decode.ts';
import type { LineState } from './figures.ts';
import { connect, type Closing, type Connection, type ConnectOptions } from '../http/frames.ts';
import type { JsonObject } from './fields.ts';
import type { Report } from './report.ts';
import { Acknowledgements, subscribeText, type Subscription } from './subscriptions.ts';

/** The receiver of a line's messages. */
export interface Listener {
  /** `false`: the message is too old to prove anything about the present. */
  message(message: FeedMessage): boolean;
  unreadable(unreadable: UnreadableFrame, sample: string): void;
  /** The server has these collectors. */
  collectors(collectors: readonly Collector[]): void;
  connected(line: Line): void;
  disconnected(line: Line): void;
  oddity(what: string): void;
  /** Whether so many elements were sent that `settled` must be awaited before the next ones. */
  readonly isBehind: boolean;
  /** A batch has ended, or enough elements were sent. Resolves when the reader has caught up. */
  settled(): Promise<void>;
}

/** The options of one socket of the feed. */
export interface LineOptions {
  readonly name: string;
  readonly connection: ConnectOptions;
  readonly subscriptions: readonly Subscription[];
  /** The collectors whose silence counts for this line. `undefined`: those that have sent data. */
  readonly collectors: readonly Collector[] | undefined;
  readonly reading: ReadingContext;
  readonly listener: Listener;
  readonly report: Report;
  /** From 0 to 1, 1 excluded: the jitter between attempts. */
  readonly random: () => number;
  readonly clock: Clock;
  /** Whether the server's close ends the source, as at the end of a recording. */
  readonly endsWithServer: boolean;
  /** Milliseconds between subscriptions. @default 200 */
  readonly paceMs?: number;
  /** Deadline for the last acknowledgement, milliseconds; then the connection is closed. @default 10_000 */
  readonly acknowledgeMs?: number;
}

/** A connection that lasted this long counts as a success, so back-off starts again. Milliseconds. */
const HEALTHY_MS = 60_000;

/** Waits between attempts to connect. */
const WAITS = { leastMs: 1_000, firstMs: 2_000, mostMs: 60_000 };

/** Errors of one connection that are reported; others are only counted. */
const MAX_REPORTED_ERRORS = 10;

/** After waiting this long for the reader, milliseconds, a line counts as held up. */
const HELD_UP_MS = 1000;

/** One socket that is reopened whenever it closes. */
export class Line {
  readonly #options: LineOptions;
  /** Collectors that send over this line. */
  readonly collectors: Set<Collector>;
  state: LineState = 'waiting';
  #connection: Connection | undefined;
  /** Errors that the server sent over this connection. */
  #errors = 0;
  #acknowledgements = new Acknowledgements();
  #isAllSent = false;
  /** Whether this line waits for a slow reader, or did so since the last call. */
  #isHeldUp = false;
  #wasHeldUp = false;
  /** Arrival of the last fresh message. Monotonic milliseconds. */
  freshMs = 0;
  /** Arrival of the last stale message: later than `heardMs` while only stale ones come. Monotonic milliseconds. */
  staleMs = -Infinity;

  constructor(options: LineOptions) {
    this.#options = options;
    this.collectors = new Set(options.collectors);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Closes this connection, because its data is wrong or missing, and opens a new one. */
  cut(reason: string): void {
    this.#connection?.cut(reason);
  }

  /** Ends when `signal` aborts, or with the recording. */
  async run(signal: AbortSignal): Promise<void> {
    const { name, report, clock, random, endsWithServer } = this.#options;
    let failures = 0;
    for (let attempt = 1; !signal.aborted; attempt++) {
      this.state = 'connecting';
      report({ type: 'connecting', line: name, attempt });
      const begunMs = clock.monotonicMs();
      const closing = await this.#once(signal);
      if (signal.aborted) return;
      if (clock.monotonicMs() - begunMs >= HEALTHY_MS) {
        failures = 0;
        attempt = 0;
      }
      this.state = 'waiting';
      const isEnd = endsWithServer && closing.by === 'server';
      const retryMs = isEnd ? undefined : Math.max(backOffMs(++failures, WAITS, random), closing.retryAfterMs ?? 0);
      report({ type: 'disconnected', line: name, closing, retryMs });
      if (retryMs === undefined) return;
      this.#options.listener.disconnected(this);
      await clock.sleep(retryMs, signal);
    }
  }

  async #once(signal: AbortSignal): Promise<Closing> {
    const { connection: options, name, report, listener } = this.#options;
    const connection = await connect(options, signal);
    if ('by' in connection) return connection;
    this.#connection = connection;
    this.#errors = 0;
    this.state = 'subscribing';
    this.freshMs = this.#options.clock.monotonicMs();
    this.staleMs = -Infinity;
    report({ type: 'connected', line: name });
    listener.connected(this);
    const done = new LinkedAbort(signal);
    const subscribing = this.#subscribe(connection, done.signal);
    for await (const frames of connection.frames()) {
      for (const frame of frames) {
        this.#take(frame);
        if (listener.isBehind) await this.#settle();
      }
      await this.#settle();
    }
    done.abort();
    await subscribing;
    this.#connection = undefined;
    return signal.aborted ? STOPPED : connection.closing;
  }

  async #settle(): Promise<void> {
    const { listener, clock } = this.#options;
    const fromMs = clock.monotonicMs();
    this.#isHeldUp = true;
    await listener.settled();
    this.#isHeldUp = false;
    if (clock.monotonicMs() - fromMs >= HELD_UP_MS) this.#wasHeldUp = true;
  }

  async #subscribe(connection: Connection, signal: AbortSignal): Promise<void> {
    const { subscriptions, clock, paceMs = 200, acknowledgeMs = 10_000, name, report, collectors } = this.#options;
    this.#acknowledgements = new Acknowledgements();
    this.#isAllSent = false;
    if (collectors === undefined) connection.send(JSON.stringify({ type: 'request_rrc_list', data: null }));
    for (const subscription of subscriptions) {
      if (signal.aborted) return;
      this.#acknowledgements.expect(subscription);
      connection.send(subscribeText(subscription));
      await clock.sleep(paceMs, signal);
    }
    this.#isAllSent = true;
    this.#checkSubscribed();
    do {
      this.#wasHeldUp = this.#isHeldUp;
      await clock.sleep(acknowledgeMs, signal);
      // Acknowledgements are in the same queue as messages, so they are late when we are.
    } while (this.#wasHeldUp && !signal.aborted);
    const { missing } = this.#acknowledgements;
    if (signal.aborted || missing.length === 0) return;
    report({ type: 'not-subscribed', line: name, missing });
    connection.cut(`${missing.length} subscriptions not acknowledged within ${acknowledgeMs / 1000} s`);
  }

  #take(frame: Uint8Array): void {
    const { reading, listener, report, name, clock } = this.#options;
    const decoded = decode(frame, reading);
    switch (decoded.kind) {
      case 'message':
        this.collectors.add(decoded.peer.collector);
        if (listener.message(decoded)) this.freshMs = clock.monotonicMs();
        else this.staleMs = clock.monotonicMs();
        return;
      case 'unreadable':
        return listener.unreadable(decoded, sampleOf(frame));
      case 'subscribed':
        return this.#acknowledge(decoded.subscription);
      case 'collectors':
        for (const collector of decoded.collectors) this.collectors.add(collector);
        return listener.collectors(decoded.collectors);
      case 'error':
        // "Closing connection after being behind …" is followed by the close, which causes the gap.
        listener.oddity('server-error');
        if (this.#errors++ < MAX_REPORTED_ERRORS) report({ type: 'server-error', line: name, text: decoded.text });
        return;
      case 'pong':
        return;
      case 'unknown-envelope':
        return listener.oddity('unknown-envelope');
    }
  }

  #acknowledge(subscription: JsonObject): void {
    this.#acknowledgements.acknowledge(subscription);
    this.#checkSubscribed();
  }

  #checkSubscribed(): void {
    const { report, name, subscriptions } = this.#options;
    if (this.state !== 'subscribing' || !this.#isAllSent || this.#acknowledgements.missing.length > 0) return;
    this.state = 'subscribed';
    report({ type: 'subscribed', line: name, subscriptions: subscriptions.length });
  }
}

const STOPPED: Closing = { code: 1000, reason: 'stopped', by: 'us' };

function sampleOf(frame: Uint8Array): string {
  return new TextDecoder().decode(frame.subarray(0, 200));
}
