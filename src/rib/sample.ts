import type { EventTime } from '../bgp/time.ts';
import type { VoteCount } from './vote-count.ts';

/** A territory's visibility at one moment of event time. */
export interface Sample {
  readonly at: EventTime;
  /** The share of the pairs of a present voter and a unit that it usually sees in which it sees the unit now. */
  readonly share: number;
  /** The voters of the share: peers with a whole table, or peers that sent a route. */
  readonly of: 'full-feed' | 'peers-with-a-route';
  readonly voters: number;
  /** Voters that usually see some of it; before there is a baseline, all of them. */
  readonly witnesses: number;
  /** Collectors at which some session votes. */
  readonly collectors: number;
  /** Witnesses now, and witnesses that recently lost their vote. */
  readonly known: number;
  /** Witnesses that see something of what they usually see, and those that see nothing of it. */
  readonly seeing: number;
  readonly seeingNothing: number;
  /** Whether any of it was ever visible, or a peer's table was so large that it would have had a route. */
  readonly isProven: boolean;
  readonly unitsVisible: number;
  readonly units: number;
}

/** What a sample needs besides the votes. */
export interface Surroundings {
  readonly at: EventTime;
  /** Whether only peers with a full feed vote. */
  readonly isFullFeed: boolean;
  /** Whether the usual table is so large that it would have the territory. */
  readonly hasProvingTable: boolean;
  readonly collectors: number;
  /** Witnesses that recently lost their vote. */
  readonly formerWitnesses: number;
  /** Before there is a baseline, without a table: see `foreignPairs`. */
  readonly foreignPairs: number;
}

/** The visibility of a view, from its votes. */
export function sampleOf(votes: VoteCount, around: Surroundings): Sample {
  const { voters, ofVisible, ofShown, baselineUnits, leftUnits, share, blank } = votes;
  const hasBaseline = baselineUnits > 0;
  // Before there is a baseline: over the units that most voters see, else over those that any voter sees. A voter that
  // sees none of these may never see the territory.
  const of = ofVisible.units > 0 ? ofVisible : ofShown;
  const asked = ofVisible.units > 0 ? voters - blank : voters;
  const pairs = ofVisible.units > 0 && around.foreignPairs > 0 ? of.seen + around.foreignPairs : asked * of.units;
  const witnesses = hasBaseline ? votes.witnesses : voters;
  const seeing = hasBaseline ? votes.seeing : voters - blank;
  return {
    at: around.at,
    share: hasBaseline ? share : pairs === 0 ? 0 : of.seen / pairs,
    of: around.isFullFeed ? 'full-feed' : 'peers-with-a-route',
    voters,
    witnesses,
    collectors: around.collectors,
    known: witnesses + around.formerWitnesses,
    seeing,
    seeingNothing: witnesses - seeing,
    isProven: hasBaseline || ofVisible.units > 0 || around.hasProvingTable,
    unitsVisible: hasBaseline ? leftUnits : ofVisible.units,
    units: hasBaseline ? baselineUnits : votes.seen.length,
  };
}
