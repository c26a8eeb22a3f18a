import type { Family } from '../../src/bgp/prefix.ts';

/** NLRI that are lists of plain prefixes. */
export interface NlriKind {
  readonly family: Family;
  /** Unicast: these routes forward packets. Multicast routes do not, so they say nothing about a territory. */
  readonly decides: boolean;
}

/**
 * What the NLRI of an address family (AFI) and subsequent address family (SAFI) are to us; `undefined`: they are not
 * plain prefixes. Labels come before those of SAFI 4 (RFC 8277), labels and a route distinguisher before those of
 * SAFI 128 (RFC 4364). Such routes are not damage: they are left out.
 *
 * SAFI 1 is unicast, 2 multicast (RFC 4760 section 6). 3 was both in one (RFC 2858), and decides where it still comes.
 * `family` in bgpkit-parser-wasm/src/update.rs has the same rule; the prefilter reads 1, drops 2, and
 * leaves all others to the decoder.
 */
export function nlriKindOf(afi: number, safi: number): NlriKind | undefined {
  if ((afi !== 1 && afi !== 2) || safi < 1 || safi > 3) return undefined;
  return { family: afi === 1 ? 'ipv4' : 'ipv6', decides: safi !== 2 };
}
