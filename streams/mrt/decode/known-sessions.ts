import type { Collector, Peer } from '../../../src/bgp/peer.ts';
import { peerOf } from '../../../src/bgp/peer.ts';
import { SESSION_BYTES, type DecodedColumns } from './columns.ts';
import { sessionEnds } from './decode-batch.ts';
import { MAX_SESSIONS, type SessionBook, type SessionEnd } from './peer-state.ts';

/** A session of one collector: the same object each time. */
export interface KnownSession {
  readonly peer: Peer;
  readonly local: SessionEnd;
}

/**
 * The sessions that one collector's records named. A collector has a few dozen, and each batch names most of them
 * again: their texts are built once.
 */
export class KnownSessions {
  readonly #collector: Collector;
  readonly #book: SessionBook;
  /** By their bytes in the batch, as Latin-1. */
  readonly #sessions = new Map<string, KnownSession>();
  readonly #noted = new Set<KnownSession>();

  constructor(collector: Collector, book: SessionBook) {
    this.#collector = collector;
    this.#book = book;
  }

  /** The sessions of a batch, in the order of its `peers`. Those that a message named are in the book afterwards. */
  of({ peers, peerNamed }: DecodedColumns): readonly KnownSession[] {
    const bytes = Buffer.from(peers.buffer, peers.byteOffset, peers.length);
    const sessions: KnownSession[] = [];
    for (let at = 0; at < bytes.length; at += SESSION_BYTES) {
      const session = this.#at(bytes.toString('latin1', at, at + SESSION_BYTES), peers, at);
      if (peerNamed[sessions.length] === 1) this.#note(session);
      sessions.push(session);
    }
    return sessions;
  }

  #at(key: string, peers: Uint8Array, at: number): KnownSession {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const { peer, local } = sessionEnds(peers, at);
    const session = { peer: peerOf(this.#collector, peer.address, peer.asn), local };
    if (this.#sessions.size < MAX_SESSIONS) this.#sessions.set(key, session);
    return session;
  }

  /** The book forgets no session: to note one a second time changes nothing. */
  #note(session: KnownSession): void {
    if (this.#noted.has(session)) return;
    this.#book.noteSession(session.peer, session.local);
    if (this.#noted.size < MAX_SESSIONS) this.#noted.add(session);
  }
}
