import type { Asn } from '../../../src/bgp/asn.ts';

/** One end of a session, as a record names it. An address of zeros means that the record does not say. */
export interface SessionEnd {
  /** Canonical text, see `Peer`. */
  readonly address: string;
  readonly asn: Asn;
}

/** A STATE_CHANGE record (RFC 6396 section 4.4.1); states as in RFC 4271 section 8.2.2, plus Quagga's 7 and 8. */
export interface SessionChange {
  readonly peer: SessionEnd;
  readonly local: SessionEnd;
  readonly from: number;
  readonly to: number;
}

/** What a state record means for routes. */
export type StateMeaning =
  | { readonly type: 'nothing' }
  | { readonly type: 'up' | 'down'; readonly peer: SessionEnd }
  /** One of these sessions went down, and the record does not say which. If one comes up again, it was that one. */
  | { readonly type: 'ambiguous'; readonly peers: readonly SessionEnd[] };

type SessionState = 'up' | 'down' | 'perhaps-down';

const ESTABLISHED = 6;
const NOTHING: StateMeaning = { type: 'nothing' };
/** Most sessions to remember. Collectors have a few hundred; a file with more than this is broken. */
export const MAX_SESSIONS = 65_536;

/**
 * What one collector's records said about its sessions, in order, so that its state records can be understood:
 *
 * - BIRD names the peer of a lost session 0.0.0.0: only its AS is right. So did RIS in 2000.
 * - OpenBGPD swaps the ends: the record's peer is the collector itself.
 * - FRR deletes a duplicate connection (3 → 8) right after the session came up (5 → 6), and tears down over states 7
 *   and 8. Only reaching Established brings a session up, only leaving it takes it down.
 */
export class SessionBook {
  /** By AS, then by address. */
  readonly #sessions = new Map<Asn, Map<string, SessionState>>();
  /** The collector's own ends. */
  readonly #own = new Set<string>();
  /** By the peer end of a state record: the local end it was first seen with. */
  readonly #firstLocal = new Map<string, SessionEnd>();
  #size = 0;

  /** Call when a message of this peer, or a peer index table, was read: its ends are in the right order. */
  noteSession(peer: SessionEnd, local: SessionEnd): void {
    if (isUnspecified(peer)) return;
    if (!this.#stateOf(peer)) this.#put(peer, 'up');
    if (!isUnspecified(local) && this.#own.size < MAX_SESSIONS) this.#own.add(key(local));
  }

  /**
   * The sessions that a record may mean by this peer: the peer itself or, without an address, all sessions of its AS.
   */
  meant(peer: SessionEnd): readonly SessionEnd[] {
    return isUnspecified(peer) ? this.#ofAs(peer.asn, () => true) : [peer];
  }

  change({ peer, local, from, to }: SessionChange): StateMeaning {
    const remote = this.#isSwapped(peer, local) ? local : peer;
    if (from === ESTABLISHED && to !== ESTABLISHED) return this.#down(remote);
    if (to === ESTABLISHED && from !== ESTABLISHED) return this.#up(remote);
    return NOTHING;
  }

  #up(peer: SessionEnd): StateMeaning {
    if (isUnspecified(peer)) return NOTHING;
    for (const other of this.#ofAs(peer.asn, (state) => state === 'perhaps-down')) this.#put(other, 'up');
    this.#put(peer, 'up');
    return { type: 'up', peer };
  }

  #down(peer: SessionEnd): StateMeaning {
    const candidates = isUnspecified(peer) ? this.#candidates(peer.asn) : [peer];
    const [only] = candidates;
    if (only === undefined) return NOTHING;
    if (candidates.length === 1) {
      this.#put(only, 'down');
      return { type: 'down', peer: only };
    }
    for (const candidate of candidates) this.#put(candidate, 'perhaps-down');
    return { type: 'ambiguous', peers: candidates };
  }

  /** The sessions that may have been up. If all seem down, an up was missed, so any of them. */
  #candidates(asn: Asn): readonly SessionEnd[] {
    const up = this.#ofAs(asn, (state) => state !== 'down');
    return up.length > 0 ? up : this.#ofAs(asn, () => true);
  }

  /** The collector's own end appears as the peer of many local ends; a peer's end has only one. */
  #isSwapped(peer: SessionEnd, local: SessionEnd): boolean {
    if (isUnspecified(peer) || isUnspecified(local)) return false;
    if (this.#own.has(key(peer))) return !this.#own.has(key(local));
    if (this.#own.has(key(local)) || this.#stateOf(peer)) return false;
    if (this.#stateOf(local)) return true;

    const first = this.#firstLocal.get(key(peer));
    if (first === undefined) {
      if (this.#firstLocal.size < MAX_SESSIONS) this.#firstLocal.set(key(peer), local);
      return false;
    }
    if (first.asn === local.asn) return false;
    this.#own.add(key(peer));
    return true;
  }

  #stateOf(peer: SessionEnd): SessionState | undefined {
    return this.#sessions.get(peer.asn)?.get(peer.address);
  }

  #ofAs(asn: Asn, isMeant: (state: SessionState) => boolean): readonly SessionEnd[] {
    const sessions = [...(this.#sessions.get(asn) ?? [])];
    return sessions.filter(([, state]) => isMeant(state)).map(([address]) => ({ address, asn }));
  }

  #put(peer: SessionEnd, state: SessionState): void {
    const sessions = this.#sessions.get(peer.asn) ?? new Map<string, SessionState>();
    if (!sessions.has(peer.address)) {
      if (this.#size >= MAX_SESSIONS) return;
      this.#size++;
    }
    sessions.set(peer.address, state);
    this.#sessions.set(peer.asn, sessions);
  }
}

/** Whether an address of a session is 0.0.0.0 or ::, which is not an address of a peer. */
export function isUnspecified(end: SessionEnd): boolean {
  return end.address === '0.0.0.0' || end.address === '::';
}

function key(end: SessionEnd): string {
  return `${end.address}|${end.asn}`;
}
