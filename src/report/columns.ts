import type { EventTime } from '../bgp/time.ts';
import { folded, type Bin } from './history.ts';

/** The span of event time a chart shows: from, inclusive, to, exclusive. */
export interface Span {
  readonly from: EventTime;
  readonly to: EventTime;
}

/**
 * What was seen in each of `count` equal parts of the span; `undefined` before the first bin. A bin holds until the
 * next one, so a part without one shows what held when it began.
 */
export function columnsOf(bins: readonly Bin[], { from, to }: Span, count: number): readonly (Bin | undefined)[] {
  const columns: (Bin | undefined)[] = [];
  let held: Bin | undefined;
  let next = 0;
  for (let column = 0; column < count; column++) {
    const start = from + ((to - from) * column) / count;
    const end = from + ((to - from) * (column + 1)) / count;
    let seen: Bin | undefined;
    for (; next < bins.length; next++) {
      const bin = bins[next];
      if (bin === undefined || bin.from >= end) break;
      if (seen === undefined && bin.from > start) seen = held;
      seen = seen === undefined ? bin : folded(seen, bin);
      held = still(bin);
    }
    columns.push(seen ?? held);
  }
  return columns;
}

/** What holds on after a bin is what was seen in it last, not its extremes. */
function still(bin: Bin): Bin {
  const { share, verdict } = bin;
  return {
    ...bin,
    lowest: share,
    highest: share,
    blind: verdict === 'unknown',
    units: new Map(
      [...bin.units].map(([unit, { share: last }]) => [unit, { share: last, lowest: last, highest: last }]),
    ),
  };
}
