import { Writable } from 'node:stream';
import { watch, type WatchOptions } from '../../src/cli/watch/watch.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { announce, keepalive, state, withdraw, type MessageFields } from '../streams/ris-live/peer-server.ts';
import { HandClock, settled, until } from './clock.ts';
import { clock as day, UNITS } from './day.ts';
import { LiveFeed } from './feed.ts';
import { RipestatServer } from './ripestat-server.ts';
import { ANCHORS, LiveWorld, pathOf, type LivePeer } from './world.ts';

/** An event, and when the watch stored it: milliseconds of monotonic time. */
export interface Reported {
  readonly event: UnroutableEvent;
  readonly atMs: number;
}

/** The network's effect on a frame: `[]` loses it, two entries double it, `delayMs` delays it. */
export type Way = (
  frame: object,
  fields: MessageFields,
) => readonly { readonly frame: object; readonly delayMs: number }[];

/** RIS holds a session for three KEEPALIVEs of a minute; most peers send them every half minute. */
const KEEPALIVE_MS = 30_000;
const STEP_MS = 5000;
/** Duration of a seed, including healing. */
const SEEDED_MS = 150_000;
const BEACON = '84.205.66.0/24';
const BEACON_MS = 600_000;

/**
 * A simulated world with a RIS Live and a RIPEstat on loopback, and the real `unroutable watch` with its sources,
 * engine and store. All use one manual clock, so hours pass at once without sleeps.
 */
export class Sim {
  readonly clock: HandClock;
  readonly world: LiveWorld;
  readonly feed: LiveFeed;
  readonly ripestat: RipestatServer;
  readonly reported: Reported[] = [];
  /** What it logged: JSON lines. */
  log = '';
  /** The feed sends nothing, also to subscribers; pings are answered. */
  isSilent = false;
  way: Way = (frame) => [{ frame, delayMs: 0 }];
  readonly #ripestatUrl: string;
  readonly #underWay: { readonly dueMs: number; readonly frame: object }[] = [];
  #requests = 0;
  #count = 0;
  #countedAt = 0;
  #watcher: { readonly stop: AbortController; readonly done: Promise<number> } | undefined;

  private constructor(clock: HandClock, world: LiveWorld, feed: LiveFeed, ripestat: [RipestatServer, string]) {
    this.clock = clock;
    this.world = world;
    this.feed = feed;
    [this.ripestat, this.#ripestatUrl] = ripestat;
  }

  /** Everything but the watcher. @param startMs after noon */
  static async open({ peers = 60, startMs = 0 }: { peers?: number; startMs?: number } = {}): Promise<Sim> {
    const clock = new HandClock(day('12:00') + startMs, 3);
    const world = new LiveWorld(peers, () => day('12:00') + startMs + clock.monotonicMs());
    const ripestat = new RipestatServer(world);
    const url = await ripestat.listen();
    return new Sim(clock, world, await LiveFeed.listen(), [ripestat, url]);
  }

  /** The true time of the collectors, milliseconds since 1970. */
  get now(): number {
    return this.world.nowMs;
  }

  get peers(): readonly LivePeer[] {
    return this.world.peers;
  }

  get events(): readonly UnroutableEvent[] {
    return this.reported.map(({ event }) => event);
  }

  /** Types of events about the country and the observer, in order. */
  types(...heads: readonly string[]): string[] {
    return this.events.map(({ type }) => type).filter((type) => heads.some((head) => type.startsWith(head)));
  }

  /** The first event of this type since then. */
  first(type: UnroutableEvent['type'], sinceMs: number): Reported | undefined {
    return this.reported.find(({ event }) => event.type === type && Date.parse(event.time) >= sinceMs);
  }

  /** Starts or restarts `watch`. */
  watch(options: Partial<WatchOptions> = {}): void {
    const stop = new AbortController();
    const stdout = lines((line) =>
      this.reported.push({ event: JSON.parse(line) as UnroutableEvent, atMs: this.clock.monotonicMs() }),
    );
    const stderr = lines((line) => (this.log += `${line}\n`));
    const io = { stdout, stderr, env: {}, signal: stop.signal };
    const done = watch(
      { settings: {}, url: this.feed.url, ripestat: this.#ripestatUrl, format: 'ndjson', ...options },
      io,
      this.clock,
    );
    this.#watcher = { stop, done };
  }

  /** Runs until the seed is complete and peers vote. RIPEstat's data is minutes old, so peers vote after healing. */
  async seeded(options: Partial<WatchOptions> = {}): Promise<void> {
    const [connections, log] = [this.feed.connections, this.log.length];
    const hasLogged = (text: string): boolean => this.log.includes(text, log);
    this.watch(options);
    await until(() => this.feed.connections > connections, 'the connection');
    await this.pass(SEEDED_MS);
    // The clock waits for sockets only for a limited time; a busy machine may be slower.
    for (let more = 0; hasLogged('seeded from RIPEstat') && !hasLogged('healed from RIPEstat'); more++) {
      if (more > 20) throw new Error(`the seed is not healed:\n${this.log}`);
      await this.pass(STEP_MS);
    }
  }

  async stop(): Promise<number | undefined> {
    this.#watcher?.stop.abort();
    const status = await this.#watcher?.done;
    this.#watcher = undefined;
    return status;
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all([this.feed.close(), this.ripestat.close()]);
  }

  /** Advances time with signs of life: each peer every half minute, the beacon every ten minutes. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonicMs() + ms;
    for (let nowMs = this.clock.monotonicMs(); nowMs < end; nowMs = this.clock.monotonicMs()) {
      const stepMs = Math.min(STEP_MS - (nowMs % STEP_MS), end - nowMs);
      if (nowMs % STEP_MS === 0) await this.#chat(nowMs);
      await this.#deliver();
      await this.clock.turn(stepMs);
      await this.#answered();
    }
    await this.#deliver();
    await settled(20);
  }

  async announce(peers: readonly LivePeer[], prefixes: readonly string[] = UNITS): Promise<void> {
    for (const peer of peers) this.world.set(peer, prefixes, pathOf(peer));
    await this.sendFrom(peers, (fields, peer) => announce(fields, prefixes, pathOf(peer)));
  }

  async withdraw(peers: readonly LivePeer[], prefixes: readonly string[] = UNITS): Promise<void> {
    for (const peer of peers) this.world.set(peer, prefixes, undefined);
    await this.sendFrom(peers, (fields) => withdraw(fields, prefixes));
  }

  /** Sessions with the collector end: without withdrawals, and their tables are gone. */
  async down(peers: readonly LivePeer[]): Promise<void> {
    for (const peer of peers) {
      peer.isUp = false;
      peer.routes.clear();
    }
    await this.sendFrom(peers, (fields) => state(fields, 'down'));
  }

  /** Sessions start again, each with its whole table. */
  async up(peers: readonly LivePeer[]): Promise<void> {
    for (const peer of peers) {
      peer.isUp = true;
      this.world.fill(peer);
    }
    await this.sendFrom(peers, (fields) => state(fields, 'connected'));
    await this.pass(100);
    await this.sendFrom(peers, (fields) => state(fields, 'up'));
    await this.pass(100);
    await this.sendFrom(peers, (fields, peer) => announce(fields, UNITS, pathOf(peer)));
    await this.sendFrom(peers, (fields, { asn }) => announce(fields, ANCHORS, [asn, 3333, 12_654]));
  }

  /** Sends a message of each of these peers, with the present time. */
  async sendFrom(peers: readonly LivePeer[], what: (fields: MessageFields, peer: LivePeer) => object): Promise<void> {
    for (const peer of peers) {
      if (peer.isMute) continue;
      const fields: MessageFields = { at: this.now, host: peer.host, peer: peer.ip, asn: peer.asn, id: this.#id(peer) };
      for (const { frame, delayMs } of this.way(what(fields, peer), fields)) this.send(frame, delayMs);
    }
    await this.#deliver();
  }

  /** Sends a frame through the simulated network. */
  send(frame: object, delayMs = 0): void {
    this.#underWay.push({ dueMs: this.clock.monotonicMs() + delayMs, frame });
  }

  /** Ids like those of RIS Live: the millisecond, and a counter within it. */
  #id({ ip }: LivePeer): string {
    this.#count = this.now === this.#countedAt ? this.#count + 1 : 0;
    this.#countedAt = this.now;
    return `${ip}-${this.now.toString(16).padStart(12, '0')}${this.#count.toString(16).padStart(4, '0')}`;
  }

  async #chat(nowMs: number): Promise<void> {
    const alive = this.peers.filter(({ isUp }) => isUp);
    // Each at a time of its own.
    await this.sendFrom(
      alive.filter((_, i) => (nowMs + i * 1700) % KEEPALIVE_MS < STEP_MS),
      keepalive,
    );
    if (nowMs % BEACON_MS !== 0) return;
    const isOn = (nowMs / BEACON_MS) % 2 === 0;
    await this.sendFrom(alive.slice(0, 6), (fields, { asn }) =>
      isOn ? announce(fields, [BEACON], [asn, 3333, 12_654]) : withdraw(fields, [BEACON]),
    );
  }

  async #deliver(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    const due = this.#underWay.filter(({ dueMs }) => dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
    if (due.length === 0) return;
    const left = this.#underWay.filter(({ dueMs }) => dueMs > nowMs);
    this.#underWay.splice(0, Infinity, ...left);
    if (!this.isSilent) await this.feed.send(due.map(({ frame }) => frame));
  }

  /** The clock waits for answers of RIPEstat. */
  async #answered(): Promise<void> {
    while (this.ripestat.requests.length > this.#requests) {
      this.#requests = this.ripestat.requests.length;
      await settled(60);
    }
  }
}

/** A stream of text lines. */
function lines(onLine: (line: string) => void): Writable {
  let rest = '';
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const whole = (rest + chunk.toString()).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) onLine(line);
      done();
    },
  });
}
