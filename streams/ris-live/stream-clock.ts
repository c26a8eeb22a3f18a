import { later, type EventTime } from '../../src/bgp/time.ts';
import { ABSURD_AGE_MS, AHEAD_MS, LEAP_BELIEF_MS, LEAP_DOUBT_MS } from '../../src/policy/fixed.ts';

/**
 * A message's own time, compared with the feed's:
 *
 * - `in-time`: it advances the feed's time, or is a little behind it;
 * - `absurd`: days old. RIS Live passes on updates with timestamps from days or weeks ago;
 * - `ahead`: one collector's clock is ahead of all others, and is not used;
 * - `leapt`: the whole feed is ahead, but not yet long enough to be accepted;
 * - `returned`: the whole feed is back from an accepted leap. The feed's time goes back with this message.
 */
export type Timeliness = 'in-time' | 'absurd' | 'ahead' | 'leapt' | 'returned';

/** This many messages must agree before a new time is accepted. */
const MIN_MESSAGES = 3;

/** The times of two messages agree when they differ by at most this, after the time between them. */
const TOLERANCE_MS = AHEAD_MS + LEAP_DOUBT_MS;

/** Messages that agree with each other, but not with the feed's time. */
interface Doubt {
  at: EventTime;
  /** When `at` arrived. Monotonic milliseconds. */
  atMs: number;
  readonly sinceMs: number;
  messages: number;
}

/**
 * The feed's time: the time of its messages, advanced by monotonic time during silence. For a live feed, wall time is
 * only a first estimate, so a later step of our clock changes nothing.
 */
export class StreamClock {
  readonly #timeline: 'live' | 'history';
  /** The latest time that was used, and when it arrived. */
  #lastMessage: { readonly at: EventTime; readonly monotonicMs: number } | undefined;
  #guess: { readonly at: EventTime; readonly monotonicMs: number } | undefined;
  #doubt: Doubt | undefined;
  /** The size of the last accepted leap. It may have been wrong, and the feed may come back. Milliseconds. */
  #leaptMs: number | undefined;

  /**
   * @param timeline `live`: the feed runs in real time, so messages from the future can be detected. `history`: a
   *   recording at any speed; every message that is not absurd is accepted.
   */
  constructor(timeline: 'live' | 'history') {
    this.#timeline = timeline;
  }

  /** The latest time of a message. */
  get lastMessageAt(): EventTime | undefined {
    return this.#lastMessage?.at;
  }

  /** Starts a live feed at our wall clock, the only estimate before the first message. */
  guess(at: EventTime, monotonicMs: number): void {
    if (this.#timeline === 'live') this.#guess ??= { at, monotonicMs };
  }

  /** What the feed's time should be by now. */
  expected(monotonicMs: number): EventTime | undefined {
    const base = this.#lastMessage ?? this.#guess;
    return base === undefined ? undefined : later(base.at, Math.max(0, Math.floor(monotonicMs - base.monotonicMs)));
  }

  /** `isStale`: the message is minutes slower than the feed's pace, so it does not show the present time. */
  classify(at: EventTime, monotonicMs: number, isStale = false): Timeliness {
    const expected = this.expected(monotonicMs);
    if (expected !== undefined) {
      if (this.#mayHaveReturned(at, expected)) {
        if (this.#doubtedMs(at, monotonicMs) < LEAP_BELIEF_MS) return 'in-time';
        this.#doubt = this.#leaptMs = undefined;
        this.#lastMessage = { at, monotonicMs };
        return 'returned';
      }
      const isAhead = this.#timeline === 'live' && at > expected + AHEAD_MS;
      const isAbsurd = at < expected - ABSURD_AGE_MS;
      if (isAhead && this.#lastMessage !== undefined) {
        const doubtedMs = this.#doubtedMs(at, monotonicMs);
        if (doubtedMs < LEAP_DOUBT_MS) return 'ahead';
        if (doubtedMs < LEAP_BELIEF_MS) return 'leapt';
        this.#leaptMs = at - expected;
      } else if ((isAhead || (isAbsurd && this.#lastMessage === undefined)) && !this.#isConvinced(at, monotonicMs)) {
        return isAhead ? 'ahead' : 'absurd';
      }
      if (isAbsurd && this.#lastMessage !== undefined) return 'absurd';
    }
    this.#doubt = undefined;
    if (this.#lastMessage === undefined || (at > this.#lastMessage.at && !isStale))
      this.#lastMessage = { at, monotonicMs };
    return 'in-time';
  }

  /** Its time matches the feed before the leap. */
  #mayHaveReturned(at: EventTime, expected: EventTime): boolean {
    return this.#leaptMs !== undefined && Math.abs(expected - this.#leaptMs - at) <= TOLERANCE_MS;
  }

  /** Whether the whole feed, and not just one message, has another time than ours. */
  #isConvinced(at: EventTime, monotonicMs: number): boolean {
    return this.#doubtedMs(at, monotonicMs) >= LEAP_DOUBT_MS;
  }

  /** For how long the messages have agreed on another time than the feed's; 0 while they are too few. */
  #doubtedMs(at: EventTime, monotonicMs: number): number {
    const doubt = this.#doubt;
    if (doubt === undefined || Math.abs(at - later(doubt.at, monotonicMs - doubt.atMs)) > TOLERANCE_MS) {
      this.#doubt = { at, atMs: monotonicMs, sinceMs: monotonicMs, messages: 1 };
      return 0;
    }
    doubt.messages++;
    if (at > doubt.at) {
      doubt.at = at;
      doubt.atMs = monotonicMs;
    }
    return doubt.messages >= MIN_MESSAGES ? monotonicMs - doubt.sinceMs : 0;
  }
}
