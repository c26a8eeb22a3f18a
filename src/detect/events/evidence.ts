import type { Prefix } from '../../bgp/prefix.ts';
import { overlaps } from '../../bgp/prefix.ts';
import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { Sight } from '../../rib/visibility-changes.ts';
import type { Evidence } from './event.ts';

/** As many messages stand in an event: enough to check it, few enough to send. */
const MAX_MESSAGES = 16;

/**
 * The messages by which voters lost (or gained) sight since `from`: the first ones in full, and the count of all that are
 * remembered.
 *
 * @param sights oldest first.
 */
export function evidenceOf(sights: readonly Sight[], lost: boolean, from: EventTime): Evidence {
  const messages: Sight[][] = [];
  for (const sight of sights) {
    if (sight.lost !== lost || sight.at < from) continue;
    const message = messages.at(-1);
    if (message?.[0] !== undefined && isOfOne(message[0], sight)) message.push(sight);
    else messages.push([sight]);
  }
  return { count: messages.length, messages: messages.slice(0, MAX_MESSAGES).flatMap((message) => messageOf(message)) };
}

/** Finds the sights of one unit, oldest first. A whole country's units may ask at one moment: each prefix is compared once. */
export function sightsByUnit(sights: readonly Sight[]): (unit: Prefix) => readonly Sight[] {
  const places = new Map<string, { readonly prefix: Prefix; readonly indices: number[] }>();
  for (const [i, { prefix }] of sights.entries()) {
    const place = places.get(prefix.text);
    if (place === undefined) places.set(prefix.text, { prefix, indices: [i] });
    else place.indices.push(i);
  }
  return (unit) => {
    const indices: number[] = [];
    for (const place of places.values()) if (overlaps(unit, place.prefix)) indices.push(...place.indices);
    return indices.sort((a, b) => a - b).flatMap((i) => sights[i] ?? []);
  };
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
