/**
 * What makes a verdict. Shares are of 1; durations are milliseconds of event time. The defaults' reasons stand beside
 * them; "measured" names the study, the rest is judgement, tried on the incidents in `incidents/`.
 */
export interface Policy {
  /** Unroutable when visibility is below this share. Never 0: a peer misses 1.8 % of withdrawals on average (PAM 2019). @default 0.1 */
  readonly unroutableBelow: number;
  /** … for this long. BGP converges on a withdrawal within seconds, path hunting ends within 30 s. @default 30_000 */
  readonly unroutableHoldMs: number;
  /** Degraded when visibility is below this share: one of four /24s, or one voter in ten. @default 0.9 */
  readonly degradedBelow: number;
  /** … for this long: twice the other hold, because less is at stake. @default 60_000 */
  readonly degradedHoldMs: number;
  /** From unroutable, routable again at this share: half the voters is what IODA calls visible. @default 0.5 */
  readonly restoredAt: number;
  /** From degraded, routable again at this share: above `degradedBelow`, so that a value at the edge does not flap. @default 0.95 */
  readonly recoveredAt: number;
  /** A better verdict must hold this long. @default 60_000 */
  readonly settleMs: number;
  /** Fewer voters than this and the verdict is `unknown`. RIPEstat and BGPView ask for ten peers. @default 10 */
  readonly minVoters: number;
  /** Fewer than this share of the voters known before and the verdict is `unknown`: we lost our eyes, not they the country. @default 0.5 */
  readonly minVoterShare: number;
  /** Voters at fewer collectors than this and the verdict is `unknown`: one machine's trouble is not a country's. @default 1 */
  readonly minCollectors: number;
  /**
   * Where a control group is watched: with less than this share of its units visible the verdict is `unknown`. If what
   * never goes away is gone too, it is us, or a large exchange. One of a few anchors may be under maintenance. @default 0.75
   */
  readonly minControlShare: number;
  /** Too few voters must last this long before `unknown` is said, and enough of them before it is taken back. @default 10_000 */
  readonly blindHoldMs: number;
  /** Drops closer together than this are one incident: 2014 and 2017 were runs of short drops. @default 1_800_000 */
  readonly incidentGapMs: number;
  /** A unit not of the baseline joins it when it was visible this long while the territory was routable. @default 3_600_000 */
  readonly adoptMs: number;
  /** A partial loss that stands still this long is the new baseline. A territory that is gone whole is never forgotten. @default 86_400_000 */
  readonly rebaseMs: number;
  /** An upstream, origin or prefix is there when this share of the voters that see the unit has it. @default 0.1 */
  readonly presentAt: number;
  /** … and gone below this share: stuck routes stay at 2–3 %. @default 0.05 */
  readonly absentBelow: number;
  /** A change of upstream, origin or prefix must last this long. Path hunting shows upstreams that are none. @default 60_000 */
  readonly changeHoldMs: number;
  /** Changes that began within this time of each other are told as one. @default 10_000 */
  readonly changeGroupMs: number;
  /** A drop that loses nine tenths of what it loses within this time of the first loss is a cliff, a longer one a slope. @default 120_000 */
  readonly cliffMs: number;
  /** As many drops in one incident are flapping; and within the two windows below. @default 3 */
  readonly flappingDrops: number;
  /**
   * With `flappingDrops` drops within this time the mean visibility from the first to the last of them decides, by the same
   * thresholds, in place of holds that are never over: 29 s down and 1 s up is unroutable, 20 s and 20 s degraded. Four
   * times `settleMs`: where both the drops and the times between last as long as that, each is told by itself. @default 240_000
   */
  readonly meanWindowMs: number;
  /** With `flappingDrops` drops within this time it flaps; no more, when nothing changed for half of it. @default 1_800_000 */
  readonly flappingWindowMs: number;
  /** An open incident that gets worse is told when that lasted this long: as `degradedHoldMs`, because as much is at stake. @default 60_000 */
  readonly deepeningHoldMs: number;
}

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
  adoptMs: 60 * 60_000,
  rebaseMs: 24 * 60 * 60_000,
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

/** Why a policy cannot be used, one sentence a fault; empty when it can. */
export function policyFaults(policy: Policy): readonly string[] {
  const faults: string[] = [];
  for (const name of SHARES) {
    const share = policy[name];
    if (!(share > 0 && share <= 1)) faults.push(`${name} is ${share}: a share lies above 0 and is at most 1`);
  }
  for (const name of DURATIONS) {
    const ms = policy[name];
    if (!Number.isInteger(ms) || ms < 0 || ms > MAX_DURATION)
      faults.push(`${name} is ${ms}: a duration is 0 to 365 days, in whole milliseconds`);
  }
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

const MAX_DURATION = 365 * 86_400_000;

const SHARES = [
  'unroutableBelow',
  'degradedBelow',
  'restoredAt',
  'recoveredAt',
  'minVoterShare',
  'minControlShare',
  'presentAt',
  'absentBelow',
] as const satisfies readonly (keyof Policy)[];

const DURATIONS = [
  'unroutableHoldMs',
  'degradedHoldMs',
  'settleMs',
  'blindHoldMs',
  'incidentGapMs',
  'adoptMs',
  'rebaseMs',
  'changeHoldMs',
  'changeGroupMs',
  'cliffMs',
  'meanWindowMs',
  'flappingWindowMs',
  'deepeningHoldMs',
] as const satisfies readonly (keyof Policy)[];
