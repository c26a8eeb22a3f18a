import type { EventTime } from '../bgp/time.ts';
import type { Verdict } from '../detect/events/event.ts';

/** What was seen of one territory and family at one moment of event time. */
export interface Look {
  readonly at: EventTime;
  readonly verdict: Verdict;
  /** Mean visibility, 0 to 1; `undefined` where it is not known: too few voters could be heard. */
  readonly share: number | undefined;
  readonly voters: number;
  /** Share of the voters that see the unit; `undefined` where it is not known. */
  readonly units: readonly { readonly unit: string; readonly share: number | undefined }[];
}

/** What was seen of a share in some time: the last value, and the extremes of those that are known. */
export interface SeenShare {
  /** `undefined`: not known at the end of that time. */
  readonly share: number | undefined;
  /** `undefined`: not known at any moment of it. */
  readonly range: { readonly lowest: number; readonly highest: number } | undefined;
}

/** Looks that were one second apart or less, folded: what was seen last, and the extremes between. */
export interface Bin extends SeenShare {
  readonly from: EventTime;
  readonly verdict: Verdict;
  /** True when the verdict was `unknown` and nothing could be seen, in this time or, of a wide bin, in a part of it. */
  readonly blind: boolean;
  readonly voters: number;
  readonly units: ReadonlyMap<string, SeenShare>;
}

/** Twice as many bins as any terminal has dots, so that folding two never shows. */
const MOST_BINS = 4096;

/**
 * Keeps what a chart needs of a run of any length in bounded memory: at most 4,096 bins of one second each; when they
 * are full, each two become one, twice as wide. A bin knows its lowest and highest value, so that a drop of one second
 * stays visible in a chart of a year. For pictures only: verdicts come from the engine, which has no bins.
 */
export class History {
  #widthMs = 1000;
  #bins: Bin[] = [];

  add(look: Look): void {
    const from = this.#start(look.at);
    const last = this.#bins.at(-1);
    if (last !== undefined && from <= last.from) {
      const bin = folded(last, binOf(look, last.from));
      // Within one second the last word counts: the first tables of a replay make many looks in it.
      this.#bins[this.#bins.length - 1] = this.#widthMs > 1000 ? bin : { ...bin, blind: isBlind(look) };
      return;
    }
    this.#bins.push(binOf(look, from));
    while (this.#bins.length > MOST_BINS) this.#widen();
  }

  /** In order of time. Where nothing changed there is no bin: the one before holds on. */
  get bins(): readonly Bin[] {
    return this.#bins;
  }

  /** True when a look at this moment would begin a bin: the moment between is not worth a look. */
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

function isBlind({ verdict, share }: Look): boolean {
  return verdict === 'unknown' && share === undefined;
}

function binOf(look: Look, from: EventTime): Bin {
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

/** One value and no other. */
export function seenOnce(share: number | undefined): SeenShare {
  return { share, range: share === undefined ? undefined : { lowest: share, highest: share } };
}

/** The first bin with the second, later one in it. */
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
