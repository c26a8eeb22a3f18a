import type { Asn } from '../../../src/bgp/asn.ts';
import type { GapElement, RoutingElement } from '../../../src/bgp/element.ts';
import { peerOf, type Collector, type Peer } from '../../../src/bgp/peer.ts';

/** Most addresses remembered per collector. RIS's largest has 150 peers; further sessions are not named. */
const MAX_SESSIONS = 10_000;

const ZERO = 0 as Asn;

/**
 * Sessions that a PEER_INDEX_TABLE lists with AS 0, as GoBGP did for all of them from late 2025 to 2026-09. AS 0 may
 * not be used (RFC 7607), and the updates of the same sessions have the real AS. Without a correction, the dump and the
 * updates would be about different peers, and the peers of the dump would never withdraw anything.
 *
 * A session is found by its address, which is unique per collector. Its AS is that of the updates from this address.
 * Before the first update it is the first AS of its routes' paths, which a router adds itself (RFC 4271 section 5.1.2).
 * A route server does not (RFC 7947): if its updates have another AS, the routes under the first one become a gap. An
 * address with updates of two ASes names neither.
 */
export class AsZero {
  readonly #collector: Collector;
  readonly #asOf = new Map<string, Asn | 'several'>();
  /** From paths, for sessions that have sent no update yet. */
  readonly #guessed = new Map<string, Peer>();

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  /** The element under the session's real AS. Empty if the AS of its session is not known. */
  name(element: RoutingElement): readonly RoutingElement[] {
    if (!('peer' in element) || element.peer === undefined) return [element];
    const { peer } = element;
    if (peer.asn !== ZERO) return [...this.#learn(peer, element), element];
    const named = this.find(peer.address) ?? this.#guess(element);
    if (named !== undefined) return [{ ...element, peer: named }];
    // A gap of this session cannot be assigned to it, so it is not named later either.
    if (element.type === 'gap' && this.#asOf.size < MAX_SESSIONS) this.#asOf.set(peer.address, 'several');
    return [];
  }

  /** The session at this address; `undefined`: its AS is not known, or two ASes share the address. */
  find(address: string): Peer | undefined {
    const asn = this.#asOf.get(address);
    if (asn === 'several') return undefined;
    return asn === undefined ? this.#guessed.get(address) : peerOf(this.#collector, address, asn);
  }

  #learn({ address, asn }: Peer, { at }: RoutingElement): readonly GapElement[] {
    const known = this.#asOf.get(address);
    if (known === asn || known === 'several') return [];
    if (known === undefined && this.#asOf.size >= MAX_SESSIONS) return [];
    this.#asOf.set(address, known === undefined ? asn : 'several');
    const guessed = this.#guessed.get(address);
    this.#guessed.delete(address);
    if (guessed === undefined || guessed.asn === asn) return [];
    return [{ type: 'gap', at, collector: this.#collector, peer: guessed, reason: 'ambiguous-peer' }];
  }

  #guess(element: RoutingElement): Peer | undefined {
    if (element.type !== 'rib' || this.#asOf.has(element.peer.address)) return undefined;
    const [first] = element.path;
    if (typeof first !== 'number' || first === ZERO || this.#guessed.size >= MAX_SESSIONS) return undefined;
    const peer = peerOf(this.#collector, element.peer.address, first);
    this.#guessed.set(element.peer.address, peer);
    return peer;
  }
}
