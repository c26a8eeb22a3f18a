import type { Asn } from './asn.ts';
import type { Brand } from './brand.ts';

/** A machine that peers and records, by its short name: `rrc00`, `route-views.sg`. */
export type Collector = Brand<string, 'Collector'>;

/**
 * RIS ends a session that sent no KEEPALIVE for this long: the hold time of RFC 4271 section 4.2, as its collectors offer it.
 * Milliseconds.
 */
export const RIS_HOLD_MS = 180_000;

/** `collector|address|asn`: one session of one collector, RFC 6396 section 4.3.1. */
export type PeerId = Brand<string, 'PeerId'>;

/**
 * A router with a session to a collector. Sources intern peers, so that the same peer is the same object;
 * nothing relies on it, `id` is the key.
 */
export interface Peer {
  readonly id: PeerId;
  readonly collector: Collector;
  /** Canonical text: dotted quad, or RFC 5952. */
  readonly address: string;
  readonly asn: Asn;
}

const COLLECTOR = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A collector's name, without RIS's domain (`rrc21.ripe.net` is `rrc21`); `undefined`: not a valid name. */
export function parseCollector(text: string): Collector | undefined {
  const name = text.replace(/\.ripe\.net$/, '');
  return COLLECTOR.test(name) ? (name as Collector) : undefined;
}

/** Who runs a collector: RIPE RIS, or Route Views of the University of Oregon. */
export type Project = 'ris' | 'routeviews';

const RIS = /^rrc\d{2}$/;
/**
 * `route-views2`, `route-views.sg`; the names given since 2023 are an exchange and an airport: `amsix.ams`, `ix-br2.gru`.
 * A name that ends as a domain is one of somebody else.
 */
const ROUTE_VIEWS = /^(?:route-views.*|[a-z][a-z0-9-]*\.(?!(?:com|edu|gov|int|mil|net|org)$)[a-z]{3})$/;

/** The project that a collector's name is of; `undefined`: a collector of somebody else. */
export function projectOf(collector: string): Project | undefined {
  if (RIS.test(collector)) return 'ris';
  return ROUTE_VIEWS.test(collector) ? 'routeviews' : undefined;
}

/** `address` must be canonical: two spellings would be two peers. */
export function peerOf(collector: Collector, address: string, asn: Asn): Peer {
  return { id: `${collector}|${address}|${asn}` as PeerId, collector, address, asn };
}
