import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';

/** A share in ten-thousandths, 0 to 10,000: events carry four decimals, and whole numbers take half the room. */
export type TenThousandths = number;

/** What voters see of one territory and family at one moment. */
export interface Look {
  readonly at: EventTime;
  /** There are too few voters, so the share is not known. */
  readonly isBlind: boolean;
  /** Visibility: the share of the baseline that still has a route. */
  readonly share: TenThousandths;
  readonly voters: number;
  readonly collectors: number;
  /**
   * Per network in address order, the share of its voters that see it; empty for territories with too many networks to
   * record each.
   */
  readonly units: readonly TenThousandths[];
  /** The share of the baseline that has a route over each upstream AS, largest first; AS 0 is the sum of all others. */
  readonly upstreams: readonly UpstreamShare[];
}

/** An upstream and the share of the routes that use it; 0 means all others. */
export type UpstreamShare = readonly [upstream: Asn | 0, share: TenThousandths];

/** A value over a time span. Mean, lowest and highest are of the time in which the value was known. */
export interface Seen {
  readonly mean: number;
  readonly lowest: TenThousandths;
  readonly highest: TenThousandths;
  /** The value at the end of the span. */
  readonly last: TenThousandths;
}

/** A time span: what voters saw in it, and how long too few voters were there. */
export interface Bucket {
  readonly at: EventTime;
  /**
   * Milliseconds in which visibility was known, and in which it was unknown although the program ran. The rest is not
   * recorded.
   */
  readonly knownMs: number;
  readonly blindMs: number;
  /** `undefined`: it was not known at any moment of the span. */
  readonly share: Seen | undefined;
  /** At the end. */
  readonly voters: number;
  readonly collectors: number;
  /** For each network: the share at the end, and the lowest one. Empty when visibility was never known. */
  readonly units: readonly (readonly [last: TenThousandths, lowest: TenThousandths])[];
  /** At the end of the time in which visibility was known. */
  readonly upstreams: readonly UpstreamShare[];
  readonly announced: number;
  readonly withdrawn: number;
}

/** A bucket and its length. Where minutes were removed, one bucket of an hour replaces them. */
export interface TimelineBucket extends Bucket {
  readonly widthMs: number;
}

/** An empty bucket. */
export function emptyBucket(at: EventTime): Bucket {
  return {
    at,
    knownMs: 0,
    blindMs: 0,
    share: undefined,
    voters: 0,
    collectors: 0,
    units: [],
    upstreams: [],
    announced: 0,
    withdrawn: 0,
  };
}

/** A bucket for a time span in which nothing changed. */
export function stretchOf(look: Look, from: EventTime, ms: number): Bucket {
  const { isBlind, share, voters, collectors, units, upstreams } = look;
  return {
    at: from,
    knownMs: isBlind ? 0 : ms,
    blindMs: isBlind ? ms : 0,
    share: isBlind ? undefined : { mean: share, lowest: share, highest: share, last: share },
    voters,
    collectors,
    units: isBlind ? [] : units.map((unit) => [unit, unit]),
    upstreams: isBlind ? [] : upstreams,
    announced: 0,
    withdrawn: 0,
  };
}

/** Merges a bucket with the one after it. */
export function merged(first: Bucket, second: Bucket): Bucket {
  const isLaterKnown = second.share !== undefined;
  const isLaterSeen = second.knownMs + second.blindMs > 0;
  return {
    at: first.at,
    knownMs: first.knownMs + second.knownMs,
    blindMs: first.blindMs + second.blindMs,
    share: mergedShare(first, second),
    voters: isLaterSeen ? second.voters : first.voters,
    collectors: isLaterSeen ? second.collectors : first.collectors,
    units: isLaterKnown ? mergedUnits(first.units, second.units) : first.units,
    upstreams: isLaterKnown ? second.upstreams : first.upstreams,
    announced: first.announced + second.announced,
    withdrawn: first.withdrawn + second.withdrawn,
  };
}

function mergedShare(first: Bucket, second: Bucket): Seen | undefined {
  const [before, after] = [first.share, second.share];
  if (before === undefined || after === undefined) return after ?? before;
  const ms = first.knownMs + second.knownMs;
  return {
    mean: ms === 0 ? after.mean : (before.mean * first.knownMs + after.mean * second.knownMs) / ms,
    lowest: Math.min(before.lowest, after.lowest),
    highest: Math.max(before.highest, after.highest),
    last: after.last,
  };
}

function mergedUnits(first: Bucket['units'], second: Bucket['units']): Bucket['units'] {
  if (first.length !== second.length) return second;
  return second.map(([last, lowest], i) => [last, Math.min(lowest, first[i]?.[1] ?? lowest)]);
}
