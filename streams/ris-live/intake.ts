import type { Element, GapReason } from '../../src/bgp/element.ts';
import type { Collector, Peer, PeerId } from '../../src/bgp/peer.ts';
import { later, type EventTime } from '../../src/bgp/time.ts';
import { AHEAD_DOUBT_MS, AHEAD_PROOF_MS, SILENT_FEED_MS } from '../../src/policy/fixed.ts';
import { Reorder } from '../reorder.ts';
import type { FeedMessage, UnreadableFrame } from './decode.ts';
import { CollectorActivity } from './collector-activity.ts';
import { orderOf, type MessageOrder } from './message-id.ts';
import { Pace } from './pace.ts';
import { RecentIds } from './recent-ids.ts';
import type { Oddities } from '../oddities.ts';
import type { Report } from './report.ts';
import { LiveSessions } from './sessions.ts';
import { StreamClock } from './stream-clock.ts';
import { compareTexts } from '../../src/lib/compare-texts.ts';

/** The options of the intake. */
export interface IntakeOptions {
  readonly timeline: 'live' | 'history';
  /** How long messages are held for sorting, milliseconds. */
  readonly reorderMs: number;
  readonly put: (element: Element) => void;
  readonly report: Report;
  readonly odd: Oddities;
}

/** Most held messages. Beyond this the oldest leave early. */
export const MAX_HELD = 100_000;

/** Most elements in the held messages. */
export const MAX_HELD_ELEMENTS = 500_000;
/** Ids remembered to detect duplicates, which follow at once; this is seconds of all of RIS. */
export const MAX_IDS = 50_000;
/** One tick of a session in this time is enough: a session counts as silent after 180 s. Milliseconds. */
const PEER_TICK_MS = 5000;
const TICK_MS = 1000;

/** A held item: a message, a tick or a gap. */
interface Held {
  readonly at: EventTime;
  readonly collector: Collector;
  readonly what: FeedMessage | Element;
  /** Of a message. */
  readonly order?: MessageOrder;
}

/**
 * Turns messages into elements: each once, in order, with ticks between them and gaps for possibly missing messages. It
 * starts nothing and has no clock: monotonic time is passed in.
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
  /** The latest event time of an element that was put out. */
  #left = -Infinity;
  readonly activity = new CollectorActivity();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#clock = new StreamClock(options.timeline);
  }

  /** The sizes of its buffers: messages, ticks and gaps, elements in messages, ids, peers with ticks. */
  get sizes(): { readonly held: number; readonly elements: number; readonly ids: number; readonly peers: number } {
    const { size: held } = this.#held;
    return { held, elements: this.#heldElements, ids: this.#ids.size, peers: this.#peerTicks.size };
  }

  /** Whether too much is held: call `release` before the next message. */
  get isFull(): boolean {
    return this.#held.size > MAX_HELD || this.#heldElements > MAX_HELD_ELEMENTS;
  }

  /** A first estimate of a live feed's time, from our wall clock. */
  begin(wall: EventTime, monotonicMs: number): void {
    this.#begunMs = Math.min(this.#begunMs, monotonicMs);
    this.#clock.guess(wall, monotonicMs);
  }

  /** Takes a message. `false`: it is too old to prove anything about the present; its routes still count. */
  message(message: FeedMessage, monotonicMs: number): boolean {
    const { at, peer, elements, id } = message;
    const { odd, timeline } = this.#options;
    const looksStale = timeline === 'live' && this.#pace.isStale(at, monotonicMs);
    const timeliness = this.#clock.classify(at, monotonicMs, looksStale);
    const isStale = looksStale && timeliness !== 'returned';
    if (timeliness === 'ahead' || timeliness === 'leapt') {
      odd.count('ahead', id);
      // An old message loses nothing; a message that we cannot trust is a loss.
      if (timeliness === 'leapt') this.#loseAll(monotonicMs);
      else if (elements.length > 0) this.#doubt(peer, monotonicMs);
      return true;
    }
    if (timeliness === 'returned') {
      this.#pace.forget();
      this.#loseAll(monotonicMs);
    }
    if (isStale || timeliness === 'absurd') {
      this.activity.noteStale(peer.collector, monotonicMs);
      odd.count(timeliness === 'absurd' ? timeliness : 'stale', id);
    } else this.#noteFresh(peer.collector, at, monotonicMs);
    const isTimely = timeliness !== 'absurd';
    if (isTimely) this.#takeIn(message, isStale);
    return !isStale && isTimely;
  }

  /** Restarts the measurement of the feed's pace. */
  forgetPace(): void {
    this.#pace.forget();
  }

  #noteFresh(collector: Collector, at: EventTime, monotonicMs: number): void {
    this.#messageMs = monotonicMs;
    this.#noteDoubted(monotonicMs, AHEAD_PROOF_MS);
    this.#pace.note(at, monotonicMs);
    if (this.activity.noteFresh(collector, at, monotonicMs)) {
      this.#options.report({ type: 'heard-again', collector, at });
    }
  }

  #takeIn(message: FeedMessage, isStale: boolean): void {
    const { at, peer, elements, id } = message;
    const { odd } = this.#options;
    if (at < this.#left) odd.count('late', id);
    if (elements.length === 0 && !this.#sessions.matters(message)) {
      // A message from minutes ago does not prove that a session is alive now.
      if (!isStale) this.#tick(message);
      return;
    }
    if (elements.length > 0) this.#sessions.matters(message);
    if (id !== undefined && this.#ids.isRepeated(peer.collector, id)) return odd.count('duplicate', id);
    this.#heldElements += elements.length;
    this.#held.put({ at, collector: peer.collector, what: message, order: orderOf(id ?? '') });
  }

  /** The peer sent an unreadable message that may have contained routes. */
  unreadable({ reason, peer }: UnreadableFrame, sample: string, monotonicMs: number): void {
    this.#options.odd.count(reason, sample);
    if (peer !== undefined) this.#losePeer(peer, monotonicMs);
  }

  /** Messages of this collector may be missing from here on. Reported once, until its next message. */
  lose(collector: Collector, reason: GapReason, monotonicMs: number): void {
    const at = this.#now(monotonicMs);
    if (at === undefined || !this.activity.lose(collector, monotonicMs)) return;
    this.#held.put({ at, collector, what: { type: 'gap', at, collector, reason } });
    this.#options.report({ type: 'gap', collector, reason, at, heardAt: this.activity.lastMessageAt(collector) ?? at });
  }

  /** Releases what is due. `isConnected`: earlier messages may still come. */
  release(monotonicMs: number, isConnected: boolean): void {
    this.#noteDoubted(monotonicMs, AHEAD_DOUBT_MS);
    const until = this.#until(monotonicMs, isConnected);
    if (until === undefined) return;
    for (;;) {
      const held = this.#held.take(this.#heldElements > MAX_HELD_ELEMENTS ? Infinity : until);
      if (held === undefined) break;
      this.#leave(held);
    }
    const collector = this.activity.any;
    if (collector !== undefined && until >= this.#left + TICK_MS) this.#emit({ type: 'tick', at: until, collector });
  }

  /** Releases everything. */
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

  /**
   * Notes a message of this peer from the future. It becomes a gap of this peer, unless the whole feed turns out to be
   * ahead.
   */
  #doubt(peer: Peer, monotonicMs: number): void {
    const at = this.#now(monotonicMs);
    if (at !== undefined && !this.#doubted.has(peer.id)) this.#doubted.set(peer.id, { peer, at, sinceMs: monotonicMs });
  }

  /** Emits gaps of peers that alone were ahead, as soon as that is known. */
  #noteDoubted(monotonicMs: number, doubtMs: number): void {
    for (const [id, { peer, at, sinceMs }] of this.#doubted) {
      if (monotonicMs - sinceMs < doubtMs) continue;
      this.#doubted.delete(id);
      this.#putGap(peer, at);
    }
  }

  /** The whole feed jumped to another time: one gap for each collector, from its last message. */
  #loseAll(monotonicMs: number): void {
    this.#doubted.clear();
    for (const collector of this.activity.all) this.lose(collector, 'ahead-feed', monotonicMs);
  }

  /** The time for elements that the feed did not send. In a recording, time stops while the feed is silent. */
  #now(monotonicMs: number): EventTime | undefined {
    const { lastMessageAt } = this.#clock;
    const now = this.#options.timeline === 'live' ? this.#clock.expected(monotonicMs) : lastMessageAt;
    return now === undefined ? undefined : (Math.max(now, lastMessageAt ?? now, this.#left) as EventTime);
  }

  /** The time up to which no earlier message will come. */
  #until(monotonicMs: number, isConnected: boolean): EventTime | undefined {
    const expected = this.#clock.expected(monotonicMs);
    const { lastMessageAt } = this.#clock;
    // In a recording and before the first message, time moves on without messages only after this silence.
    const isSilent = monotonicMs - Math.max(this.#messageMs, this.#begunMs) >= SILENT_FEED_MS;
    if (expected === undefined || (lastMessageAt === undefined && !isSilent)) return undefined;
    const until = isConnected ? later(expected, -this.#options.reorderMs) : expected;
    const mayPass = this.#options.timeline === 'live' || isSilent || !isConnected;
    return mayPass || lastMessageAt === undefined ? until : (Math.min(until, lastMessageAt) as EventTime);
  }

  #tick(message: FeedMessage): void {
    const { at, peer, isSent } = message;
    const { collector } = peer;
    // A message of a session before it is up does not prove liveness.
    const isAlive = !isSent && !this.#sessions.mayBeDown(message);
    const isOfPeer = isAlive && at >= (this.#peerTicks.get(peer.id) ?? -Infinity) + PEER_TICK_MS;
    if (!isOfPeer && !this.activity.mayTick(collector, at, TICK_MS)) return;
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

/** Order within one moment: by collector, then by the collector's counter, then gaps and ticks, then by arrival. */
function compare(a: Held, b: Held): number {
  if (a.collector !== b.collector) return compareTexts(a.collector, b.collector);
  const { order: one } = a;
  const { order: other } = b;
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  return compareTexts(one.scope, other.scope) || one.count - other.count;
}
