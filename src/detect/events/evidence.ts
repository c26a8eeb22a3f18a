import type { Prefix } from '../../bgp/prefix.ts';
import { overlaps } from '../../bgp/prefix.ts';
import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { VisibilityChange } from '../../rib/visibility-changes.ts';
import type { Evidence } from './event.ts';
import { evidenceSince, type VerdictState } from '../verdict/verdict.ts';
import { heldMessages } from './held-messages.ts';

/** At most this many messages are listed in an event: enough to check it, few enough to send. */
const MAX_MESSAGES = 16;

/** Which messages to select. */
export interface WantedMessages {
  /** True: messages by which voters lost sight; false: messages by which they gained it. */
  readonly lost: boolean;
  readonly from: EventTime;
}

/**
 * The messages by which voters lost (or gained) sight of a territory since `from`. If there is none, because the change
 * happened while we received nothing, the last messages before.
 */
export function evidenceOf(view: TerritoryView, asked: WantedMessages): Evidence {
  return evidenceFrom(view, view.visibilityLog.stored, asked);
}

/** A change of verdict, and when the first message of the movement that led to it was received. */
export interface Given {
  readonly before: VerdictState;
  readonly state: VerdictState;
  readonly first: EventTime;
}

/** The messages behind a change of verdict: losses if it got worse, returns if it got better. */
export function evidenceOfVerdict(view: TerritoryView, { before, state, first }: Given): Evidence {
  const known = before.kind === 'unknown' ? before.before : before.kind;
  const isBetter = state.kind === 'routable' || (state.kind === 'degraded' && known === 'unroutable');
  return evidenceOf(view, { lost: !isBetter, from: evidenceSince(before, first) });
}

/** The messages behind a change of each single network, for many networks that change at one moment. */
export function evidenceByUnit(view: TerritoryView): (unit: number, asked: WantedMessages) => Evidence {
  const changesOf = changesByUnit(view.visibilityLog.stored);
  return (unit, asked) => {
    const prefix = view.units[unit];
    return evidenceFrom(view, prefix === undefined ? [] : changesOf(prefix), { ...asked, units: [unit] });
  };
}

/** @param visibilityLog oldest first. */
function evidenceFrom(
  view: TerritoryView,
  visibilityLog: readonly VisibilityChange[],
  { lost, from, units }: WantedMessages & { readonly units?: readonly number[] },
): Evidence {
  const found = visibilityLog.filter((sight) => sight.lost === lost && sight.at >= from);
  if (found.length > 0) return evidenceIn(found);
  const last = lost ? visibilityLog.slice(-MAX_MESSAGES) : [];
  if (last.length > 0) return evidenceIn(last);
  const held = heldMessages(view, { units, isMeant: ({ path }) => path !== undefined });
  return evidenceIn(held.length > 0 ? held : visibilityLog.slice(-MAX_MESSAGES));
}

/** Counts all of these messages, and lists the first, the last, and an even sample of those between. */
export function evidenceIn(found: readonly VisibilityChange[]): Evidence {
  const messages = messagesOf(found);
  return { count: messages.length, messages: sampled(messages).flatMap((message) => messageOf(message)) };
}

/** Changes of one peer at one moment are taken as one message: the archive does not distinguish them. */
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

/** As many as an event lists, at even steps, with the first and the last. */
function sampled<T>(all: readonly T[]): readonly T[] {
  if (all.length <= MAX_MESSAGES) return all;
  const step = (all.length - 1) / (MAX_MESSAGES - 1);
  return Array.from({ length: MAX_MESSAGES }, (_, i) => all[Math.round(i * step)]).filter((one) => one !== undefined);
}

/**
 * Finds the visibility changes of one unit, oldest first. All units of a country may change at one moment, so each
 * prefix is compared only once.
 */
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
