import type { EventTime } from '../bgp/time.ts';
import type { Verdict } from '../detect/events/event.ts';

/** What was seen of one territory and family at one moment of event time. */
export interface ChartLook {
  readonly at: EventTime;
  readonly verdict: Verdict;
  /** Mean visibility, 0 to 1; `undefined`: unknown, because there were too few voters. */
  readonly share: number | undefined;
  readonly voters: number;
  /** Share of the voters that see the unit; `undefined`: unknown. */
  readonly units: readonly { readonly unit: string; readonly share: number | undefined }[];
}

/** A share over a time span: its last value, and the extremes of its known values. */
export interface SeenShare {
  /** `undefined`: unknown at the end of the span. */
  readonly share: number | undefined;
  /** `undefined`: unknown for the whole span. */
  readonly range: { readonly lowest: number; readonly highest: number } | undefined;
}

/** Looks within one bin, merged: the last values, and the extremes. */
export interface Bin extends SeenShare {
  readonly from: EventTime;
  readonly verdict: Verdict;
  /** True when the verdict was `unknown` and nothing could be seen, for a part of the bin at least. */
  readonly blind: boolean;
  readonly voters: number;
  readonly units: ReadonlyMap<string, SeenShare>;
}

/** Twice as many bins as any terminal has dots, so that merging two is never visible. */
const MOST_BINS = 4096;

/**
 * Stores the data of a chart for a run of any length in bounded memory: at most 4,096 bins. They start at one second
 * each; when all are used, each two are merged into one, twice as wide. A bin has its lowest and highest value, so a
 * drop of one second stays visible in a chart of a year. Only pictures use this: the engine decides without bins.
 */
export class History {
  #widthMs = 1000;
  #bins: Bin[] = [];

  add(look: ChartLook): void {
    const from = this.#start(look.at);
    const last = this.#bins.at(-1);
    if (last !== undefined && from <= last.from) {
      const bin = folded(last, binOf(look, last.from));
      // Within one second the last look counts: the first tables of a replay cause many looks.
      this.#bins[this.#bins.length - 1] = this.#widthMs > 1000 ? bin : { ...bin, blind: isBlind(look) };
      return;
    }
    this.#bins.push(binOf(look, from));
    while (this.#bins.length > MOST_BINS) this.#widen();
  }

  /** In order of time. Without a change there is no bin: the one before holds. */
  get bins(): readonly Bin[] {
    return this.#bins;
  }

  /** Whether a look at this moment would begin a new bin. Other looks can be skipped. */
  wants(at: EventTime): boolean {
    const last = this.#bins.at(-1);
    return last === undefined || this.#start(at) > last.from;
  }

  #start(at: EventTime): EventTime {
    return (Math.floor(at / this.#widthMs) * this.#widthMs) as EventTime;
  }

  #widen(): void {
    this.#widthMs *= 2;
    const wider: Bin[] = [];
    for (const bin of this.#bins) {
      const from = this.#start(bin.from);
      const last = wider.at(-1);
      if (last !== undefined && last.from === from) wider[wider.length - 1] = folded(last, bin);
      else wider.push({ ...bin, from });
    }
    this.#bins = wider;
  }
}

function isBlind({ verdict, share }: ChartLook): boolean {
  return verdict === 'unknown' && share === undefined;
}

function binOf(look: ChartLook, from: EventTime): Bin {
  const { verdict, share, voters, units } = look;
  return {
    from,
    verdict,
    ...seenOnce(share),
    blind: isBlind(look),
    voters,
    units: new Map(units.map((unit) => [unit.unit, seenOnce(unit.share)])),
  };
}

/** A share with a single value. */
export function seenOnce(share: number | undefined): SeenShare {
  return { share, range: share === undefined ? undefined : { lowest: share, highest: share } };
}

/** Merges a later bin into the first one. */
export function folded(first: Bin, second: Bin): Bin {
  const units = new Map(first.units);
  for (const [unit, seen] of second.units) units.set(unit, foldedSeen(units.get(unit), seen));
  return {
    ...second,
    ...foldedSeen(first, second),
    from: first.from,
    blind: first.blind || second.blind,
    units,
  };
}

function foldedSeen(first: SeenShare | undefined, second: SeenShare): SeenShare {
  const [before, after] = [first?.range, second.range];
  if (before === undefined || after === undefined) return { share: second.share, range: after ?? before };
  const lowest = Math.min(before.lowest, after.lowest);
  return { share: second.share, range: { lowest, highest: Math.max(before.highest, after.highest) } };
}
