import type { EventTime } from '../bgp/time.ts';
import type { Verdict } from '../detect/events/event.ts';

/** What was seen of one territory and family at one moment of event time. */
export interface Look {
  readonly at: EventTime;
  readonly verdict: Verdict;
  /** Mean visibility, 0 to 1. */
  readonly share: number;
  readonly voters: number;
  /** Share of the voters that see the unit. */
  readonly units: readonly { readonly unit: string; readonly share: number }[];
}

/** Looks that were one second apart or less, folded: what was seen last, and the extremes between. */
export interface Bin {
  readonly from: EventTime;
  readonly verdict: Verdict;
  readonly share: number;
  readonly lowest: number;
  readonly highest: number;
  readonly blind: boolean;
  readonly voters: number;
  readonly units: ReadonlyMap<string, UnitBin>;
}

export interface UnitBin {
  readonly share: number;
  readonly lowest: number;
  readonly highest: number;
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
      this.#bins[this.#bins.length - 1] = folded(last, binOf(look, last.from));
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

function binOf({ verdict, share, voters, units }: Look, from: EventTime): Bin {
  return {
    from,
    verdict,
    share,
    lowest: share,
    highest: share,
    blind: verdict === 'unknown',
    voters,
    units: new Map(units.map((unit) => [unit.unit, { share: unit.share, lowest: unit.share, highest: unit.share }])),
  };
}

/** The first bin with the second, later one in it. */
export function folded(first: Bin, second: Bin): Bin {
  const units = new Map(first.units);
  for (const [unit, { share, lowest, highest }] of second.units) {
    const before = units.get(unit);
    units.set(unit, {
      share,
      lowest: Math.min(lowest, before?.lowest ?? lowest),
      highest: Math.max(highest, before?.highest ?? highest),
    });
  }
  return {
    ...second,
    from: first.from,
    lowest: Math.min(first.lowest, second.lowest),
    highest: Math.max(first.highest, second.highest),
    blind: first.blind || second.blind,
    units,
  };
}
