import type { Peer, PeerId } from '../bgp/peer.ts';
import { later, type EventTime } from '../bgp/time.ts';

/** Who was heard to be alive, and is no more. Only peers with a pulse of their own are held to it; see `peerSilenceMs`. */
export class Pulses {
  readonly #silenceMs: number;
  readonly #heard = new Map<PeerId, { readonly peer: Peer; at: EventTime }>();
  /** No peer can have been silent too long before this: who is heard again only moves later. */
  #lookAt: EventTime | undefined;

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /** The peer itself said that it is alive. */
  start(peer: Peer, at: EventTime): void {
    if (this.#silenceMs === 0) return;
    const heard = this.#heard.get(peer.id);
    if (heard !== undefined) {
      heard.at = at;
      return;
    }
    this.#heard.set(peer.id, { peer, at });
    this.#lookAt ??= later(at, this.#silenceMs);
  }

  /** It said something else: alive as well, but that says nothing of how often it speaks. */
  hear(peer: Peer, at: EventTime): void {
    const heard = this.#heard.get(peer.id);
    if (heard !== undefined) heard.at = at;
  }

  /** It went down, or is mistrusted anyhow. */
  stop(peer: Peer): void {
    this.#heard.delete(peer.id);
  }

  /** Never later than the next silence that lasts too long; often earlier, and then nobody is silent. */
  deadline(): EventTime | undefined {
    return this.#lookAt;
  }

  /** Peers silent for too long at `at`. They are told once. */
  takeSilent(at: EventTime): readonly Peer[] {
    if (this.#lookAt === undefined || this.#lookAt > at) return [];
    const silent: Peer[] = [];
    let next: EventTime | undefined;
    for (const { peer, at: last } of this.#heard.values()) {
      const due = later(last, this.#silenceMs);
      if (due <= at) silent.push(peer);
      else if (next === undefined || due < next) next = due;
    }
    for (const peer of silent) this.#heard.delete(peer.id);
    this.#lookAt = next;
    return silent;
  }
}
