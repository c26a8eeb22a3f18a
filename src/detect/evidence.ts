import type { Prefix } from '../bgp/prefix.ts';
import { overlaps } from '../bgp/prefix.ts';
import { isoTime, type EventTime } from '../bgp/time.ts';
import type { Sight } from '../visibility/sights.ts';
import type { Evidence } from './event.ts';

/** As many messages stand in an event: enough to check it, few enough to send. */
const MAX_MESSAGES = 16;

/**
 * The messages by which voters lost (or gained) sight since `from`, of one unit if asked: the first ones in full, and the
 * count of all that are remembered.
 */
export function evidenceOf(sights: readonly Sight[], lost: boolean, from: EventTime, unit?: Prefix): Evidence {
  const messages: Sight[][] = [];
  for (const sight of sights) {
    if (sight.lost !== lost || sight.at < from || (unit !== undefined && !overlaps(unit, sight.prefix))) continue;
    const message = messages.at(-1);
    if (message?.[0] !== undefined && isOfOne(message[0], sight)) message.push(sight);
    else messages.push([sight]);
  }
  return { count: messages.length, messages: messages.slice(0, MAX_MESSAGES).flatMap((message) => messageOf(message)) };
}

/** What one peer told at one moment stands in one message, as far as anybody can tell from outside. */
function isOfOne(a: Sight, b: Sight): boolean {
  return a.at === b.at && a.type === b.type && a.peer.id === b.peer.id;
}

function messageOf(sights: readonly Sight[]): Evidence['messages'] {
  const [first] = sights;
  if (first === undefined) return [];
  const { at, type, peer } = first;
  return [
    {
      at: isoTime(at),
      type,
      collector: peer.collector,
      peer: { address: peer.address, asn: peer.asn },
      prefixes: sights.map((sight) => sight.prefix.text),
    },
  ];
}
