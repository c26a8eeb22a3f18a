import type { Prefix } from '../../bgp/prefix.ts';
import { overlaps } from '../../bgp/prefix.ts';
import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { VisibilityChange } from '../../rib/visibility-changes.ts';
import type { Evidence } from './event.ts';

/** As many messages stand in an event: enough to check it, few enough to send. */
const MAX_MESSAGES = 16;

/**
 * The messages by which voters lost (or gained) sight since `from`: all of them counted; the first, the last, and a sample
 * across the movement between them in full. Where there is none, because what changed was not heard as it did, the
 * messages that were heard last before.
 *
 * @param visibilityLog oldest first.
 */
export function evidenceOf(visibilityLog: readonly VisibilityChange[], lost: boolean, from: EventTime): Evidence {
  const found = messagesOf(visibilityLog.filter((sight) => sight.lost === lost && sight.at >= from));
  const messages = found.length > 0 ? found : messagesOf(visibilityLog.slice(-MAX_MESSAGES));
  return { count: messages.length, messages: sampled(messages).flatMap((message) => messageOf(message)) };
}

/** What one peer told at one moment stands in one message, as far as anybody can tell from outside. */
function messagesOf(visibilityLog: readonly VisibilityChange[]): readonly VisibilityChange[][] {
  const messages = new Map<string, VisibilityChange[]>();
  for (const sight of visibilityLog) {
    const key = `${sight.at} ${sight.type} ${sight.peer.id}`;
    const message = messages.get(key);
    if (message === undefined) messages.set(key, [sight]);
    else message.push(sight);
  }
  return [...messages.values()];
}

/** As many as stand in an event, at even steps, the first and the last among them. */
function sampled<T>(all: readonly T[]): readonly T[] {
  if (all.length <= MAX_MESSAGES) return all;
  const step = (all.length - 1) / (MAX_MESSAGES - 1);
  return Array.from({ length: MAX_MESSAGES }, (_, i) => all[Math.round(i * step)]).filter((one) => one !== undefined);
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
      prefixes: [...new Set(visibilityLog.map((sight) => sight.prefix.text))],
    },
  ];
}
