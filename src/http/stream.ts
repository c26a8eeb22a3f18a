import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { UnknownEvent, type Clock, type StateStore } from '../ports.ts';
import type { UnroutableEvent } from '../detect/events/event.ts';

/** Most bytes that wait for a slow reader; beyond that its connection is closed. */
const MOST_WAITING = 1024 * 1024;
/** The connection of a reader that takes nothing for this long is closed. Milliseconds. */
const STUCK_MS = 30_000;
/** Milliseconds between keep-alive comments: both ends notice a dead connection, and proxies keep it open. */
const BEAT_MS = 10_000;
/** Milliseconds between two comparisons of the store's verdicts, while there are readers. */
const LOOK_MS = 500;
/** Most concurrent readers. */
const MOST_READERS = 1_000;

/** Readers per turn of the event loop: more would delay a watch's feed by milliseconds at each event. */
const AT_ONCE = 20;

/** The headers of the stream. `no-transform`: a proxy must not compress it, as it would hold events back. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

interface StreamReader {
  readonly response: ServerResponse;
  /** Events that came while the reader is being brought up to date. */
  waiting: UnroutableEvent[] | undefined;
  readonly sent: Set<string>;
  stuckSince: number | undefined;
}

/** Sends events as they are stored, and verdicts as they change, to all readers (server-sent events). */
export class EventStream {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #verdicts: () => Promise<string>;
  readonly #readers = new Set<StreamReader>();
  #isFollowing = false;
  #isLooking = false;
  #last = '';

  constructor(options: { store: StateStore; clock: Clock; signal: AbortSignal; verdicts: () => Promise<string> }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#verdicts = options.verdicts;
    // Readers that catch up with the past all wait on it; Node.js would warn of a leak from eleven on.
    setMaxListeners(0, options.signal);
    options.signal.addEventListener('abort', () => {
      for (const { response } of this.#readers) response.end();
    });
  }

  get readers(): number {
    return this.#readers.size;
  }

  get isFull(): boolean {
    return this.#readers.size >= MOST_READERS;
  }

  /** @param after id of the event that it had last: what came since is sent first. */
  async add(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    after: string | undefined,
  ): Promise<void> {
    response.writeHead(200, { ...headers, ...STREAM_HEADERS });
    response.flushHeaders();
    const reader: StreamReader = { response, waiting: [], sent: new Set(), stuckSince: undefined };
    this.#readers.add(reader);
    response.on('close', () => this.#remove(reader));
    response.on('error', () => this.#cut(reader));
    this.#follow();
    this.#send(reader, 'retry: 1000\n\n');
    if (this.#last === '') void this.#look();
    else this.#send(reader, verdictText(this.#last));
    if (after !== undefined) await this.#bringUp(reader, after);
    for (const event of reader.waiting ?? []) if (!reader.sent.has(event.id)) this.#send(reader, eventText(event));
    reader.waiting = undefined;
    reader.sent.clear();
  }

  async #bringUp(reader: StreamReader, after: string): Promise<void> {
    try {
      for await (const event of this.#store.events(after)) {
        if (!this.#readers.has(reader)) return;
        reader.sent.add(event.id);
        this.#send(reader, eventText(event));
        while (reader.response.writableNeedDrain && this.#readers.has(reader))
          await this.#clock.sleep(20, this.#signal);
      }
    } catch (error) {
      const reason = error instanceof UnknownEvent ? error.message : 'the store does not answer';
      this.#send(reader, `event: missed\ndata: ${JSON.stringify({ error: reason })}\n\n`);
    }
  }

  /** Runs from the first reader on, until the server ends. */
  #follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    void this.#followEvents();
    void this.#followVerdicts();
    void this.#beat();
  }

  async #followEvents(): Promise<void> {
    let last: string | undefined | null = null;
    while (!this.#signal.aborted) {
      try {
        if (last === null) last = await this.#store.newest();
        for await (const event of this.#store.follow(last, this.#signal)) {
          last = event.id;
          await this.#sendEvent(event);
          void this.#look();
        }
      } catch (error) {
        if (error instanceof UnknownEvent) last = null;
        await this.#clock.sleep(1_000, this.#signal);
      }
    }
  }

  async #sendEvent(event: UnroutableEvent): Promise<void> {
    for (const { waiting } of this.#readers) waiting?.push(event);
    await this.#sendAll(
      eventText(event),
      [...this.#readers].filter(({ waiting }) => waiting === undefined),
    );
  }

  /** Sends to these readers, a few in each turn of the event loop, so that a feed in the same process can continue. */
  async #sendAll(text: string, readers: readonly StreamReader[]): Promise<void> {
    const bytes = Buffer.from(text);
    for (let i = 0; i < readers.length; i += AT_ONCE) {
      if (i > 0) await setImmediate();
      for (const reader of readers.slice(i, i + AT_ONCE)) this.#send(reader, bytes);
    }
  }

  async #followVerdicts(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#look();
      await this.#clock.sleep(LOOK_MS, this.#signal);
    }
  }

  /** Sends the verdicts if they changed. Only one comparison runs at a time, because an event may start another. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#readers.size === 0) return;
    this.#isLooking = true;
    const now = await this.#verdicts().catch(() => '');
    this.#isLooking = false;
    if (now === this.#last || now === '' || this.#readers.size === 0) return;
    this.#last = now;
    await this.#sendAll(verdictText(now), [...this.#readers]);
  }

  async #beat(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#clock.sleep(BEAT_MS, this.#signal);
      const now = this.#clock.monotonicMs();
      for (const reader of this.#readers) {
        this.#send(reader, 'event: alive\ndata: {}\n\n');
        if (!reader.response.writableNeedDrain) reader.stuckSince = undefined;
        else if (now - (reader.stuckSince ??= now) >= STUCK_MS - 2 * BEAT_MS) this.#cut(reader);
      }
    }
  }

  #send(reader: StreamReader, text: string | Buffer): void {
    const { response } = reader;
    if (response.destroyed || !this.#readers.has(reader)) return;
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    if (response.writableLength + bytes.length > MOST_WAITING) this.#cut(reader);
    else response.write(bytes);
  }

  #cut(reader: StreamReader): void {
    this.#remove(reader);
    reader.response.destroy();
  }

  #remove(reader: StreamReader): void {
    this.#readers.delete(reader);
    // Without readers the verdicts are not compared, so the next reader must not get these.
    if (this.#readers.size === 0) this.#last = '';
  }
}

function eventText(event: UnroutableEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function verdictText(verdicts: string): string {
  return `event: verdict\ndata: ${verdicts}\n\n`;
}
