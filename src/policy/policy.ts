import { rangeFaults } from './ranges.ts';

/**
 * The thresholds of a verdict. Shares are between 0 and 1; durations are milliseconds of event time. Each default
 * has its reason; "measured" names the study, the others are judgement, tried on the incidents in `incidents/`.
 */
export interface Policy {
  /**
   * The verdict is `unroutable` when visibility stays below this share. It cannot be 0: a peer misses 1.8 % of
   * withdrawals on average (PAM 2019). @default 0.1
   */
  readonly unroutableBelow: number;
  /**
   * How long visibility must stay below `unroutableBelow`. BGP converges on a withdrawal within seconds, and path
   * hunting ends within 30 s. @default 30_000
   */
  readonly unroutableHoldMs: number;
  /**
   * The verdict is `degraded` when visibility stays below this share: one of four /24s is lost, or one voter in ten
   * lost all. @default 0.9
   */
  readonly degradedBelow: number;
  /**
   * How long visibility must stay below `degradedBelow`. Twice `unroutableHoldMs`, because less is at stake. @default
   * 60_000
   */
  readonly degradedHoldMs: number;
  /**
   * From `unroutable`, the verdict gets better at this share: `degraded` below `degradedBelow`, else `routable`. IODA
   * calls a network visible when half of the voters see it. @default 0.5
   */
  readonly restoredAt: number;
  /**
   * From `degraded`, the verdict is `routable` again at this share. It lies above `degradedBelow`, so that a value at
   * the threshold does not flap. @default 0.95
   */
  readonly recoveredAt: number;
  /** How long a better verdict must hold before it is given. @default 60_000 */
  readonly settleMs: number;
  /**
   * With fewer voters than this that usually see the territory, the verdict is `unknown`. RIPEstat and BGPView ask for
   * ten peers. @default 10
   */
  readonly minVoters: number;
  /**
   * With less than this share left of the voters that usually see the territory, the verdict is `unknown`: we lost our
   * vantage points, which is not an outage. @default 0.5
   */
  readonly minVoterShare: number;
  /**
   * With voters at fewer collectors than this, the verdict is `unknown`: trouble of one machine is not an outage of a
   * country. A replay may have files of one collector only. @default 1
   */
  readonly minCollectors: number;
  /**
   * With less than this share of the control group visible, the verdict is `unknown`. The control group is prefixes
   * that are always announced. When they are gone too, the fault is ours or a large exchange's. It is not 1, because
   * one of the few may be under maintenance. @default 0.75
   */
  readonly minControlShare: number;
  /**
   * How long there must be too few voters before the verdict is `unknown`, and enough of them before it is taken back.
   * @default 10_000
   */
  readonly blindHoldMs: number;
  /**
   * A drop that begins less than this after the end of the last one belongs to the same incident: the outages of 2014
   * and 2017 were runs of short drops. @default 1_800_000
   */
  readonly incidentGapMs: number;
  /**
   * A voter that joins later gets the baseline of the others after the territory was undisturbed for this long. It
   * equals `settleMs`: by then, BGP has converged after the session opened. @default 60_000
   */
  readonly joinMs: number;
  /**
   * A network that is not part of the baseline joins it after it was visible this long while the territory was
   * routable. @default 3_600_000
   */
  readonly adoptMs: number;
  /**
   * A partial loss that does not change for this long is taken as the new baseline. The loss of a whole territory never
   * is. @default 86_400_000
   */
  readonly rebaseMs: number;
  /**
   * A voter sees a network when, by longest match, at least this share of its addresses leads to an origin that counts.
   * Half is the usual meaning of "more there than not". Events report partial coverage with its numbers. @default 0.5
   */
  readonly coveredAt: number;
  /**
   * A territory has an upstream, origin or prefix when this share of the voters that see the network has it. @default
   * 0.1
   */
  readonly presentAt: number;
  /** An upstream, origin or prefix is gone below this share. Stuck routes stay at 2–3 %. @default 0.05 */
  readonly absentBelow: number;
  /**
   * How long a change of upstream, origin or prefix must last. While routers search for a path, they show upstreams for
   * seconds. @default 60_000
   */
  readonly changeHoldMs: number;
  /** Changes that began within this time of each other are reported as one event. @default 10_000 */
  readonly changeGroupMs: number;
  /**
   * An onset is a cliff when nine tenths of the loss came within this time of the first loss; a slower onset is a
   * slope. @default 120_000
   */
  readonly cliffMs: number;
  /** This many drops within `meanWindowMs` or `flappingWindowMs` are flapping. @default 3 */
  readonly flappingDrops: number;
  /**
   * With `flappingDrops` drops within this time, the mean visibility from the first to the last of them decides, by the
   * same thresholds, because no hold ever ends: 29 s down and 1 s up is unroutable, 20 s and 20 s is degraded. Four
   * times `settleMs`: when both the drops and the times between them last that long, each drop is reported by itself.
   * @default 240_000
   */
  readonly meanWindowMs: number;
  /**
   * With `flappingDrops` drops within this time, the territory flaps. It is steady again when nothing changed for half
   * of this time. @default 1_800_000
   */
  readonly flappingWindowMs: number;
  /**
   * How long an open incident must have been worse before that is reported. As `degradedHoldMs`, because as much is at
   * stake. @default 60_000
   */
  readonly deepeningHoldMs: number;
}

/** The thresholds of a replay. docs/policy.md shows them beside those of `watch`. */
export const DEFAULT_POLICY: Policy = {
  unroutableBelow: 0.1,
  unroutableHoldMs: 30_000,
  degradedBelow: 0.9,
  degradedHoldMs: 60_000,
  restoredAt: 0.5,
  recoveredAt: 0.95,
  settleMs: 60_000,
  minVoters: 10,
  minVoterShare: 0.5,
  minCollectors: 1,
  minControlShare: 0.75,
  blindHoldMs: 10_000,
  incidentGapMs: 30 * 60_000,
  joinMs: 60_000,
  adoptMs: 60 * 60_000,
  rebaseMs: 24 * 60 * 60_000,
  coveredAt: 0.5,
  presentAt: 0.1,
  absentBelow: 0.05,
  changeHoldMs: 60_000,
  changeGroupMs: 10_000,
  cliffMs: 120_000,
  flappingDrops: 3,
  meanWindowMs: 4 * 60_000,
  flappingWindowMs: 30 * 60_000,
  deepeningHoldMs: 60_000,
};

/**
 * The thresholds of a live feed. Only a live feed can require more: a verdict needs voters at five collectors, or at
 * every requested collector when there are fewer.
 */
export const LIVE_POLICY: Policy = { ...DEFAULT_POLICY, minCollectors: 5 };

/** Why a policy cannot be used, one sentence for each fault; empty when it can. */
export function policyFaults(policy: Policy): readonly string[] {
  const faults = [...rangeFaults(policy, { shares: SHARES, durations: DURATIONS })];
  for (const name of ['minVoters', 'minCollectors', 'flappingDrops'] as const) {
    const count = policy[name];
    if (!Number.isInteger(count) || count < 1) faults.push(`${name} is ${count}: it counts from 1`);
  }
  if (policy.unroutableBelow >= policy.degradedBelow) faults.push('unroutableBelow must be less than degradedBelow');
  if (policy.restoredAt < policy.unroutableBelow) faults.push('restoredAt must not be less than unroutableBelow');
  if (policy.recoveredAt < policy.degradedBelow) faults.push('recoveredAt must not be less than degradedBelow');
  if (policy.absentBelow > policy.presentAt) faults.push('absentBelow must not be more than presentAt');
  return faults;
}

const SHARES = [
  'unroutableBelow',
  'degradedBelow',
  'restoredAt',
  'recoveredAt',
  'minVoterShare',
  'minControlShare',
  'coveredAt',
  'presentAt',
  'absentBelow',
] as const satisfies readonly (keyof Policy)[];

const DURATIONS = [
  'unroutableHoldMs',
  'degradedHoldMs',
  'settleMs',
  'blindHoldMs',
  'incidentGapMs',
  'joinMs',
  'adoptMs',
  'rebaseMs',
  'changeHoldMs',
  'changeGroupMs',
  'cliffMs',
  'meanWindowMs',
  'flappingWindowMs',
  'deepeningHoldMs',
] as const satisfies readonly (keyof Policy)[];
