import type { GapReason } from '../../src/bgp/element.ts';
import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';

interface Hearing {
  /** Arrival of its last fresh message. Monotonic milliseconds. */
  heardMs: number;
  /** Arrival of its last stale message. Monotonic milliseconds. */
  murmuredMs: number;
  /** The latest event time of its fresh messages. */
  heardAt: EventTime | undefined;
  /** Its messages may be missing, and no fresh one has come since. */
  isLost: boolean;
  tickAt: number;
}

/**
 * The last message of each collector, by monotonic time of arrival. An old message does not prove that a collector
 * works.
 */
export class Hearings {
  readonly #hearings = new Map<Collector, Hearing>();

  /** Any expected collector. */
  get any(): Collector | undefined {
    return this.#hearings.keys().next().value;
  }

  /** From now on, messages of this collector are expected. */
  expect(collector: Collector, monotonicMs: number): void {
    const hearing = this.#hearingOf(collector, monotonicMs);
    hearing.heardMs = Math.max(hearing.heardMs, monotonicMs);
  }

  /** All expected collectors. */
  get all(): readonly Collector[] {
    return [...this.#hearings.keys()];
  }

  /** Restarts the silence of all collectors, because we were not reading ourselves. */
  excuse(monotonicMs: number): void {
    for (const hearing of this.#hearings.values()) hearing.heardMs = monotonicMs;
  }

  /** Notes a fresh message. Returns whether the collector was lost until now. */
  hear(collector: Collector, at: EventTime, monotonicMs: number): boolean {
    const hearing = this.#hearingOf(collector, monotonicMs);
    const wasLost = hearing.isLost;
    hearing.heardMs = monotonicMs;
    if (hearing.heardAt === undefined || at > hearing.heardAt) hearing.heardAt = at;
    hearing.isLost = false;
    return wasLost;
  }

  /** Notes a stale message, which proves nothing about the present. */
  murmur(collector: Collector, monotonicMs: number): void {
    this.#hearingOf(collector, monotonicMs).murmuredMs = monotonicMs;
  }

  /** Why a collector without fresh messages is lost. */
  reasonOf(collector: Collector): GapReason {
    const hearing = this.#hearings.get(collector);
    return hearing !== undefined && hearing.murmuredMs > hearing.heardMs ? 'stale-feed' : 'silent-collector';
  }

  /** The latest event time of this collector's fresh messages. */
  heardAt(collector: Collector): EventTime | undefined {
    return this.#hearings.get(collector)?.heardAt;
  }

  /** `false`: it was already lost. */
  lose(collector: Collector, monotonicMs: number): boolean {
    const hearing = this.#hearingOf(collector, monotonicMs);
    const isNews = !hearing.isLost;
    hearing.isLost = true;
    return isNews;
  }

  silentMs(collector: Collector, monotonicMs: number): number {
    return monotonicMs - this.#hearingOf(collector, monotonicMs).heardMs;
  }

  /** Whether a tick of the collector is due: at most one per this many milliseconds of event time. */
  mayTick(collector: Collector, at: EventTime, everyMs: number): boolean {
    const hearing = this.#hearings.get(collector);
    if (hearing === undefined || at < hearing.tickAt + everyMs) return false;
    hearing.tickAt = at;
    return true;
  }

  ages(monotonicMs: number): ReadonlyMap<Collector, number> {
    return new Map([...this.#hearings].map(([collector, { heardMs }]) => [collector, monotonicMs - heardMs]));
  }

  #hearingOf(collector: Collector, monotonicMs: number): Hearing {
    let hearing = this.#hearings.get(collector);
    if (hearing === undefined) {
      hearing = {
        heardMs: monotonicMs,
        murmuredMs: -Infinity,
        heardAt: undefined,
        isLost: false,
        tickAt: -Infinity,
      };
      this.#hearings.set(collector, hearing);
    }
    return hearing;
  }
}
