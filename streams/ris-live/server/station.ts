import { setImmediate as breathe } from 'node:timers/promises';
import { aborted } from '../../../src/lib/abort.ts';
import { Notifier } from '../../../src/lib/notifier.ts';
import { inTime } from '../../../src/lib/within.ts';
import type { Clock } from '../../../src/ports.ts';
import { Client, Said } from './client.ts';
import { applyFault, createFaults, type Faults, type ScriptedFault } from './faults.ts';
import type { RisFeed } from './feed.ts';
import { FrameFaults } from './frame-faults.ts';
import type { GarbageSubject } from './garbage.ts';
import type { RisMessage } from './message.ts';
import type { Outlet } from './outlet.ts';
import { SendPace, type Speed } from './pace.ts';

/** The options for sending recorded messages. */
export interface StationOptions {
  readonly feed: RisFeed;
  readonly clock: Clock;
  /** How many times faster than real time event time runs, or as fast as the clients read. @default 1 */
  readonly speed?: Speed;
  /** The feed begins when this many clients have subscribed. @default 1 */
  readonly waitFor?: number;
  /**
   * The feed also waits until no client has subscribed for this long, because clients subscribe slowly. Milliseconds.
   * @default 1000
   */
  readonly settleMs?: number;
  /** What happens to the connections when the feed ends: they are closed, or stay open in silence. @default 'close' */
  readonly atEnd?: 'close' | 'idle';
  /** Bytes by which a client may lag, for `behindMs`. RIPE allows 262,144,000. @default 64 MiB */
  readonly behindBytes?: number;
  /** Milliseconds. @default 30 s, like RIPE */
  readonly behindMs?: number;
  /** Faults, in order of time. */
  readonly script?: readonly ScriptedFault[];
  /** Called once when the feed begins. */
  readonly started?: () => void;
}

/** The counts after the end of the feed. */
export interface StationReport {
  /** Messages of the feed. */
  readonly messages: number;
  /** Messages sent, to all clients together. */
  readonly sent: number;
  readonly clients: number;
}

/**
 * At full speed, most bytes under way to the slowest client before the feed waits for it. So only a client that reads
 * nothing at all loses messages.
 */
const UNDER_WAY_BYTES = 2 ** 20;

/** Delivers the messages of a feed to the clients that subscribed to them. Independent of sockets. */
export class Station {
  /** The clients that are served. */
  readonly clients = new Set<Client>();
  /** All open connections, including those of dismissed clients. */
  readonly outlets = new Set<Outlet>();
  readonly faults: Faults;
  readonly #options: StationOptions;
  readonly #frames = new FrameFaults();
  readonly #limit: { readonly bytes: number; readonly ms: number };
  readonly #script: ScriptedFault[];
  readonly #changed = new Notifier();
  #about: GarbageSubject | undefined;
  #stallMs = 0;
  #subscriptions = 0;
  #clientsSeen = 0;
  #messages = 0;
  #sent = 0;

  constructor(options: StationOptions) {
    this.#options = options;
    this.#limit = { bytes: options.behindBytes ?? 64 * 2 ** 20, ms: options.behindMs ?? 30_000 };
    this.#script = [...(options.script ?? [])];
    this.faults = createFaults({
      frames: this.#frames,
      clients: () => this.clients,
      clock: options.clock,
      about: () => this.#about,
      stall: (ms) => void (this.#stallMs += ms),
      limit: this.#limit,
    });
  }

  /** Adds a client. It is removed when its connection ends. */
  add(outlet: Outlet): Client {
    const client = new Client(outlet, {
      hosts: this.#options.feed.hosts,
      faults: this.#frames,
      subscribed: () => {
        this.#subscriptions++;
        this.#changed.notify();
      },
    });
    this.clients.add(client);
    this.outlets.add(outlet);
    this.#clientsSeen++;
    outlet.onGone(() => {
      this.outlets.delete(outlet);
      this.#forget(client);
      this.#changed.notify();
    });
    return client;
  }

  /**
   * Handles a frame of a client. Unread answers count as lag, like messages. Commands are allowed before the feed
   * begins.
   */
  receive(client: Client, text: string): void {
    if (!this.clients.has(client)) return;
    client.receive(text);
    if (client.isTooSlow(this.#options.clock.monotonicMs(), this.#limit)) this.#dismiss(client, this.#limit);
  }

  /** Resolves when no connection is left. */
  async emptied(): Promise<void> {
    while (this.outlets.size > 0) await this.#changed.next();
  }

  /** Plays the feed to its end, or until `signal` aborts. */
  async run(signal: AbortSignal): Promise<StationReport> {
    signal.addEventListener('abort', () => this.#changed.notify(), { once: true });
    await this.#listeners(this.#options.waitFor ?? 1, signal);
    if (!signal.aborted) this.#options.started?.();
    const pace = new SendPace(this.#options.speed ?? 1, this.#options.clock);
    for await (const batch of this.#options.feed.batches(signal)) {
      for (let from = 0; from < batch.length && !signal.aborted;) {
        await this.#ready(signal);
        const to = await pace.due(batch, from, signal);
        from = this.#deliver(batch, from, to);
        await breathe();
        await this.#stall(signal);
        this.#dismissSlow();
      }
      if (signal.aborted) break;
    }
    await this.#end(signal);
    const sent = [...this.clients].reduce((sum, client) => sum + client.sent, this.#sent);
    return { messages: this.#messages, sent, clients: this.#clientsSeen };
  }

  /** Waits until enough clients have finished subscribing. */
  async #listeners(wanted: number, signal: AbortSignal): Promise<void> {
    const { settleMs = 1000, clock } = this.#options;
    for (;;) {
      while (this.#subscribed < wanted && !signal.aborted) await this.#changed.next();
      const before = this.#subscriptions;
      await clock.sleep(settleMs, signal);
      if (signal.aborted || (this.#subscriptions === before && this.#subscribed >= wanted)) return;
    }
  }

  get #subscribed(): number {
    let count = 0;
    for (const client of this.clients) if (client.isSubscribed) count++;
    return count;
  }

  /** At full speed, the next message is read when the clients have read the last one; without clients, none is read. */
  async #ready(signal: AbortSignal): Promise<void> {
    if (this.#options.speed !== 'max') return;
    if (this.#subscribed === 0) await this.#listeners(1, signal);
    for (const client of this.clients) await this.#drained(client, signal);
  }

  /** Stops waiting for a client that reads nothing for as long as the slow-consumer rule allows. */
  async #drained(client: Client, signal: AbortSignal): Promise<void> {
    const { outlet } = client;
    const bytes = Math.min(UNDER_WAY_BYTES, this.#limit.bytes);
    while (outlet.bufferedBytes > bytes && !signal.aborted) {
      const before = outlet.bufferedBytes;
      await inTime(
        outlet.drainedTo(bytes),
        { clock: this.#options.clock, ms: this.#limit.ms, signal },
        () => undefined,
      );
      if (signal.aborted || outlet.bufferedBytes < before) continue;
      return this.#dismiss(client, { ...this.#limit, bytes });
    }
  }

  /** Sends messages `from` up to `to`, or up to one that a stall holds back. Returns where to continue. */
  #deliver(batch: readonly RisMessage[], from: number, to: number): number {
    const clients = [...this.clients].filter((client) => client.isSubscribed);
    let next = from;
    const say = (): void => {
      for (; next < to; next++) {
        const message = batch[next];
        if (message === undefined || this.#strike(message)) return;
        const said = new Said(message);
        for (const client of clients) client.offer(said);
        this.#messages++;
      }
    };
    // Each connection gets its frames in one piece.
    clients.reduceRight(
      (inner, { outlet }) =>
        () =>
          outlet.together(inner),
      say,
    )();
    return next;
  }

  /** Makes the scripted faults that are due before this message. True: the message must wait. */
  #strike(message: RisMessage): boolean {
    const { at, host, peer, peerAsn } = message;
    this.#about = { at, host, peer, peerAsn };
    for (let next = this.#script[0]; next !== undefined && next.at <= at; next = this.#script[0]) {
      this.#script.shift();
      applyFault(this.faults, next);
    }
    return this.#stallMs > 0;
  }

  async #stall(signal: AbortSignal): Promise<void> {
    while (this.#stallMs > 0 && !signal.aborted) {
      const ms = this.#stallMs;
      this.#stallMs = 0;
      await this.#options.clock.sleep(ms, signal);
    }
  }

  #dismissSlow(): void {
    const now = this.#options.clock.monotonicMs();
    for (const client of this.clients) if (client.isTooSlow(now, this.#limit)) this.#dismiss(client, this.#limit);
  }

  /** The final message may never arrive. Nothing more is sent in any case. */
  #dismiss(client: Client, limit: { readonly bytes: number; readonly ms: number }): void {
    client.dismiss(limit);
    this.#forget(client);
    this.#changed.notify();
  }

  #forget(client: Client): void {
    if (this.clients.delete(client)) this.#sent += client.sent;
  }

  async #end(signal: AbortSignal): Promise<void> {
    const stopped = aborted(signal);
    for (const client of this.clients) {
      await this.#drained(client, signal);
      await Promise.race([client.outlet.passedOn(), stopped]);
    }
    if (this.#options.atEnd === 'idle') await stopped;
    const [code, reason] = signal.aborted ? ([1001, 'going away'] as const) : ([1000, 'the files have ended'] as const);
    for (const { outlet } of this.clients) outlet.close(code, reason);
  }
}
