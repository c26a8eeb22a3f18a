import type { GapReason } from '../../src/bgp/element.ts';
import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';

interface Hearing {
  /** When it said something of now. Monotonic milliseconds. */
  heardMs: number;
  /** When it said something that was old news. Monotonic milliseconds. */
  murmuredMs: number;
  /** The latest time of what it said of now. */
  heardAt: EventTime | undefined;
  /** Something of it may be missing, and nothing came since. */
  isLost: boolean;
  tickAt: number;
}

/**
 * The last message of each collector, by monotonic time of arrival. An old message does not prove that a collector
 * works.
 */
export class Hearings {
  readonly #hearings = new Map<Collector, Hearing>();

  /** Some collector that is expected to speak. */
  get any(): Collector | undefined {
    return this.#hearings.keys().next().value;
  }

  /** From now on, messages of this collector are expected. */
  expect(collector: Collector, monotonicMs: number): void {
    const hearing = this.#hearingOf(collector, monotonicMs);
    hearing.heardMs = Math.max(hearing.heardMs, monotonicMs);
  }

  /** All that are expected to speak. */
  get all(): readonly Collector[] {
    return [...this.#hearings.keys()];
  }

  /** Silence is counted from now, for all: we did not listen ourselves. */
  excuse(monotonicMs: number): void {
    for (const hearing of this.#hearings.values()) hearing.heardMs = monotonicMs;
  }

  /** It said something of now. Whether it was lost until now. */
  hear(collector: Collector, at: EventTime, monotonicMs: number): boolean {
    const hearing = this.#hearingOf(collector, monotonicMs);
    const wasLost = hearing.isLost;
    hearing.heardMs = monotonicMs;
    if (hearing.heardAt === undefined || at > hearing.heardAt) hearing.heardAt = at;
    hearing.isLost = false;
    return wasLost;
  }

  /** It said something, but too old to prove anything of now. */
  murmur(collector: Collector, monotonicMs: number): void {
    this.#hearingOf(collector, monotonicMs).murmuredMs = monotonicMs;
  }

  /** Why a collector that said nothing of now is lost. */
  reasonOf(collector: Collector): GapReason {
    const hearing = this.#hearings.get(collector);
    return hearing !== undefined && hearing.murmuredMs > hearing.heardMs ? 'stale-feed' : 'silent-collector';
  }

  /** The latest time of what this collector said of now. */
  heardAt(collector: Collector): EventTime | undefined {
    return this.#hearings.get(collector)?.heardAt;
  }

  /** `false` when it was lost already. */
  lose(collector: Collector, monotonicMs: number): boolean {
    const hearing = this.#hearingOf(collector, monotonicMs);
    const isNews = !hearing.isLost;
    hearing.isLost = true;
    return isNews;
  }

  silentMs(collector: Collector, monotonicMs: number): number {
    return monotonicMs - this.#hearingOf(collector, monotonicMs).heardMs;
  }

  /** At most one tick of a collector in so many milliseconds of event time. */
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
