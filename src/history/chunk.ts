import { DAY_MS, HOUR_MS, MINUTE_MS, type EventTime } from '../bgp/time.ts';
import type { Bucket, UpstreamShare } from './bucket.ts';
import { beginOf, beginOfYear, stamp } from './calendar.ts';

/** A level of the history: buckets of one width, several to a record. */
export interface Level {
  readonly name: 'minute' | 'hour' | 'day';
  readonly widthMs: number;
  /** The largest number of buckets in a record. */
  readonly size: number;
  /** The start of the record that contains a moment. */
  begin(at: number): EventTime;
  key(at: EventTime): string;
}

/** From the finest to the widest. A full record of one level is a bucket of the next. */
export const LEVELS = [
  {
    name: 'minute',
    widthMs: MINUTE_MS,
    size: 60,
    begin: (at) => beginOf(at, HOUR_MS),
    key: (at) => `m ${stamp.hour(at)}`,
  },
  {
    name: 'hour',
    widthMs: HOUR_MS,
    size: 24,
    begin: (at) => beginOf(at, DAY_MS),
    key: (at) => `h ${stamp.day(at)}`,
  },
  {
    name: 'day',
    widthMs: DAY_MS,
    size: 366,
    begin: (at) => beginOfYear(at),
    key: (at) => `d ${stamp.year(at)}`,
  },
] as const satisfies readonly Level[];

/**
 * A record: the buckets of one width by their position. The minutes of an hour, the hours of a day, or the days of a
 * year.
 */
export class Chunk {
  readonly level: Level;
  readonly at: EventTime;
  readonly buckets = new Map<number, Bucket>();

  constructor(level: Level, at: EventTime) {
    this.level = level;
    this.at = level.begin(at);
  }

  /** Means are rounded here, exactly as in the stored record, so that a restart changes nothing. */
  put(bucket: Bucket): void {
    const { share } = bucket;
    const whole = share === undefined ? bucket : { ...bucket, share: { ...share, mean: Math.round(share.mean) } };
    this.buckets.set(Math.floor((bucket.at - this.at) / this.level.widthMs), whole);
  }

  get key(): string {
    return this.level.key(this.at);
  }

  /**
   * As JSON. `s`: what voters saw in each bucket, `0` where it is the same as in the one before, `null` where nothing
   * is recorded; `a` and `w` announcements and withdrawals.
   */
  text(): string {
    const last = Math.max(-1, ...this.buckets.keys());
    const all = Array.from({ length: last + 1 }, (_, i) => this.buckets.get(i));
    let before = '';
    const seen = all.map((bucket) => {
      if (bucket === undefined) return 'null';
      const text = JSON.stringify(stateOf(bucket));
      if (text === before) return '0';
      before = text;
      return text;
    });
    const counts = (count: (bucket: Bucket) => number): string =>
      JSON.stringify(all.map((bucket) => (bucket === undefined ? 0 : count(bucket))));
    return `{"s":[${seen.join(',')}],"a":${counts((one) => one.announced)},"w":${counts((one) => one.withdrawn)}}`;
  }

  /** @throws Error when the text has another form. */
  static parse(level: Level, at: EventTime, text: string): Chunk {
    const chunk = new Chunk(level, at);
    const { s, a, w } = JSON.parse(text) as { s: (State | 0 | null)[]; a: number[]; w: number[] };
    let state: State | undefined;
    for (const [i, seen] of s.entries()) {
      if (seen === null) continue;
      if (seen !== 0) state = seen;
      if (state === undefined) throw new Error('its first bucket is like none');
      // Its means are whole already.
      chunk.buckets.set(i, bucketFrom(state, (chunk.at + i * level.widthMs) as EventTime, a[i] ?? 0, w[i] ?? 0));
    }
    return chunk;
  }
}

/** The bucket that is being filled, as JSON, with its mean in full precision. */
export function openText(bucket: Bucket): string {
  const [known, blind, mean, ...rest] = stateOf(bucket);
  return JSON.stringify([
    bucket.at,
    bucket.announced,
    bucket.withdrawn,
    known,
    blind,
    bucket.share?.mean ?? mean,
    ...rest,
  ]);
}

/** Reads what `openText` wrote: a bucket that is not complete yet. */
export function parseOpen(text: string): Bucket {
  const [at, announced, withdrawn, ...state] = JSON.parse(text) as [EventTime, number, number, ...State];
  return bucketFrom(state, at, announced, withdrawn);
}

type State = readonly [
  knownMs: number,
  blindMs: number,
  mean: number | null,
  lowest: number,
  highest: number,
  last: number,
  voters: number,
  collectors: number,
  unitsLast: readonly number[],
  /** `0`: the same as in the bucket before. */
  unitsLowest: readonly number[] | 0,
  upstreams: readonly UpstreamShare[],
];

function stateOf({ knownMs, blindMs, share, voters, collectors, units, upstreams }: Bucket): State {
  const last = units.map(([last]) => last);
  const lowest = units.map(([, lowest]) => lowest);
  return [
    knownMs,
    blindMs,
    share === undefined ? null : Math.round(share.mean),
    ...([share?.lowest ?? 0, share?.highest ?? 0, share?.last ?? 0, voters, collectors, last] as const),
    lowest.every((one, i) => one === last[i]) ? 0 : lowest,
    upstreams,
  ];
}

/** Written out field by field: ten years have thousands of buckets, and spreads would take most of the time of a query. */
function bucketFrom(state: State, at: EventTime, announced: number, withdrawn: number): Bucket {
  const [knownMs, blindMs, mean, lowest, highest, last, voters, collectors, unitsLast, unitsLowest, upstreams] = state;
  return {
    at,
    knownMs,
    blindMs,
    share: mean === null ? undefined : { mean, lowest, highest, last },
    voters,
    collectors,
    units: unitsLast.map((unit, i) => [unit, unitsLowest === 0 ? unit : (unitsLowest[i] ?? unit)]),
    upstreams,
    announced,
    withdrawn,
  };
}
