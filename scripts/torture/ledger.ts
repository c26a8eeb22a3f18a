import type { UnroutableEvent } from '../../src/detect/events/event.ts';

/**
 * Every event that goes in must come out once and in order, like Jepsen's total-queue checker. Works on ids of events.
 */
export interface Ledger {
  /** Decided, and not in the stream. */
  readonly lost: readonly string[];
  /** In the stream more than once. */
  readonly doubled: readonly string[];
  /** In the stream, and never decided by the undisturbed run. */
  readonly unexpected: readonly string[];
  /** Other differences: order or content. */
  readonly misplaced: number;
}

export function balance(expected: readonly UnroutableEvent[], found: readonly UnroutableEvent[]): Ledger {
  const known = new Set(expected.map(({ id }) => id));
  const seen = new Set<string>();
  const doubled: string[] = [];
  for (const { id } of found) {
    if (seen.has(id)) doubled.push(id);
    seen.add(id);
  }
  return {
    lost: expected.filter(({ id }) => !seen.has(id)).map(({ id }) => id),
    doubled,
    unexpected: found.filter(({ id }) => !known.has(id)).map(({ id }) => id),
    misplaced: found.filter((event, i) => {
      const other = expected[i];
      return other !== undefined && known.has(event.id) && JSON.stringify(event) !== JSON.stringify(other);
    }).length,
  };
}

/** What is wrong with a stream by itself: holes in the sequence of a source, or links to another event than the one before. */
export function chainFaults(events: readonly UnroutableEvent[]): readonly string[] {
  const last = new Map<string, UnroutableEvent>();
  const faults: string[] = [];
  const ids = new Set<string>();
  for (const event of events) {
    const before = last.get(event.source);
    if (ids.has(event.id)) faults.push(`${event.id} is there twice`);
    ids.add(event.id);
    if (Number(event.sequence) !== Number(before?.sequence ?? 0) + 1)
      faults.push(`${event.source}: ${event.sequence} ${event.type} follows ${before?.sequence ?? 'nothing'}`);
    if (event.previousid !== before?.id) faults.push(`${event.source}: ${event.sequence} links elsewhere`);
    last.set(event.source, event);
  }
  return faults;
}

/** Whether an event is about a territory. Events of the observer differ with its disturbances. */
export function isOfTerritory({ source }: UnroutableEvent): boolean {
  return source.startsWith('/territories/');
}
