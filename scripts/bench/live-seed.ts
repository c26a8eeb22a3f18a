import { asnOf } from '../../src/bgp/asn.ts';
import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import { parsePrefix } from '../../src/bgp/prefix.ts';
import { eventTimeOf } from '../../src/bgp/time.ts';
import type { ElementSource } from '../../src/ports.ts';
import { ANCHORS, ipv4Sessions, NORTH_KOREA, type Session } from './live-messages.ts';

/** The approximate size of a full table today. */
const FULL_TABLE = { ipv4: 1_000_000, ipv6: 0 };

/** The first table, as from RIPEstat or a dump: every IPv4 session is full-feed and has the routes. */
export function liveSeed(atMs: number): ElementSource {
  return {
    name: 'seed',
    async *elements() {
      for (const session of ipv4Sessions()) yield* await Promise.resolve(tableOf(session, atMs));
    },
  };
}

function tableOf(session: Session, atMs: number): Element[] {
  const at = known(eventTimeOf(atMs));
  const peer = peerOfSession(session);
  const path = [session.asn, 3216, 4837, 131_279].map((number) => known(asnOf(number)));
  const routes = [...NORTH_KOREA, ...ANCHORS].map((text): Element => {
    return { type: 'rib', at, peer, prefix: known(parsePrefix(text)), pathId: undefined, path };
  });
  return [...routes, { type: 'end-of-rib', at, peer, family: undefined, dump: { from: at, routes: FULL_TABLE } }];
}

function peerOfSession({ host, address, asn }: Session): Peer {
  return peerOf(known(parseCollector(host)), address, known(asnOf(asn)));
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the seed of the benchmark cannot be read');
  return value;
}
