import type { GapElement, RoutingElement } from '../../../src/bgp/element.ts';
import type { Collector, Peer, PeerId } from '../../../src/bgp/peer.ts';

/** Most addresses remembered per collector, as in `AsZero`. */
const MAX_ADDRESSES = 10_000;
/** The address of sessions without an address; several may have it. */
const NO_ADDRESS = new Set(['0.0.0.0', '::']);

/**
 * Sessions that a table dump lists with another AS than the updates of the same address have: the dump was written with
 * AS_TRANS (RFC 6793) or a wrong AS, or the peer has another AS since. A collector has one session for each address, so
 * no update is ever about the listed one, and what it had would never be withdrawn. It has no vote.
 */
export class DumpedSessions {
  readonly #collector: Collector;
  /** Listed by a dump, and not named by any update yet. */
  readonly #listed = new Map<string, Peer[]>();
  /** Named by the latest update of an address. */
  readonly #named = new Map<string, PeerId>();

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  /** Whether updates of its address name another session than this listed one. */
  isStranger({ address, id }: Peer): boolean {
    const named = this.#named.get(address);
    return named !== undefined && named !== id && !NO_ADDRESS.has(address);
  }

  /** Records an element. Returns gaps of listed sessions that this update shows to be wrong. */
  record(element: RoutingElement): readonly GapElement[] {
    const { type } = element;
    if (type === 'rib') this.list(element.peer);
    if (type === 'gap' && element.peer !== undefined && element.routes === undefined) this.#forget(element.peer);
    return type === 'announcement' || type === 'withdrawal' ? this.#name(element.peer, element) : [];
  }

  /** A dump lists this session, or has routes of it. */
  list(peer: Peer): void {
    const { address, id } = peer;
    if (NO_ADDRESS.has(address) || this.#named.get(address) === id) return;
    const listed = this.#listed.get(address);
    if (listed === undefined) {
      if (this.#listed.size < MAX_ADDRESSES) this.#listed.set(address, [peer]);
    } else if (listed.every((other) => other.id !== id)) listed.push(peer);
  }

  /** The session has no vote until a dump lists it again. */
  #forget({ address, id }: Peer): void {
    const left = this.#listed.get(address)?.filter((other) => other.id !== id) ?? [];
    if (left.length === 0) this.#listed.delete(address);
    else this.#listed.set(address, left);
  }

  #name({ address, id }: Peer, { at }: RoutingElement): readonly GapElement[] {
    if (this.#named.get(address) === id) return [];
    if (!this.#named.has(address) && this.#named.size >= MAX_ADDRESSES) return [];
    this.#named.set(address, id);
    const listed = this.#listed.get(address) ?? [];
    this.#listed.delete(address);
    return listed
      .filter((other) => other.id !== id)
      .map((peer) => ({ type: 'gap', at, collector: this.#collector, peer, reason: 'renamed-peer' }));
  }
}
