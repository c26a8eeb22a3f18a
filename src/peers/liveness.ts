import type { Peer, PeerId } from '../bgp/peer.ts';
import { later, type EventTime } from '../bgp/time.ts';
import type { DirtySet } from '../rib/dirty-set.ts';
import { MAX_SESSIONS } from './session.ts';

/** A peer that sends KEEPALIVEs. */
export interface LastMessage {
  readonly peer: Peer;
  /** The time of its last message. */
  at: EventTime;
  /** Peers are numbered in the order in which their first messages arrived. */
  readonly number: number;
}

/** The state from which liveness continues. */
export interface LivenessSnapshot {
  readonly lookAt: EventTime | undefined;
  readonly next: number;
}

/**
 * Finds peers that were alive and have fallen silent. It follows only peers that send KEEPALIVEs, at most as many as
 * there can be sessions; see `peerSilenceMs`.
 */
export class Liveness {
  readonly #silenceMs: number;
  readonly #dirty: DirtySet<PeerId>;
  readonly #lastMessages = new Map<PeerId, LastMessage>();
  /** No peer can have been silent for too long before this: a new message only moves the time to later. */
  #lookAt: EventTime | undefined;
  #next = 0;

  constructor(silenceMs: number, dirty: DirtySet<PeerId>) {
    this.#silenceMs = silenceMs;
    this.#dirty = dirty;
  }

  /**
   * Notes a sign of life of the peer itself.
   *
   * @returns whether it was not known to be alive until now
   */
  start(peer: Peer, at: EventTime): boolean {
    if (this.#silenceMs === 0) return false;
    const last = this.#lastMessages.get(peer.id);
    const isNew = last === undefined && this.#lastMessages.size < MAX_SESSIONS;
    if (last !== undefined) last.at = at;
    else if (isNew) {
      this.#lastMessages.set(peer.id, { peer, at, number: this.#next++ });
      this.#lookAt ??= later(at, this.#silenceMs);
    }
    this.#dirty.add(peer.id);
    return isNew;
  }

  /**
   * Whether the feed names this peer. Always true if the rule is off. Without this, peers that only the seed lists
   * would vote forever, although the feed never reports their changes.
   */
  isNamed(id: PeerId): boolean {
    return this.#silenceMs === 0 || this.#lastMessages.has(id);
  }

  /**
   * Notes another message: the peer was alive at that time, but this does not show how often it sends. Older times
   * change nothing.
   */
  noteMessage(peer: Peer, at: EventTime): void {
    const last = this.#lastMessages.get(peer.id);
    if (last === undefined || at <= last.at) return;
    last.at = at;
    this.#dirty.add(peer.id);
  }

  /** The peer went down, or has lost its vote anyway. */
  stop(peer: Peer): void {
    if (this.#lastMessages.delete(peer.id)) this.#dirty.add(peer.id);
  }

  /**
   * Never later than the moment at which a peer has been silent for too long. It may be earlier; then no peer is silent
   * yet.
   */
  deadline(): EventTime | undefined {
    return this.#lookAt;
  }

  /** The peers that have been silent for too long at `at`. Each is returned once. */
  takeSilent(at: EventTime): readonly Peer[] {
    if (this.#lookAt === undefined || this.#lookAt > at) return [];
    const silent: Peer[] = [];
    let next: EventTime | undefined;
    for (const { peer, at: last } of this.#lastMessages.values()) {
      const due = later(last, this.#silenceMs);
      if (due <= at) silent.push(peer);
      else if (next === undefined || due < next) next = due;
    }
    for (const peer of silent) this.stop(peer);
    this.#lookAt = next;
    return silent;
  }

  ids(): Iterable<PeerId> {
    return this.#lastMessages.keys();
  }

  of(id: PeerId): LastMessage | undefined {
    return this.#lastMessages.get(id);
  }

  snapshot(): LivenessSnapshot {
    return { lookAt: this.#lookAt, next: this.#next };
  }

  /** Restores the times of last messages, unless the rule is off. @param lastMessages in ascending order of number. */
  restore({ lookAt, next }: LivenessSnapshot, lastMessages: readonly LastMessage[]): void {
    this.#next = next;
    if (this.#silenceMs === 0) return;
    this.#lookAt = lookAt;
    for (const one of lastMessages) this.#lastMessages.set(one.peer.id, one);
  }
}
