import type { Clock } from '../../../src/ports.ts';

/** The speed: a factor of event time, or as fast as the clients read. */
export type Speed = number | 'max';

/** Most messages in one turn of the event loop, so that pings are answered. */
const AT_ONCE = 256;
/** The longest time without a check for slow clients. */
const NAP_MS = 1000;

/**
 * Decides how many messages are due. Event time starts with the first message, and runs `speed` times as fast as real
 * time.
 */
export class SendPace {
  readonly #speed: Speed;
  readonly #clock: Clock;
  #start: { readonly event: number; readonly ours: number } | undefined;

  constructor(speed: Speed, clock: Clock) {
    this.#speed = speed;
    this.#clock = clock;
  }

  /** The index after the last due message, from `from` on; `from` itself after a pause without a due one. */
  async due(batch: readonly { readonly at: number }[], from: number, signal: AbortSignal): Promise<number> {
    const end = Math.min(batch.length, from + AT_ONCE);
    if (this.#speed === 'max') return end;
    this.#start ??= { event: batch[from]?.at ?? 0, ours: this.#clock.monotonicMs() };
    const passed = (this.#clock.monotonicMs() - this.#start.ours) * this.#speed;
    let to = from;
    while (to < end && (batch[to]?.at ?? 0) - this.#start.event <= passed) to++;
    if (to > from) return to;
    const wait = ((batch[from]?.at ?? 0) - this.#start.event - passed) / this.#speed;
    await this.#clock.sleep(Math.min(NAP_MS, Math.max(1, wait)), signal);
    return from;
  }
}
