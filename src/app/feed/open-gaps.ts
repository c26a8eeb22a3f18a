import type { GapSpan } from '../../../streams/ripestat/heal.ts';
import type { Element } from '../../bgp/element.ts';
import { RIS_HOLD_MS, type Collector, type Peer, type PeerId } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { OpenGap } from '../../engine.ts';

/** When to ask about a gap, monotonic milliseconds. */
interface Schedule {
  nextMs: number;
  waitMs: number;
}

/**
 * For this long a gap is left to the first healing. Later waits grow, because each healing sends a dozen requests to
 * RIPEstat.
 */
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 20 * 60_000;
/** The wait after a request without an answer. It does not grow. */
const UNANSWERED_WAIT_MS = 20_000;
/** A peer that is reported as silent sent its last message this long before. Milliseconds. */
const SILENCE_MS = RIS_HOLD_MS;

/**
 * The engine's open gaps, which cost votes, and the peers that have sent data since. A peer that sends nothing is not
 * healed, because its next changes would not be seen.
 */
export class OpenGaps {
  #schedules = new Map<OpenGap, Schedule>();
  /** The gaps of the last request. */
  #asked: readonly Schedule[] = [];
  /** Bounded by the number of peers that a feed may name. */
  readonly #lastMessages = new Map<PeerId, { readonly peer: Peer; at: EventTime }>();

  /** Call with the engine's open gaps after each decision. */
  note(gaps: readonly OpenGap[], monotonicMs: number): void {
    const first = (): Schedule => ({ nextMs: monotonicMs + FIRST_WAIT_MS, waitMs: FIRST_WAIT_MS });
    this.#schedules = new Map(gaps.map((gap) => [gap, this.#schedules.get(gap) ?? first()]));
  }

  noteElement(element: Element): void {
    if (!('peer' in element) || element.peer === undefined) return;
    if (element.type !== 'tick' && element.type !== 'announcement' && element.type !== 'withdrawal') return;
    const { peer, at } = element;
    const last = this.#lastMessages.get(peer.id);
    if (last === undefined) this.#lastMessages.set(peer.id, { peer, at });
    else if (at > last.at) last.at = at;
  }

  /** The next span to ask for: peers of open gaps that send data again. */
  due(to: EventTime, monotonicMs: number): GapSpan | undefined {
    const due = [...this.#schedules].filter(([, { nextMs }]) => nextMs <= monotonicMs);
    const peers = new Map<PeerId, Peer>();
    this.#asked = due.map(([, schedule]) => schedule);
    for (const [gap, schedule] of due) {
      const its = this.#lastMessagesOf(gap.collector).filter(({ peer, at }) => at > gap.since && concerns(gap, peer));
      if (its.length === 0) continue;
      schedule.waitMs = Math.min(2 * schedule.waitMs, LONGEST_WAIT_MS);
      schedule.nextMs = monotonicMs + schedule.waitMs;
      for (const { peer } of its) peers.set(peer.id, peer);
    }
    if (peers.size === 0) return undefined;
    const from = Math.min(...due.map(([{ since }]) => since)) - SILENCE_MS;
    const collectors = [...new Set([...peers.values()].map(({ collector }) => collector))];
    return { from: Math.min(from, to) as EventTime, to, collectors, peers: [...peers.keys()] };
  }

  /** Call when the request for `due` failed. */
  unanswered(monotonicMs: number): void {
    for (const schedule of this.#asked) {
      schedule.waitMs = FIRST_WAIT_MS;
      schedule.nextMs = monotonicMs + UNANSWERED_WAIT_MS;
    }
  }

  #lastMessagesOf(collector: Collector): { readonly peer: Peer; readonly at: EventTime }[] {
    return [...this.#lastMessages.values()].filter(({ peer }) => peer.collector === collector);
  }
}

/**
 * A collector's gap concerns all its peers, including those without a vote. A gap by silence concerns only the peers
 * that lost their vote.
 */
function concerns({ peer, reason, unsettled }: OpenGap, one: Peer): boolean {
  if (peer !== undefined) return peer.id === one.id;
  return reason !== 'silent-peer' || unsettled.has(one.id);
}
