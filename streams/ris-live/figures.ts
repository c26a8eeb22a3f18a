import type { Collector } from '../../src/bgp/peer.ts';

/** Statistics of a live source, for the status line. */
export interface LiveStats {
  readonly lines: readonly LineStats[];
  /** Milliseconds since the last message of each collector. */
  readonly collectorAges: ReadonlyMap<Collector, number>;
  readonly messages: number;
  /** Messages per second, over the last ten seconds. */
  readonly messagesPerSecond: number;
  /**
   * Median difference between a message's own time and our wall clock, milliseconds; `undefined` before the first
   * message.
   */
  readonly lagMs: number | undefined;
  /** Messages, ticks and gaps held to be put in order. */
  readonly held: number;
  readonly routesLeftOut: number;
  readonly odd: Readonly<Record<string, number>>;
}

/** Statistics of one socket of the feed. */
export interface LineStats {
  readonly name: string;
  readonly state: LineState;
}

/** The state of one socket of the feed. */
export type LineState = 'waiting' | 'connecting' | 'subscribing' | 'subscribed';

const SECONDS = 10;
const LAGS = 256;

/** Counts messages by second and remembers the last lags. */
export class Figures {
  messages = 0;
  routesLeftOut = 0;
  readonly #perSecond = new Float64Array(SECONDS + 1);
  #second = 0;
  readonly #lags: number[] = [];

  message(monotonicMs: number, lagMs: number): void {
    this.#turnTo(monotonicMs);
    this.#lags[this.messages % LAGS] = lagMs;
    this.messages++;
    const slot = this.#second % this.#perSecond.length;
    this.#perSecond[slot] = (this.#perSecond[slot] ?? 0) + 1;
  }

  /** Over complete seconds, without the present one. */
  messagesPerSecond(monotonicMs: number): number {
    this.#turnTo(monotonicMs);
    const running = this.#perSecond[this.#second % this.#perSecond.length] ?? 0;
    return (this.#perSecond.reduce((sum, count) => sum + count, 0) - running) / SECONDS;
  }

  get lagMs(): number | undefined {
    return Float64Array.from(this.#lags).sort()[this.#lags.length >>> 1];
  }

  #turnTo(monotonicMs: number): void {
    const second = Math.floor(monotonicMs / 1000);
    const steps = Math.min(second - this.#second, this.#perSecond.length);
    for (let i = 1; i <= steps; i++) this.#perSecond[(this.#second + i) % this.#perSecond.length] = 0;
    if (steps === this.#perSecond.length) this.#perSecond.fill(0);
    if (second > this.#second) this.#second = second;
  }
}
