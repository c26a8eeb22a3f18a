import { parseCollector, peerOf, type Collector, type Peer } from '../../src/bgp/peer.ts';
import { addressText, parseAddress } from '../../src/bgp/prefix.ts';
import { asnField } from './fields.ts';

/** Most collectors. RIS has 23 collectors and some 1,500 sessions; a feed with far more invents them. */
export const MAX_COLLECTORS = 256;

/** Most peers. */
export const MAX_PEERS = 20_000;

/**
 * The collectors and peers in a feed. Each name is parsed once, and later messages get the same object. Bounded: a
 * message with a name beyond the bound is unreadable.
 */
export class Names {
  readonly #collectors = new Map<string, Collector>();
  /** By the exact text of host, address and ASN. */
  readonly #peers = new Map<string, Peer>();

  get size(): number {
    return this.#peers.size;
  }

  collector(host: unknown): Collector | undefined {
    if (typeof host !== 'string') return undefined;
    const known = this.#collectors.get(host);
    if (known !== undefined) return known;
    const collector = parseCollector(host);
    if (collector === undefined || this.#collectors.size >= MAX_COLLECTORS) return undefined;
    this.#collectors.set(host, collector);
    return collector;
  }

  /** A string: why the peer cannot be read. */
  peer(collector: Collector, address: unknown, asn: unknown): Peer | 'bad-peer' | 'bad-peer-asn' | 'too-many-peers' {
    if (typeof address !== 'string') return 'bad-peer';
    if (typeof asn !== 'string' && typeof asn !== 'number') return 'bad-peer-asn';
    const key = `${collector}|${address}|${asn}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;

    const parsed = parseAddress(address);
    if (parsed === undefined) return 'bad-peer';
    const number = asnField(asn);
    if (number === undefined) return 'bad-peer-asn';
    if (this.#peers.size >= MAX_PEERS) return 'too-many-peers';
    const peer = peerOf(collector, addressText(parsed.family, parsed.words), number);
    this.#peers.set(key, peer);
    return peer;
  }
}
