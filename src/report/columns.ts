import type { EventTime } from '../bgp/time.ts';
import { folded, seenOnce, type Bin } from './history.ts';

/** The span of event time a chart shows: from, inclusive, to, exclusive. */
export interface Span {
  readonly from: EventTime;
  readonly to: EventTime;
}

/**
 * What was seen in each of `count` equal parts of the span. `undefined`: unknown, before the first bin and after `end`,
 * the last moment that was read. A bin holds until the next one, so a part without a bin shows the last one before it.
 */
export function columnsOf(
  bins: readonly Bin[],
  { from, to }: Span,
  count: number,
  end: number = to,
): readonly (Bin | undefined)[] {
  const columns: (Bin | undefined)[] = [];
  let held: Bin | undefined;
  let next = 0;
  for (let column = 0; column < count; column++) {
    const start = from + ((to - from) * column) / count;
    const stop = from + ((to - from) * (column + 1)) / count;
    let seen: Bin | undefined;
    for (; next < bins.length; next++) {
      const bin = bins[next];
      if (bin === undefined || bin.from >= stop) break;
      if (bin.from >= start) {
        if (seen === undefined && bin.from > start) seen = held;
        seen = seen === undefined ? bin : folded(seen, bin);
      }
      held = still(bin);
    }
    columns.push(seen ?? (start > end ? undefined : held));
  }
  return columns;
}

/** After a bin, its last value holds, not its extremes. */
function still(bin: Bin): Bin {
  return {
    ...bin,
    ...seenOnce(bin.share),
    blind: bin.blind && bin.share === undefined,
    units: new Map([...bin.units].map(([unit, { share: last }]) => [unit, seenOnce(last)])),
  };
}
