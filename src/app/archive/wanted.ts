import type { MrtPlan } from '../../../streams/mrt/archive/archive.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import { utcText } from '../../report/clock.ts';
import type { Damage } from '../../report/summary.ts';

/** What the files of a window of the public archives should contain. */
export interface WantedWindow {
  readonly collectors: readonly Collector[];
  /** First moment of the window. */
  readonly from: EventTime;
  /** Last moment of the window. */
  readonly until: EventTime;
  /** Event time up to which there should be files: the end of the window, or now. */
  readonly reach: EventTime;
}

/** Collectors without a file in the window, or without a table dump from before it. */
export function lackingIn({ collectors }: MrtPlan, wanted: WantedWindow): readonly Damage[] {
  return [...new Set(wanted.collectors)].flatMap((name) => {
    const found = collectors.find(({ collector }) => collector === name);
    if (found === undefined) return [{ file: name, what: 'there is no file of this window' }];
    if (found.ribs.some(({ start }) => start <= wanted.from)) return [];
    return [{ file: name, what: 'no table dump from before the window can be read, so its peers vote later' }];
  });
}

/** The time that no file covers. A replay reports it when it reaches that time. */
export function holesIn({ collectors }: MrtPlan): readonly Damage[] {
  return collectors.flatMap(({ collector, holes }) =>
    holes.map(({ from, to }) => ({ file: collector, what: uncovered(from as EventTime, to as EventTime) })),
  );
}

/** The message about time that no file covers. */
export function uncovered(from: EventTime, to: EventTime): string {
  return `no file covers ${utcText(from)} to ${utcText(to)}`;
}
