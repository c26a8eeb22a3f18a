import type { Element, GapReason } from '../../src/bgp/element.ts';
import type { Collector, Peer, PeerId } from '../../src/bgp/peer.ts';
import { later, type EventTime } from '../../src/bgp/time.ts';
import { Reorder } from '../reorder.ts';
import type { Message, Unreadable } from './decode.ts';
import { Hearings } from './hearings.ts';
import { orderOf, type MessageOrder } from './message-id.ts';
import { Pace } from './pace.ts';
import { RecentIds } from './recent-ids.ts';
import type { Oddities, Report } from './report.ts';
import { LiveSessions } from './sessions.ts';
import { StreamClock } from './stream-clock.ts';

/** What the intake needs. */
export interface IntakeOptions {
  readonly timeline: 'live' | 'history';
  /** Milliseconds that messages are held so that they leave in order. */
  readonly reorderMs: number;
  /** Silence after which time moves on without a message, in `history` and before the first message. Milliseconds. */
  readonly silenceMs: number;
  readonly put: (element: Element) => void;
  readonly report: Report;
  readonly odd: Oddities;
}

/** Messages held at most, and elements in them. Beyond this the oldest leave early. */
export const MAX_HELD = 100_000;

/** Elements in the messages that are held, at most. */
export const MAX_HELD_ELEMENTS = 500_000;
/** A message that comes twice does so at once; this is seconds of the whole of RIS. */
export const MAX_IDS = 50_000;
/** A tick of a session in so many milliseconds proves enough: a session is silent after 180 s. */
const PEER_TICK_MS = 5000;
const TICK_MS = 1000;
/** A message in time that comes so long after one dated ahead proves that not the whole feed is ahead. */
const PROOF_MS = 2000;
/** Without such a message, by then enough have come to tell. */
const DOUBT_MS = 15_000;

/** What is held until its time has passed: a message, or else a tick or a gap. */
interface Held {
  readonly at: EventTime;
  readonly collector: Collector;
  readonly what: Message | Element;
  /** Of a message. */
  readonly order?: MessageOrder;
}

/**
 * Messages in, elements out: once each, in order, with ticks between and gaps where something may be missing. Starts
 * nothing and has no clock: monotonic time is passed in.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #clock: StreamClock;
  readonly #pace = new Pace();
  readonly #held = new Reorder<Held>(compare, MAX_HELD);
  #heldElements = 0;
  readonly #ids = new RecentIds(MAX_IDS);
  readonly #sessions = new LiveSessions();
  readonly #peerTicks = new Map<PeerId, EventTime>();
  /** Peers with messages from the future, while it is not known whether the whole feed is ahead. */
  readonly #doubted = new Map<PeerId, { readonly peer: Peer; readonly at: EventTime; readonly sinceMs: number }>();
  #begunMs = Infinity;
  #messageMs = -Infinity;
  /** The latest time of what has left. */
  #left = -Infinity;
  readonly hearings = new Hearings();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#clock = new StreamClock(options);
  }

  /** How much of each it holds: messages, ticks and gaps, elements in messages, ids, peers that ticked. */
  get sizes(): { readonly held: number; readonly elements: number; readonly ids: number; readonly peers: number } {
    const { size: held } = this.#held;
    return { held, elements: this.#heldElements, ids: this.#ids.size, peers: this.#peerTicks.size };
  }

  /** More is held than should be: `release` before more is taken in. */
  get isFull(): boolean {
    return this.#held.size > MAX_HELD || this.#heldElements > MAX_HELD_ELEMENTS;
  }

  /** A first guess at the time of a live feed, from our wall clock. */
  begin(wall: EventTime, monotonicMs: number): void {
    this.#begunMs = Math.min(this.#begunMs, monotonicMs);
    this.#clock.guess(wall, monotonicMs);
  }

  /** `false` when it is too old to prove anything of now; what it says is taken in all the same. */
  message(message: Message, monotonicMs: number): boolean {
    const { at, peer, elements, id } = message;
    const { odd, timeline } = this.#options;
    const looksStale = timeline === 'live' && this.#pace.isStale(at, monotonicMs);
    const timeliness = this.#clock.judge(at, monotonicMs, looksStale);
    const isStale = looksStale && timeliness !== 'returned';
    if (timeliness === 'ahead' || timeliness === 'leapt') {
      odd.count('ahead', id);
      // Old news is no loss; news that we dare not believe is.
      if (timeliness === 'leapt') this.#loseAll(monotonicMs);
      else if (elements.length > 0) this.#doubt(peer, monotonicMs);
      return true;
    }
    if (timeliness === 'returned') {
      this.#pace.forget();
      this.#loseAll(monotonicMs);
    }
    if (isStale || timeliness === 'absurd') {
      this.hearings.murmur(peer.collector, monotonicMs);
      odd.count(timeliness === 'absurd' ? timeliness : 'stale', id);
    } else this.#hear(peer.collector, at, monotonicMs);
    const isTimely = timeliness !== 'absurd';
    if (isTimely) this.#takeIn(message, isStale);
    return !isStale && isTimely;
  }

  /** Measures again how fast the feed can be. */
  forgetPace(): void {
    this.#pace.forget();
  }

  #hear(collector: Collector, at: EventTime, monotonicMs: number): void {
    this.#messageMs = monotonicMs;
    this.#noteDoubted(monotonicMs, PROOF_MS);
    this.#pace.note(at, monotonicMs);
    if (this.hearings.hear(collector, at, monotonicMs)) {
      this.#options.report({ type: 'heard-again', collector, at });
    }
  }

  #takeIn(message: Message, isStale: boolean): void {
    const { at, peer, elements, id } = message;
    const { odd } = this.#options;
    if (at < this.#left) odd.count('late', id);
    if (elements.length === 0 && !this.#sessions.matters(message)) {
      // Nobody is alive now because of what was said minutes ago.
      if (!isStale) this.#tick(message);
      return;
    }
    if (elements.length > 0) this.#sessions.matters(message);
    if (id !== undefined && this.#ids.isRepeated(peer.collector, id)) return odd.count('duplicate', id);
    this.#heldElements += elements.length;
    this.#held.put({ at, collector: peer.collector, what: message, order: orderOf(id ?? '') });
  }

  /** The peer sent a message that may have been about routes; it is not known which. */
  unreadable({ reason, peer }: Unreadable, sample: string, monotonicMs: number): void {
    this.#options.odd.count(reason, sample);
    if (peer !== undefined) this.#losePeer(peer, monotonicMs);
  }

  /** From here on, messages of this collector may be missing. Reported once, until its next message. */
  lose(collector: Collector, reason: GapReason, monotonicMs: number): void {
    const at = this.#now(monotonicMs);
    if (at === undefined || !this.hearings.lose(collector, monotonicMs)) return;
    this.#held.put({ at, collector, what: { type: 'gap', at, collector, reason } });
    this.#options.report({ type: 'gap', collector, reason, at, heardAt: this.hearings.heardAt(collector) ?? at });
  }

  /** Lets go what is due. `isConnected`: more may come that belongs before. */
  release(monotonicMs: number, isConnected: boolean): void {
    this.#noteDoubted(monotonicMs, DOUBT_MS);
    const until = this.#until(monotonicMs, isConnected);
    if (until === undefined) return;
    for (;;) {
      const held = this.#held.take(this.#heldElements > MAX_HELD_ELEMENTS ? Infinity : until);
      if (held === undefined) break;
      this.#leave(held);
    }
    const collector = this.hearings.any;
    if (collector !== undefined && until >= this.#left + TICK_MS) this.#emit({ type: 'tick', at: until, collector });
  }

  /** Lets go everything. */
  flush(): void {
    this.#noteDoubted(Infinity, 0);
    for (let held = this.#held.take(Infinity); held !== undefined; held = this.#held.take(Infinity)) this.#leave(held);
  }

  #losePeer(peer: Peer, monotonicMs: number): void {
    const at = this.#now(monotonicMs);
    if (at !== undefined) this.#putGap(peer, at);
  }

  #putGap(peer: Peer, at: EventTime): void {
    const { collector } = peer;
    this.#held.put({ at, collector, what: { type: 'gap', at, collector, peer, reason: 'unreadable-message' } });
  }

  /** What this peer said is dated ahead. It is a gap of its own, unless the whole feed turns out to be ahead. */
  #doubt(peer: Peer, monotonicMs: number): void {
    const at = this.#now(monotonicMs);
    if (at !== undefined && !this.#doubted.has(peer.id)) this.#doubted.set(peer.id, { peer, at, sinceMs: monotonicMs });
  }

  /** Gaps of peers that were ahead alone, as soon as that is known. */
  #noteDoubted(monotonicMs: number, doubtMs: number): void {
    for (const [id, { peer, at, sinceMs }] of this.#doubted) {
      if (monotonicMs - sinceMs < doubtMs) continue;
      this.#doubted.delete(id);
      this.#putGap(peer, at);
    }
  }

  /** The whole feed is at another time: one gap for each collector, from what was received last. */
  #loseAll(monotonicMs: number): void {
    this.#doubted.clear();
    for (const collector of this.hearings.all) this.lose(collector, 'ahead-feed', monotonicMs);
  }

  /** The time of elements that the feed did not send. In a recording, time stops while the feed is silent. */
  #now(monotonicMs: number): EventTime | undefined {
    const { heard } = this.#clock;
    const now = this.#options.timeline === 'live' ? this.#clock.expected(monotonicMs) : heard;
    return now === undefined ? undefined : (Math.max(now, heard ?? now, this.#left) as EventTime);
  }

  /** Up to where time has passed for sure. */
  #until(monotonicMs: number, isConnected: boolean): EventTime | undefined {
    const expected = this.#clock.expected(monotonicMs);
    const { heard } = this.#clock;
    const isSilent = monotonicMs - Math.max(this.#messageMs, this.#begunMs) >= this.#options.silenceMs;
    if (expected === undefined || (heard === undefined && !isSilent)) return undefined;
    const until = isConnected ? later(expected, -this.#options.reorderMs) : expected;
    const mayPass = this.#options.timeline === 'live' || isSilent || !isConnected;
    return mayPass || heard === undefined ? until : (Math.min(until, heard) as EventTime);
  }

  #tick(message: Message): void {
    const { at, peer, isSent } = message;
    const { collector } = peer;
    // What a session says before it is up is no pulse of it.
    const isAlive = !isSent && !this.#sessions.mayBeDown(message);
    const isOfPeer = isAlive && at >= (this.#peerTicks.get(peer.id) ?? -Infinity) + PEER_TICK_MS;
    if (!isOfPeer && !this.hearings.mayTick(collector, at, TICK_MS)) return;
    if (isOfPeer) this.#peerTicks.set(peer.id, at);
    this.#held.put({ at, collector, what: { type: 'tick', at, collector, ...(isOfPeer ? { peer } : {}) } });
  }

  #leave({ what }: Held): void {
    if (!('kind' in what)) {
      if (what.type === 'gap' && what.peer === undefined) this.#sessions.miss(what.collector);
      return this.#emit(what);
    }
    this.#heldElements -= what.elements.length;
    const risen = this.#sessions.risen(what, what.at < this.#left);
    if (risen !== undefined) this.#emit(risen);
    for (const element of what.elements) this.#emit(element);
  }

  #emit(element: Element): void {
    if (element.at > this.#left) this.#left = element.at;
    this.#options.put(element);
  }
}

/** Within one moment: by collector, then as the collector counted, then gaps and ticks. The rest as it came. */
function compare(a: Held, b: Held): number {
  if (a.collector !== b.collector) return a.collector < b.collector ? -1 : 1;
  const { order: one } = a;
  const { order: other } = b;
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  if (one.scope !== other.scope) return one.scope < other.scope ? -1 : 1;
  return one.count - other.count;
}
