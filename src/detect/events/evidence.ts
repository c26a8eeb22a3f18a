import type { Prefix } from '../../bgp/prefix.ts';
import { overlaps } from '../../bgp/prefix.ts';
import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { VisibilityChange } from '../../rib/visibility-changes.ts';
import type { Evidence } from './event.ts';

/** As many messages stand in an event: enough to check it, few enough to send. */
const MAX_MESSAGES = 16;

/**
 * The messages by which voters lost (or gained) sight since `from`: the first ones in full, and the count of all that are
 * remembered.
 *
 * @param visibility changes oldest first.
 */
export function evidenceOf(visibilityLog: readonly VisibilityChange[], lost: boolean, from: EventTime): Evidence {
  const messages: VisibilityChange[][] = [];
  for (const sight of visibilityLog) {
    if (sight.lost !== lost || sight.at < from) continue;
    const message = messages.at(-1);
    if (message?.[0] !== undefined && isOfOne(message[0], sight)) message.push(sight);
    else messages.push([sight]);
  }
  return { count: messages.length, messages: messages.slice(0, MAX_MESSAGES).flatMap((message) => messageOf(message)) };
}

/** Finds the visibility changes of one unit, oldest first. A whole country's units may ask at one moment: each prefix is compared once. */
export function changesByUnit(
  visibilityLog: readonly VisibilityChange[],
): (unit: Prefix) => readonly VisibilityChange[] {
  const places = new Map<string, { readonly prefix: Prefix; readonly indices: number[] }>();
  for (const [i, { prefix }] of visibilityLog.entries()) {
    const place = places.get(prefix.text);
    if (place === undefined) places.set(prefix.text, { prefix, indices: [i] });
    else place.indices.push(i);
  }
  return (unit) => {
    const indices: number[] = [];
    for (const place of places.values()) if (overlaps(unit, place.prefix)) indices.push(...place.indices);
    return indices.sort((a, b) => a - b).flatMap((i) => visibilityLog[i] ?? []);
  };
}

/** What one peer told at one moment stands in one message, as far as anybody can tell from outside. */
function isOfOne(a: VisibilityChange, b: VisibilityChange): boolean {
  return a.at === b.at && a.type === b.type && a.peer.id === b.peer.id;
}

function messageOf(visibilityLog: readonly VisibilityChange[]): Evidence['messages'] {
  const [first] = visibilityLog;
  if (first === undefined) return [];
  const { at, type, peer } = first;
  return [
    {
      at: isoTime(at),
      type,
      collector: peer.collector,
      peer: { address: peer.address, asn: peer.asn },
      prefixes: visibilityLog.map((sight) => sight.prefix.text),
    },
  ];
}
