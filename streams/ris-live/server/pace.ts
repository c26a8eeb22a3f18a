import type { Clock } from '../../../src/ports.ts';

/** Messages a second of event time, or as fast as the clients read. */
export type Speed = number | 'max';

/** Messages looked at before the event loop turns: pings must be answered meanwhile. */
const AT_ONCE = 256;
/** The longest time without a check for clients that are behind. */
const NAP_MS = 1000;

/** Says how many messages are due. Event time begins to run, `speed` times as fast as ours, at the first of them. */
export class SendPace {
  readonly #speed: Speed;
  readonly #clock: Clock;
  #start: { readonly event: number; readonly ours: number } | undefined;

  constructor(speed: Speed, clock: Clock) {
    this.#speed = speed;
    this.#clock = clock;
  }

  /** The index after the last message that is due, from `from` on; `from` itself after a nap in which none was. */
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
