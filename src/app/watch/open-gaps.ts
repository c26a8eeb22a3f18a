import type { Span } from '../../../streams/ripestat/heal.ts';
import type { Element } from '../../bgp/element.ts';
import type { Collector, Peer, PeerId } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { ObserverData, UnroutableEvent } from '../../detect/events/event.ts';

interface OpenGap {
  readonly collector: Collector;
  readonly since: EventTime;
  /** Those concerned; `undefined`: all of the collector. */
  readonly peers: ReadonlySet<PeerId> | undefined;
  /** Monotonic milliseconds: not tried again before. */
  nextMs: number;
  waitMs: number;
}

/** A gap is left to the first healing for this long; then waits grow, because RIPEstat is asked a dozen questions a time. */
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 20 * 60_000;
/** A question that got no answer is asked again after this long: the wait grows with answers only. */
const UNANSWERED_WAIT_MS = 20_000;
/** A peer that is told to be silent was heard for the last time this long before. */
const SILENCE_MS = 180_000;
/** … and not since then, whatever the one who tells it counts as silence. */
const QUIET_MS = 60_000;

/**
 * Gaps that cost votes and are not made good yet, as the engine tells of them, and who was heard since. A peer that
 * is not heard is not healed: nobody would notice what it does next.
 */
export class OpenGaps {
  readonly #open = new Map<string, OpenGap>();
  /** Those that were asked about last. */
  #asked: readonly OpenGap[] = [];
  /** As many as a feed may name peers. */
  readonly #heard = new Map<PeerId, { readonly peer: Peer; at: EventTime }>();

  /** Call with what was decided. */
  note(events: readonly UnroutableEvent[], monotonicMs: number): void {
    for (const event of events) {
      if (event.type !== 'observer.gap' && event.type !== 'observer.healed') continue;
      const { collector, since, reason } = event.data;
      const key = `${event.subject} ${reason} ${since}`;
      if (event.type === 'observer.healed') this.#open.delete(key);
      else {
        const nextMs = monotonicMs + FIRST_WAIT_MS;
        const at = Date.parse(since) as EventTime;
        this.#open.set(key, {
          collector,
          since: at,
          peers: this.#concerned(event.data),
          nextMs,
          waitMs: FIRST_WAIT_MS,
        });
      }
    }
  }

  hear(element: Element): void {
    if (!('peer' in element) || element.peer === undefined) return;
    if (element.type !== 'tick' && element.type !== 'announcement' && element.type !== 'withdrawal') return;
    const { peer, at } = element;
    const heard = this.#heard.get(peer.id);
    if (heard === undefined) this.#heard.set(peer.id, { peer, at });
    else if (at > heard.at) heard.at = at;
  }

  /** What is worth another question: peers of open gaps that are heard again. */
  due(to: EventTime, monotonicMs: number): Span | undefined {
    const due = [...this.#open.values()].filter((gap) => gap.nextMs <= monotonicMs);
    const peers = new Map<PeerId, Peer>();
    this.#asked = due;
    for (const gap of due) {
      const its = this.#heardOf(gap.collector).filter(
        ({ peer, at }) => at > gap.since && gap.peers?.has(peer.id) !== false,
      );
      if (its.length === 0) continue;
      gap.waitMs = Math.min(2 * gap.waitMs, LONGEST_WAIT_MS);
      gap.nextMs = monotonicMs + gap.waitMs;
      for (const { peer } of its) peers.set(peer.id, peer);
    }
    if (peers.size === 0) return undefined;
    const from = Math.min(...due.map(({ since }) => since)) - SILENCE_MS;
    const collectors = [...new Set([...peers.values()].map(({ collector }) => collector))];
    return { from: Math.min(from, to) as EventTime, to, collectors, peers: [...peers.keys()] };
  }

  /** Call when nobody answered what was `due`. */
  unanswered(monotonicMs: number): void {
    for (const gap of this.#asked) {
      gap.waitMs = FIRST_WAIT_MS;
      gap.nextMs = monotonicMs + UNANSWERED_WAIT_MS;
    }
  }

  /** Of several peers that fell silent together, the event says how many, and we know which were not heard. */
  #concerned({ collector, peer, since, reason }: ObserverData): ReadonlySet<PeerId> | undefined {
    const its = this.#heardOf(collector);
    if (peer !== undefined)
      return new Set(its.flatMap((one) => (one.peer.address === peer.address ? one.peer.id : [])));
    if (reason !== 'silent-peer') return undefined;
    return new Set(its.flatMap((one) => (one.at <= Date.parse(since) - QUIET_MS ? one.peer.id : [])));
  }

  #heardOf(collector: Collector): { readonly peer: Peer; readonly at: EventTime }[] {
    return [...this.#heard.values()].filter(({ peer }) => peer.collector === collector);
  }
}
