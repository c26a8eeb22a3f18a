import type { Collector } from '../../../src/bgp/peer.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { isUnspecified, SessionBook, type SessionEnd } from '../../mrt/decode/peer-state.ts';
import { RecordClock } from '../../mrt/record/record-clock.ts';
import type { BgpMessage } from './bgp-message.ts';
import type { Counts } from './counts.ts';
import { hostOf, MessageIds, type PeerStateMessage, type RisMessage } from './message.ts';
import { readMrtRecord, type MrtMessage, type MrtStateChange } from './mrt-record.ts';

/** The options of a collector's messages. */
export interface VoiceOptions {
  /** Whether sessions that are up send a KEEPALIVE every half minute while the archive is silent. */
  readonly keepalives: boolean;
  readonly counts: Counts;
}

/** Event time between the KEEPALIVEs of a session. Real ones come every 60 s at the latest (hold time 180 s). */
const KEEPALIVE_MS = 30_000;
/** Most sessions with KEEPALIVEs. Collectors have a few hundred, but records may name any number. */
const MAX_SESSIONS = 4096;
/**
 * The longest pause that KEEPALIVEs fill. In a longer pause a file is missing: the collector was not recording, and
 * clients must notice that.
 */
const MAX_SILENCE_MS = 24 * 3_600_000;

interface Session {
  readonly end: SessionEnd;
  /**
   * Only an established session gets KEEPALIVEs. The KEEPALIVE that answers an OPEN comes before the session is
   * Established (RFC 4271 section 8.2.2); it is not sent, because clients take a KEEPALIVE as a sign of life.
   */
  isUp: boolean;
  /** The time of its last KEEPALIVE, its own or ours. */
  aliveAt: number;
}

/**
 * The messages of one collector on RIS Live, made from the records of its update files in order. Times never go back: a
 * record with a wrong time gets the time reached before it, as in a replay of the same files.
 */
export class CollectorVoice {
  readonly #host: string;
  readonly #options: VoiceOptions;
  readonly #book = new SessionBook();
  readonly #ids = new MessageIds();
  readonly #sessions = new Map<string, Session>();
  #clock = new RecordClock();
  #at = 0 as EventTime;
  #nextRound = 0;

  constructor(collector: Collector, options: VoiceOptions) {
    this.#host = hostOf(collector);
    this.#options = options;
  }

  /** Event time reached; 0 before the first message. */
  get at(): EventTime {
    return this.#at;
  }

  /**
   * Call at the end of a file: the times of the next file are checked by its own records. `hole`: records are missing
   * before the next file.
   */
  nextFile(hole: boolean): void {
    this.#clock = new RecordClock();
    if (hole) this.#nextRound = 0;
  }

  /** Adds the messages of one record to `into`. `next` as in `RecordSink`. */
  // oxlint-disable-next-line max-params -- no object a record or route where millions pass
  record(bytes: Uint8Array, start: number, end: number, next: number, into: RisMessage[]): void {
    const isOutlier = this.#clock.record(bytes, start, next);
    if (isOutlier) this.#options.counts.add('a time that is off');
    const read = readMrtRecord(bytes, start, end);
    const ms = isOutlier ? 0 : read.ok ? read.fact.ms : (this.#clock.seconds ?? 0) * 1000;
    this.#passTo(ms, into);
    // No time is known yet.
    if (this.#at === 0) return;
    if (!read.ok) {
      this.#options.counts.add(read.reason);
      if (read.session !== undefined) this.#book.noteSession(read.session.peer, read.session.local);
      return;
    }
    if (read.fact.kind === 'state') this.#state(read.fact, into);
    else this.#message(read.fact, into);
  }

  /** Sends a last KEEPALIVE for each session, so that clients reach the time at which the files end. */
  end(into: RisMessage[]): void {
    if (this.#options.keepalives && this.#at > 0) this.#round(this.#at, 1, into);
  }

  /** Moves time forward, never back, and sends the KEEPALIVEs that are due. */
  #passTo(ms: number, into: RisMessage[]): void {
    if (ms < this.#at) return;
    const silence = ms - this.#at;
    if (this.#options.keepalives && this.#nextRound > 0 && silence <= MAX_SILENCE_MS) {
      for (; this.#nextRound <= ms; this.#nextRound += KEEPALIVE_MS) {
        this.#round(this.#nextRound as EventTime, KEEPALIVE_MS, into);
      }
    }
    if (this.#nextRound <= ms) this.#nextRound = (Math.floor(ms / KEEPALIVE_MS) + 1) * KEEPALIVE_MS;
    this.#at = ms as EventTime;
  }

  /** `after`: only sessions that have been silent for this long. */
  #round(at: EventTime, after: number, into: RisMessage[]): void {
    for (const session of this.#sessions.values()) {
      if (!session.isUp || at - session.aliveAt < after) continue;
      session.aliveAt = at;
      into.push(this.#said(session.end, at, { type: 'KEEPALIVE' }, KEEPALIVE_BYTES));
    }
  }

  #state(change: MrtStateChange, into: RisMessage[]): void {
    const meaning = this.#book.change(change);
    switch (meaning.type) {
      case 'nothing':
        return;
      case 'ambiguous':
        // None of these sessions counts as alive until its next message.
        for (const end of meaning.peers) this.#put(end, false);
        this.#options.counts.add('a session went down, but the record does not say which of its AS');
        return;
      case 'up':
      case 'down':
        this.#put(meaning.peer, meaning.type === 'up');
    }
    into.push(this.#said(meaning.peer, this.#at, { type: 'STATE', state: meaning.type }, undefined));
  }

  #message(fact: MrtMessage, into: RisMessage[]): void {
    const { peer, local, isLocal, message } = fact;
    const { counts } = this.#options;
    if (!isLocal) this.#book.noteSession(peer, local);
    if (isUnspecified(peer)) return counts.add('a message that names no peer');
    // Messages that the collector sent are skipped, except its OPEN, which RIS Live marks as `sent`.
    if (isLocal && message.type !== 'OPEN') return counts.add('a message that the collector itself sent');
    if (message.type === 'UPDATE' && !hasRoutes(fact)) return counts.add('an UPDATE of another address family');

    if (!isLocal && !this.#lives(peer, message.type)) return counts.add('a KEEPALIVE that opens a session');
    const said = this.#said(peer, this.#at, message, Buffer.from(fact.raw));
    into.push(message.type === 'OPEN' ? { ...said, direction: isLocal ? 'sent' : 'received' } : said);
  }

  /** Follows the session by a message of the peer. False: a KEEPALIVE that opens the session. */
  #lives(end: SessionEnd, type: BgpMessage['type']): boolean {
    const before = this.#sessions.get(keyOf(end));
    const wasUp = before?.isUp ?? true;
    const session = this.#put(end, type === 'UPDATE' || type === 'KEEPALIVE');
    if (type !== 'KEEPALIVE') return true;
    if (session !== undefined) session.aliveAt = this.#at;
    return wasUp;
  }

  /** `undefined`: there are too many sessions. */
  #put(end: SessionEnd, isUp: boolean): Session | undefined {
    const known = this.#sessions.get(keyOf(end));
    if (known === undefined && this.#sessions.size >= MAX_SESSIONS) return undefined;
    const session = known ?? { end, isUp, aliveAt: 0 };
    session.isUp = isUp;
    this.#sessions.set(keyOf(end), session);
    return session;
  }

  #said(
    { address, asn }: SessionEnd,
    at: EventTime,
    body: RisMessage['body'] | PeerStateMessage,
    raw: Uint8Array | undefined,
  ): RisMessage {
    return { at, host: this.#host, peer: address, peerAsn: asn, id: this.#ids.next(address, at), body, raw };
  }
}

const KEEPALIVE_BYTES = Uint8Array.from([...Array.from({ length: 16 }, () => 0xff), 0, 19, 4]);

function keyOf(end: SessionEnd): string {
  return `${end.address}|${end.asn}`;
}

function hasRoutes({ message }: MrtMessage): boolean {
  if (message.type !== 'UPDATE') return true;
  const { announced, withdrawn, endOfRib } = message.update;
  return announced.length > 0 || withdrawn.length > 0 || endOfRib !== undefined;
}
