import { DEFAULT_POLICY, LIVE_POLICY, type Policy } from '../policy/policy.ts';
import { DEFAULT_VOTING, LIVE_VOTING, type VotingPolicy } from '../policy/voting-policy.ts';
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
  unroutableBelow: ['share', 'unroutable when visibility stays below this share'],
  unroutableHoldMs: ['duration', 'how long visibility must stay below that'],
  degradedBelow: ['share', 'degraded when visibility stays below this share'],
  degradedHoldMs: ['duration', 'how long visibility must stay below that'],
  restoredAt: ['share', 'after unroutable, degraded or routable at this share'],
  recoveredAt: ['share', 'after degraded, routable again at this share'],
  settleMs: ['duration', 'how long a better verdict must hold'],
  minVoters: ['count', 'unknown with fewer voters than this that usually see the territory'],
  minVoterShare: ['share', 'unknown with less than this share left of the voters that usually see it'],
  minCollectors: ['count', 'unknown with voters at fewer collectors than this'],
  minControlShare: ['share', 'unknown with less than this share of the control group visible'],
  blindHoldMs: ['duration', 'how long there must be too few voters'],
  incidentGapMs: ['duration', 'a drop sooner than this after the end of the last one is the same incident'],
  joinMs: ['duration', 'a new voter is a witness of what others usually see after this time'],
  adoptMs: ['duration', 'a prefix seen this long counts as part of the normal state'],
  rebaseMs: ['duration', 'a partial loss that lasts this long is taken as the new normal'],
  coveredAt: ['share', 'a voter sees a network when it has a route to this share of its addresses'],
  presentAt: ['share', 'share of voters at which an upstream, origin or prefix counts as there'],
  absentBelow: ['share', 'share of voters below which it counts as gone'],
  changeHoldMs: ['duration', 'how long a change of upstream, origin or prefix must last'],
  changeGroupMs: ['duration', 'such changes this close together are one event'],
  cliffMs: ['duration', 'a faster onset is a cliff, a slower one a slope'],
  flappingDrops: ['count', 'this many drops are flapping'],
  meanWindowMs: ['duration', 'with that many drops within this time, the mean decides'],
  flappingWindowMs: ['duration', 'with that many drops within this time, the territory flaps'],
  deepeningHoldMs: ['duration', 'an incident that stays worse this long is reported again'],
};

const VOTING_HELP: Readonly<Record<keyof VotingPolicy, readonly [Kind, string]>> = {
  fullFeedShare: ['share', 'a peer may vote when its table has this share of a usual full table'],
  resyncMs: ['duration', 'a new session may vote after this long without End-of-RIB'],
  learnMs: ['duration', 'a peer of unknown table size may vote after it had routes of the territory this long'],
  peerSilenceMs: ['duration', 'a peer that sent KEEPALIVEs and then nothing for this long loses its vote; 0s: never'],
  forgetMs: ['duration', 'how long a voter that is gone counts as missing'],
};

/** The settings of a territory's policy, in the order of the help text. */
export const POLICY_SETTINGS: readonly Setting<keyof Policy>[] = settings(POLICY_HELP, DEFAULT_POLICY);

/** The settings of who may vote, in the order of the help text. */
export const VOTING_SETTINGS: readonly Setting<keyof VotingPolicy>[] = settings(VOTING_HELP, DEFAULT_VOTING);

/** The defaults of the thresholds. */
export interface Defaults {
  readonly policy: Policy;
  readonly voting: VotingPolicy;
}

/** The defaults of `replay`. */
export const DEFAULTS: Defaults = { policy: DEFAULT_POLICY, voting: DEFAULT_VOTING };

/** The defaults for a feed of these collectors; `undefined`: all collectors. */
export function liveDefaults(collectors: readonly unknown[] | undefined): Defaults {
  const minCollectors = Math.min(LIVE_POLICY.minCollectors, collectors?.length ?? Infinity);
  return { policy: { ...LIVE_POLICY, minCollectors }, voting: LIVE_VOTING };
}

/** The same settings with the defaults of `watch`. */
export function forLiveFeed<Key extends string>(table: readonly Setting<Key>[]): readonly Setting<Key>[] {
  const live: Readonly<Record<string, number>> = { ...LIVE_POLICY, ...LIVE_VOTING };
  return table.map((setting) => ({ ...setting, fallback: live[setting.key] ?? setting.fallback }));
}

/** Reads a value from the command line; `undefined` when it is not of its kind. `policyFaults` checks the ranges. */
export function parseSetting(kind: Kind, text: string): number | undefined {
  if (kind === 'duration') return parseDuration(text);
  if (kind === 'count') return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  return /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) ? Number(text) : undefined;
}

/** What a value of each kind looks like, for error messages. */
export const SETTING_FORMS: Readonly<Record<Kind, string>> = {
  share: 'a share of 1 such as 0.1 (10 %)',
  duration: DURATION_FORM,
  count: 'a whole number',
};

/** A value in the form of the command line: `30s`, `0.1`, `10`. */
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
