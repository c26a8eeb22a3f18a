import { isoTime, type EventTime } from '../bgp/time.ts';
import type { Sight } from '../visibility/plane.ts';
import type { Evidence } from './event.ts';

/** As many messages stand in an event: enough to check it, few enough to send. */
const MAX_MESSAGES = 24;

/** The messages by which voters lost (or gained) sight since `from`: the first ones in full, and the count of all. */
export function evidenceOf(sights: readonly Sight[], lost: boolean, from: EventTime): Evidence {
  const found = sights.filter((sight) => sight.lost === lost && sight.at >= from);
  return {
    count: found.length,
    messages: found.slice(0, MAX_MESSAGES).map(({ at, type, peer, prefix }) => ({
      at: isoTime(at),
      type,
      collector: peer.collector,
      peer: { address: peer.address, asn: peer.asn },
      prefix: prefix.text,
    })),
  };
}
