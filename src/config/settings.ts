import { DEFAULT_POLICY, type Policy } from '../detect/policy.ts';
import { DEFAULT_VOTING, type VotingPolicy } from '../peers/voting-policy.ts';
import { DURATION_FORM, durationArgument, parseDuration } from './duration.ts';

/**
 * The policy as people write it, one table for options and YAML: a duration carries its unit in the value (`30s`), so
 * its name ends without `Ms`.
 */
export interface Setting<Key extends string> {
  /** Of `Policy` or `VotingPolicy`. */
  readonly key: Key;
  /** In YAML: `unroutableHold`. */
  readonly name: string;
  /** On the command line: `unroutable-hold`. */
  readonly option: string;
  readonly kind: Kind;
  readonly help: string;
  readonly fallback: number;
}

/** A share of 1, a duration with its unit, or a whole number. */
export type Kind = 'share' | 'duration' | 'count';

/** A new key of the policy does not compile until it has a line here. */
const POLICY_HELP: Readonly<Record<keyof Policy, readonly [Kind, string]>> = {
  unroutableBelow: ['share', 'unroutable when visibility is below this'],
  unroutableHoldMs: ['duration', 'and for this long'],
  degradedBelow: ['share', 'degraded when visibility is below this'],
  degradedHoldMs: ['duration', 'and for this long'],
  restoredAt: ['share', 'from unroutable, routable again at this'],
  recoveredAt: ['share', 'from degraded, routable again at this'],
  settleMs: ['duration', 'a better verdict must hold this long'],
  minVoters: ['count', 'with fewer voters the verdict is unknown'],
  minVoterShare: ['share', 'and with less than this share of the voters before'],
  minCollectors: ['count', 'with voters at fewer collectors, too'],
  minControlShare: ['share', 'with less than this share of a control group visible, too'],
  blindHoldMs: ['duration', 'too few voters must last this long'],
  incidentGapMs: ['duration', 'drops closer together are one incident'],
  adoptMs: ['duration', 'a new network joins the baseline after this'],
  rebaseMs: ['duration', 'a partial loss is the new baseline after this'],
  presentAt: ['share', 'an upstream, origin or prefix is there from this'],
  absentBelow: ['share', 'and gone below this'],
  changeHoldMs: ['duration', 'such a change must last this long'],
  changeGroupMs: ['duration', 'such changes this close together are told as one'],
  cliffMs: ['duration', 'a faster onset is a cliff, a slower one a slope'],
  flappingDrops: ['count', 'as many drops in an incident are flapping'],
  meanWindowMs: ['duration', 'with as many drops within this, the mean decides'],
  flappingWindowMs: ['duration', 'with as many drops within this, it flaps'],
  deepeningHoldMs: ['duration', 'an incident that gets worse is told after this'],
};

const VOTING_HELP: Readonly<Record<keyof VotingPolicy, readonly [Kind, string]>> = {
  fullFeedShare: ['share', 'a peer may vote when its table is this share of the usual full table'],
  resyncMs: ['duration', 'a new session votes after this without End-of-RIB'],
  learnMs: ['duration', 'a peer of unknown table size votes after carrying the territory this long'],
  peerSilenceMs: ['duration', 'a peer that sent KEEPALIVEs and fell silent this long loses its vote; 0s: never'],
  forgetMs: ['duration', 'a voter that is gone counts as missing for this long'],
};

export const POLICY_SETTINGS: readonly Setting<keyof Policy>[] = settings(POLICY_HELP, DEFAULT_POLICY);
export const VOTING_SETTINGS: readonly Setting<keyof VotingPolicy>[] = settings(VOTING_HELP, DEFAULT_VOTING);

/** What is not said of how to judge is this. */
export interface Defaults {
  readonly policy: Policy;
  readonly voting: VotingPolicy;
}

export const DEFAULTS: Defaults = { policy: DEFAULT_POLICY, voting: DEFAULT_VOTING };

/** What only a live feed can be asked for: the defaults of `watch` where they are others than those of `replay`. */
export const LIVE_SETTINGS = {
  /** A verdict needs voters at as many collectors, or at all that were asked for. */
  minCollectors: 5,
  /** RIS holds sessions for 180 s without a KEEPALIVE. Milliseconds. */
  peerSilenceMs: 180_000,
} as const;

/** The defaults of a feed of these collectors; `undefined`: of all there are. */
export function liveDefaults(collectors: readonly unknown[] | undefined): Defaults {
  const { minCollectors, peerSilenceMs } = LIVE_SETTINGS;
  return {
    policy: { ...DEFAULT_POLICY, minCollectors: Math.min(minCollectors, collectors?.length ?? Infinity) },
    voting: { ...DEFAULT_VOTING, peerSilenceMs },
  };
}

/** The same settings with the defaults that `watch` has. */
export function forLiveFeed<Key extends string>(table: readonly Setting<Key>[]): readonly Setting<Key>[] {
  const live: Readonly<Record<string, number>> = LIVE_SETTINGS;
  return table.map((setting) => ({ ...setting, fallback: live[setting.key] ?? setting.fallback }));
}

/** Reads a value from the command line; `undefined` when it is not of its kind. Ranges are `policyFaults`' to judge. */
export function parseSetting(kind: Kind, text: string): number | undefined {
  if (kind === 'duration') return parseDuration(text);
  if (kind === 'count') return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  return /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) ? Number(text) : undefined;
}

export const SETTING_FORMS: Readonly<Record<Kind, string>> = {
  share: 'a share of 1 such as 0.1 (10 %)',
  duration: DURATION_FORM,
  count: 'a whole number',
};

export function settingText({ kind }: Pick<Setting<string>, 'kind'>, value: number): string {
  return kind === 'duration' ? durationArgument(value) : String(value);
}

function settings<Key extends string>(
  help: Readonly<Record<Key, readonly [Kind, string]>>,
  defaults: Readonly<Record<Key, number>>,
): readonly Setting<Key>[] {
  return (Object.keys(help) as Key[]).map((key) => {
    const [kind, words] = help[key];
    const name = kind === 'duration' ? key.replace(/Ms$/, '') : key;
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return { key, name, option, kind, help: words, fallback: defaults[key] };
  });
}
