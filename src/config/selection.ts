import { policyFaults, type Policy } from '../policy/policy.ts';
import { votingFaults, type VotingPolicy } from '../policy/voting-policy.ts';
import { grouped } from '../report/printable.ts';
import { countUnits, FAMILIES, type Territory } from '../territory/territory.ts';
import { BUILT_IN } from '../territory/built-in.ts';
import { bad, good, type Result } from '../lib/result.ts';
import { readConfigText } from './config-text.ts';
import { DEFAULTS, POLICY_SETTINGS, VOTING_SETTINGS, type Defaults, type Setting } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type { Configured } from './territories-file.ts';

/** What to watch, and by which policy. */
export interface Selection {
  readonly territories: readonly { readonly territory: Territory; readonly policy: Policy }[];
  readonly voting: VotingPolicy;
}

/** The options that choose territories and thresholds. */
export interface SelectionOptions {
  /** Ids; none means all of the file, or North Korea without a file. */
  readonly territory?: readonly string[];
  /** Path of a YAML file. */
  readonly territories?: string;
  /** Settings by their option's name in camel case, as commander keeps them. They win over the file. @default none */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** How much one process watches. Both can be raised if there is enough memory: docs/operations.md has the cost. */
export interface Limits {
  /** @default MAX_TERRITORIES */
  readonly maxTerritories?: number;
  /** Of all territories together. @default MAX_NETWORKS */
  readonly maxNetworks?: number;
}

/** Half a gigabyte with 60 peers, and more with each peer. */
export const MAX_TERRITORIES = 2_000;

/** Networks that one process can hold, of all territories together. */
export const MAX_NETWORKS = 131_072;

/** A fault if one process cannot watch all of it, with the number and what to do. */
export function tooMany({ territories }: Selection, limits: Limits): Result<undefined> {
  const { maxTerritories = MAX_TERRITORIES, maxNetworks = MAX_NETWORKS } = limits;
  const networks = territories.reduce(
    (sum, { territory }) => sum + FAMILIES.reduce((both, family) => both + countUnits(territory, family), 0),
    0,
  );
  const faultOf = (what: string, many: number, most: number, option: string): string =>
    `these are ${grouped(many)} ${what}, and one process watches ${grouped(most)} at most: split the file and run several, or ` +
    `raise ${option} where there is memory for it (docs/operations.md says how much)`;
  const faults = [
    ...(territories.length > maxTerritories
      ? [faultOf('territories', territories.length, maxTerritories, '--max-territories')]
      : []),
    ...(networks > maxNetworks ? [faultOf('networks', networks, maxNetworks, '--max-networks')] : []),
  ];
  return faults.length === 0 ? good(undefined) : bad('configuration', ...faults);
}

/**
 * Everything that can be watched: the file's territories, and the built-in ones that it does not define itself.
 * `interrupted` when `signal` aborts before a large file is read.
 */
export async function readTerritories(
  file: string | undefined,
  defaults: Defaults = DEFAULTS,
  signal?: AbortSignal,
): Promise<Result<Selection & { readonly own: number }>> {
  const builtIn = BUILT_IN.map((territory) => ({ territory, policy: defaults.policy }));
  if (file === undefined) return good({ territories: builtIn, voting: defaults.voting, own: 0 });
  const configured = await readConfigured(file, defaults, signal);
  if (!configured.ok) return configured;

  const { territories, voting } = configured.value;
  const others = builtIn.filter(({ territory }) => territories.every((own) => own.territory.id !== territory.id));
  return good({ territories: [...territories, ...others], voting, own: territories.length });
}

/** What the options choose: they win over the file, and the file over the defaults. Faults of the file are its own (78), faults of the options are the command's (2). */
export async function select(
  options: SelectionOptions,
  { defaults = DEFAULTS, signal }: { readonly defaults?: Defaults; readonly signal?: AbortSignal } = {},
): Promise<Result<Selection>> {
  const known = await readTerritories(options.territories, defaults, signal);
  if (!known.ok) return known;
  const { territories, own, voting } = known.value;
  const chosen = choose(
    territories,
    (options.territory ?? []).map((id) => id.toUpperCase()),
    own,
  );
  if (!chosen.ok) return chosen;

  const { settings = {} } = options;
  const policy = given(POLICY_SETTINGS, settings);
  const selection = {
    territories: chosen.value.map((watched) => ({ ...watched, policy: { ...watched.policy, ...policy } })),
    voting: { ...voting, ...given(VOTING_SETTINGS, settings) },
  };
  const faults = selection.territories
    .flatMap((watched) => policyFaults(watched.policy))
    .concat(votingFaults(selection.voting));
  return faults.length === 0 ? good(selection) : bad('usage', ...new Set(faults.map(asOption)));
}

type Watched = Selection['territories'];

function choose(known: Watched, ids: readonly string[], own: number): Result<Watched> {
  if (ids.length === 0) return good(own > 0 ? known.slice(0, own) : known);
  const names = known.map(({ territory }) => territory.id);
  const unknown = ids.filter((id) => !names.includes(id));
  if (unknown.length === 0) return good(known.filter(({ territory }) => ids.includes(territory.id)));
  return bad(
    'usage',
    ...unknown.map(
      (id) =>
        `--territory ${id}: there is no such territory${didYouMean(id, names)} (known: ${names.join(', ')}; --territories FILE adds others)`,
    ),
  );
}

async function readConfigured(
  file: string,
  defaults: Defaults,
  signal: AbortSignal | undefined,
): Promise<Result<Configured>> {
  const text = await readConfigText(file);
  if (!text.ok) return text;
  // Loaded here, because only a command with a territories file needs it.
  const { parseApart } = await import('./territories-apart.ts');
  const parsed = await parseApart({ text: text.value, file, defaults }, signal);
  return parsed ?? bad('interrupted', `${file}: stopped while it was read`);
}

function given<Key extends string>(
  table: readonly Setting<Key>[],
  values: Readonly<Record<string, unknown>>,
): Partial<Record<Key, number>> {
  const found: Partial<Record<Key, number>> = {};
  for (const { key, name } of table) {
    const value = values[name];
    if (typeof value === 'number') found[key] = value;
  }
  return found;
}

/** A fault of the policy in the words of the command line. */
function asOption(fault: string): string {
  return [...POLICY_SETTINGS, ...VOTING_SETTINGS].reduce(
    (text, { key, option }) => text.replaceAll(key, `--${option}`),
    fault,
  );
}
