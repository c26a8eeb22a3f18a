import { u16, u32 } from './octets.ts';
import { TYPE } from './record-types.ts';

/** Seconds. A record that is further ahead than this of the records before and after it is an outlier. */
const JUMP_SECONDS = 10;
/** Seconds. The last record of a file has no next one. It is an outlier if it is further ahead than any real pause. */
const LAST_JUMP_SECONDS = 86_400;
/**
 * Seconds. The records of a dump are written without a pause, so its last record is an outlier if it is this far ahead.
 */
const LAST_DUMP_JUMP_SECONDS = 300;
/** Seconds. A record may be this far behind the one before without a report: collectors write from several threads. */
const BACK_SECONDS = 10;

/** The state of a clock: see `RecordClock.first` and `RecordClock.seconds`. */
export type ClockState = Pick<RecordClock, 'first' | 'seconds'>;

/**
 * The event time reached in one file, by the record headers' seconds (RFC 6396 section 2). It never goes back, and no
 * single record of time 0, of 2106 or an hour off moves it.
 */
export class RecordClock {
  readonly #begin: number | undefined;
  #first: number | undefined;
  #seconds: number | undefined;

  /** @param begin the second at which the file begins by its name, if the name says it. */
  constructor(begin?: number) {
    this.#begin = begin;
  }

  /** The first sane time of the file. */
  get first(): number | undefined {
    return this.#first;
  }

  /** The latest sane time. */
  get seconds(): number | undefined {
    return this.#seconds;
  }

  get state(): ClockState {
    return { first: this.#first, seconds: this.#seconds };
  }

  /** Restores an earlier state. */
  set({ first, seconds }: ClockState): void {
    this.#first = first;
    this.#seconds = seconds;
  }

  /** Call after skipped records, with the latest time among them and those before. */
  pass(seconds: number): void {
    this.#seconds = seconds;
  }

  /** Reads a record's time; `next` is the next record's, or -1. True: this record's time cannot be trusted. */
  record(bytes: Uint8Array, start: number, next: number): boolean {
    const at = u32(bytes, start);
    const before = this.#seconds;
    if (before !== undefined && at <= before) return before - at > BACK_SECONDS;
    const type = u16(bytes, start + 4);
    const lastJump = type === TYPE.tableDump || type === TYPE.tableDump2 ? LAST_DUMP_JUMP_SECONDS : LAST_JUMP_SECONDS;
    if (this.#isAhead(at, before, next, lastJump)) return true;
    this.#first ??= at;
    this.#seconds = at;
    return false;
  }

  #isAhead(at: number, before: number | undefined, next: number, lastJump: number): boolean {
    if (next < 0) return before !== undefined && at - before > lastJump;
    if (before !== undefined) return at - before > JUMP_SECONDS && at - next > JUMP_SECONDS;

    const isDenied = Math.abs(at - next) > JUMP_SECONDS && (at > next || next - at > LAST_JUMP_SECONDS);
    if (!isDenied || this.#begin === undefined) return isDenied;
    // One of the first two is wrong: the one that is further from the file's own begin.
    return Math.abs(at - this.#begin) > Math.abs(next - this.#begin);
  }
}
