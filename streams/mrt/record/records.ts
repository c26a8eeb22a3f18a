import type { MrtLimits } from '../limits.ts';
import { u16, u32, writeU32 } from './octets.ts';
import { NoPassage, type Framer, type Passage, type RecordSink } from './framer.ts';
import { HEADER_BYTES, isKnownType, readHeader, TYPE } from './record-types.ts';

/** Most seconds between a resync candidate and the last good record. An archive file covers minutes, a dump an hour. */
const RESYNC_SECONDS = 86_400;
/** Longest resync candidate, bytes: it stays in memory until it is confirmed. */
const RESYNC_RECORD_BYTES = 2 ** 20;
/** This many consecutive records of unknown types confirm each other. */
const FOREIGN_HOPS = 4;
/** There is no MRT data from before 1990. */
export const FIRST_SECONDS = 631_152_000;

type Follow = 'record' | 'end' | 'torn' | 'beyond' | 'nothing' | 'wait';

/**
 * Cuts a stream into records by their 12-byte headers (RFC 6396 section 2). A record is passed on only after the next
 * header was seen, so the chunking of the stream makes no difference. If no header follows, either the length or the
 * next header is wrong: the search for the next plausible header, confirmed by the one after it, begins inside the
 * suspect record, and skipped bytes are reported as damage.
 *
 * Holds at most one record, one resync candidate and one chunk.
 *
 * @param passage skips records that need not be read; by default each one goes to the sink.
 */
export function createFramer(sink: RecordSink, limits: MrtLimits, passage: Passage = new NoPassage()): Framer {
  const framing = new Framing(sink, limits, passage);
  return { push: (chunk) => framing.push(chunk), end: (cut) => framing.end(cut) };
}

class Framing {
  readonly #sink: RecordSink;
  readonly #limits: MrtLimits;
  readonly #passage: Passage;
  #bytes: Uint8Array;
  /** Offset in the stream of `#bytes[0]`. */
  #base = 0;
  #pos = 0;
  #end = 0;
  #eof = false;
  #lastSeconds = -1;
  /** Offset in the stream at which a loss began; -1: in sync. */
  #lostFrom = -1;
  #scanAt = 0;
  /** The end of the record before the loss, while that record may itself be wrong; else -1. It starts at `#pos`. */
  #suspectEnd = -1;
  #lostReason = '';
  #gaveUp = false;
  /** Why the stream ended early, until that is reported. */
  #cut: string | undefined;

  constructor(sink: RecordSink, limits: MrtLimits, passage: Passage) {
    this.#sink = sink;
    this.#limits = limits;
    this.#passage = passage;
    this.#bytes = passage.room(passage.firstRoom);
  }

  push(chunk: Uint8Array): void {
    if (this.#gaveUp) {
      this.#base += chunk.length;
      return;
    }
    this.#append(chunk);
    this.#run();
  }

  end(cut?: string): void {
    this.#eof = true;
    this.#cut = cut;
    if (!this.#gaveUp) this.#run();
    if (this.#gaveUp) {
      this.#reportDamage(this.#lostFrom, this.#base + this.#end, this.#lostReason);
      return;
    }
    const left = this.#end - this.#pos;
    if (left === 0 && this.#cut === undefined) return;
    const torn = left < HEADER_BYTES ? `the last ${left} bytes are not a whole header` : 'the last record is torn';
    this.#reportDamage(this.#base + this.#pos, this.#base + this.#end, this.#cut ?? torn);
  }

  #append(chunk: Uint8Array): void {
    const from = this.#pos;
    const rest = this.#end - from;
    const wanted = rest + chunk.length;
    const isLarger = wanted > this.#bytes.length;
    // Views of memory that grows end, and the chunk may be one.
    const safe = isLarger ? chunk.slice() : chunk;
    this.#bytes = this.#passage.room(isLarger ? Math.max(wanted, Math.min(this.#bytes.length * 2, 2 ** 22)) : wanted);
    this.#bytes.copyWithin(0, from, this.#end);
    this.#base += from;
    this.#scanAt -= from;
    if (this.#suspectEnd >= 0) this.#suspectEnd -= from;
    this.#pos = 0;
    this.#bytes.set(safe, rest);
    this.#end = wanted;
  }

  #run(): void {
    this.#renewView();
    if (this.#lostFrom < 0 && this.#base + this.#pos === 0 && !this.#start()) return;
    for (;;) {
      if (this.#lostFrom < 0) this.#pass();
      const goesOn = this.#lostFrom >= 0 ? this.#resync() : this.#step();
      if (!goesOn) return;
    }
  }

  #pass(): void {
    const pos = this.#passage.pass(this.#pos, this.#end, this.#base + this.#pos);
    this.#renewView();
    if (pos === this.#pos) return;
    this.#pos = pos;
    this.#lastSeconds = this.#passage.lastSeconds;
  }

  /** A view of memory that grew is empty. The passage, the sink, or another file that is read meanwhile may make it grow. */
  #renewView(): void {
    if (this.#bytes.length === 0) this.#bytes = this.#passage.room(0);
  }

  /** The first header has no earlier one that confirms it. */
  #start(): boolean {
    if (this.#end < HEADER_BYTES) return false;
    if (readHeader(this.#bytes, 0, this.#end, this.#limits.recordBytes) === 'none')
      this.#lose(0, 'no record begins here');
    return true;
  }

  /** One record, its header at `#pos` known to be plausible. False when more bytes are needed, or none are left. */
  #step(): boolean {
    const bytes = this.#bytes;
    const pos = this.#pos;
    if (this.#end - pos < HEADER_BYTES) return false;
    const stop = pos + HEADER_BYTES + u32(bytes, pos + 8);
    if (u16(bytes, pos + 4) === TYPE.tableDump) {
      const isShort = this.#isShort(stop);
      if (isShort === 'wait') return false;
      if (isShort) return this.#emitLonger(stop + 4);
    }
    const follow = this.#follow(stop, u32(bytes, pos));
    if (follow === 'wait') return false;
    if (follow === 'record' || follow === 'end' || follow === 'torn') return this.#emit(stop, true);

    this.#lostFrom = this.#base + pos;
    this.#suspectEnd = stop;
    this.#scanAt = pos + 1;
    this.#lostReason =
      follow === 'beyond' ? 'the record reaches beyond the end' : 'no record follows where its length says';
    return true;
  }

  /** RIS wrote TABLE_DUMP batches with a length 4 short in 2000: the entries go on to the next header. */
  #isShort(stop: number): boolean | 'wait' {
    if (stop + 4 + HEADER_BYTES > this.#end) {
      if (!this.#eof) return 'wait';
      return stop + 4 === this.#end;
    }
    if (readHeader(this.#bytes, stop, this.#end, this.#limits.recordBytes) === 'known') return false;
    return readHeader(this.#bytes, stop + 4, this.#end, this.#limits.recordBytes) === 'known';
  }

  #emitLonger(stop: number): boolean {
    writeU32(this.#bytes, this.#pos + 8, stop - this.#pos - HEADER_BYTES);
    return this.#emit(stop, true);
  }

  #emit(stop: number, isFollowed: boolean): boolean {
    const bytes = this.#bytes;
    const start = this.#pos;
    this.#lastSeconds = u32(bytes, start);
    const next = isFollowed && stop + HEADER_BYTES <= this.#end ? u32(bytes, stop) : -1;
    this.#sink.record(bytes, start, stop, this.#base + start, next);
    this.#renewView();
    this.#pos = stop;
    return true;
  }

  /** What follows a record of this time. */
  #follow(at: number, seconds: number): Follow {
    if (at > this.#end) return this.#eof ? 'beyond' : 'wait';
    if (at === this.#end) return this.#eof ? 'end' : 'wait';
    if (at + HEADER_BYTES > this.#end) return this.#eof ? 'torn' : 'wait';
    const header = readHeader(this.#bytes, at, this.#end, this.#limits.recordBytes);
    if (header === 'known') return 'record';
    if (header === 'none') return 'nothing';

    return this.#followForeign(at, seconds);
  }

  /** Types we do not know are skipped by their length, if lengths and times lead to a record or to the end. */
  #followForeign(from: number, seconds: number): Follow {
    let at = from;
    for (let hop = 0; hop < FOREIGN_HOPS; hop++) {
      if (readHeader(this.#bytes, at, this.#end, this.#limits.recordBytes) === 'none' || !this.#isNear(at, seconds))
        return 'nothing';
      at += HEADER_BYTES + u32(this.#bytes, at + 8);
      if (at + HEADER_BYTES > this.#end) return this.#eof ? (at > this.#end ? 'nothing' : 'record') : 'wait';
      if (readHeader(this.#bytes, at, this.#end, this.#limits.recordBytes) === 'known') return 'record';
    }
    return 'record';
  }

  #lose(from: number, reason: string): void {
    this.#lostFrom = this.#base + from;
    this.#scanAt = from;
    this.#suspectEnd = -1;
    this.#lostReason = reason;
  }

  /** Searches for the next record. False when more bytes are needed, or none are left. */
  #resync(): boolean {
    for (let at = this.#scanAt; ; at++) {
      this.#scanAt = at;
      if (this.#suspectEnd >= 0 && at >= this.#suspectEnd && this.#suspectEnd <= this.#end) this.#acquit();
      if (at + HEADER_BYTES > this.#end) return this.#eof ? this.#endLost() : this.#forget(at);
      const found = this.#isCandidate(at);
      if (found === 'wait') return this.#forget(at);
      if (found) return this.#found(at);
      if (this.#base + at - this.#lostFrom > this.#limits.resyncBytes) return this.#giveUp();
    }
  }

  /** The suspect record holds no other: its length was right, the header after it is not. */
  #acquit(): void {
    const stop = this.#suspectEnd;
    this.#suspectEnd = -1;
    this.#emit(stop, false);
    this.#lostFrom = this.#base + stop;
    this.#lostReason = 'there is no record header here';
  }

  #isCandidate(at: number): boolean | 'wait' {
    const bytes = this.#bytes;
    if (!isKnownType(u16(bytes, at + 4), u16(bytes, at + 6))) return false;
    const length = u32(bytes, at + 8);
    if (length === 0 || length > RESYNC_RECORD_BYTES) return false;
    const seconds = u32(bytes, at);
    if (seconds < FIRST_SECONDS) return false;
    if (this.#lastSeconds >= FIRST_SECONDS && Math.abs(seconds - this.#lastSeconds) > RESYNC_SECONDS) return false;

    const follow = this.#follow(at + HEADER_BYTES + length, seconds);
    if (follow === 'wait') return 'wait';
    return follow === 'end' || (follow === 'record' && this.#isNear(at + HEADER_BYTES + length, seconds));
  }

  #isNear(at: number, seconds: number): boolean {
    return Math.abs(u32(this.#bytes, at) - seconds) <= RESYNC_SECONDS;
  }

  #found(at: number): boolean {
    this.#reportDamage(this.#lostFrom, this.#base + at, this.#lostReason);
    this.#pos = at;
    this.#lostFrom = -1;
    this.#suspectEnd = -1;
    return true;
  }

  /** Drops searched bytes, unless the suspect record begins in them. */
  #forget(at: number): boolean {
    if (this.#suspectEnd < 0) this.#pos = at;
    return false;
  }

  /** At the end of the stream nothing more was found. A suspect record that reaches beyond the end is incomplete. */
  #endLost(): boolean {
    if (this.#suspectEnd >= 0 && this.#suspectEnd <= this.#end) this.#acquit();
    const reason = this.#suspectEnd > this.#end ? 'the last record is torn' : this.#lostReason;
    const end = this.#base + this.#end;
    if (end > this.#lostFrom) {
      this.#reportDamage(this.#lostFrom, end, this.#cut ?? reason);
      this.#cut = undefined;
    }
    this.#lostFrom = -1;
    this.#pos = this.#end;
    return false;
  }

  #giveUp(): boolean {
    this.#gaveUp = true;
    this.#lostReason = `${this.#lostReason}, and none in the ${this.#limits.resyncBytes} bytes after it`;
    this.#base += this.#end;
    this.#end = 0;
    this.#bytes = this.#passage.room(0);
    return false;
  }

  #reportDamage(from: number, to: number, reason: string): void {
    this.#sink.damage({ from, to, reason });
  }
}
