import { comparePrefixes, overlaps, type Prefix } from '../bgp/prefix.ts';
import { policyFaults, type Policy } from '../policy/policy.ts';
import { countUnits, MAX_UNITS, type Territory } from '../territory/territory.ts';
import { votingFaults, type VotingPolicy } from '../policy/voting-policy.ts';
import { DEFAULTS, POLICY_SETTINGS, VOTING_SETTINGS, type Defaults, type Setting } from './settings.ts';
import { good, type Result } from '../lib/result.ts';
import { valueAt, type Place } from '../lib/zod-faults.ts';
import { readForm, refused } from './document.ts';
import { placeText } from './schema-faults.ts';
import { territoriesSchema, type TerritoriesDocument } from './territories-schema.ts';
import type { YamlDocument } from './yaml-document.ts';

/** What a territories file configures. */
export interface Configured {
  readonly territories: readonly { readonly territory: Territory; readonly policy: Policy }[];
  readonly voting: VotingPolicy;
}

/**
 * Reads a territories file (docs/territories.md). All faults are reported at once, so that one edit can correct
 * them.
 */
export function parseTerritories(text: string, file: string, defaults: Defaults = DEFAULTS): Result<Configured> {
  const read = readForm(text, file, { schema: territoriesSchema, keysAt });
  if (!read.ok) return read;
  const { document, value } = read.value;
  const configured = configuredOf(value, defaults);
  const faults = [...territoryFaults(configured.territories, document), ...votingPlaced(configured.voting, document)];
  return faults.length > 0 ? refused(file, faults) : good(configured);
}

function configuredOf({ territories, voting = {} }: TerritoriesDocument, defaults: Defaults): Configured {
  return {
    territories: territories.map(({ id, name, blocks, origins, timeZone, policy = {} }) => ({
      territory: { id, name, blocks: blocks.toSorted(comparePrefixes), origins, timeZone },
      policy: { ...defaults.policy, ...keyed(POLICY_SETTINGS, policy) },
    })),
    voting: { ...defaults.voting, ...keyed(VOTING_SETTINGS, voting) },
  };
}

/** From names as people write them to the policy's keys. */
function keyed<Key extends string>(
  table: readonly Setting<Key>[],
  values: Readonly<Record<string, number | undefined>>,
): Partial<Record<Key, number>> {
  const found: Partial<Record<Key, number>> = {};
  for (const { key, name } of table) {
    const value = values[name];
    if (value !== undefined) found[key] = value;
  }
  return found;
}

function keysAt(path: Place): readonly string[] {
  const names = (table: readonly Setting<string>[]) => table.map(({ name }) => name);
  if (path.length === 0) return ['territories', 'voting'];
  if (path[0] === 'voting') return names(VOTING_SETTINGS);
  return path.at(-1) === 'policy' ? names(POLICY_SETTINGS) : ['id', 'name', 'blocks', 'origins', 'timeZone', 'policy'];
}

type Territories = Configured['territories'];

function territoryFaults(territories: Territories, document: YamlDocument): readonly string[] {
  const seen = new Set<string>();
  return territories
    .flatMap(({ territory, policy }, i) => {
      const path = ['territories', i];
      const isTwice = seen.has(territory.id);
      seen.add(territory.id);
      return [
        ...(isTwice
          ? [`${document.locate([...path, 'id'])}: ${placeText([...path, 'id'])}: ${territory.id} is here twice`]
          : []),
        ...sizeFaults(territory).map(
          (fault) => `${document.locate([...path, 'blocks'])}: ${placeText([...path, 'blocks'])}: ${fault}`,
        ),
        ...policyFaults(policy).map((fault) => placed(fault, [...path, 'policy'], POLICY_SETTINGS, document)),
      ];
    })
    .concat(overlapFaults(territories, document));
}

function votingPlaced(voting: VotingPolicy, document: YamlDocument): readonly string[] {
  return votingFaults(voting).map((fault) => placed(fault, ['voting'], VOTING_SETTINGS, document));
}

function sizeFaults(territory: Territory): readonly string[] {
  return (['ipv4', 'ipv6'] as const)
    .filter((family) => countUnits(territory, family) > MAX_UNITS)
    .map(
      (family) =>
        `these are ${countUnits(territory, family)} ${family === 'ipv4' ? '/24' : '/48'}s, at most ${MAX_UNITS} can be watched`,
    );
}

/** A fault of a policy begins with the key it is about; it is placed there, or at the map that lacks it. */
function placed(fault: string, path: Place, table: readonly Setting<string>[], document: YamlDocument): string {
  const setting = table.find(({ key }) => fault.startsWith(`${key} `));
  const at = document.locate(setting === undefined ? path : [...path, setting.name]);
  return `${at}: ${placeText(path)}: ${setting === undefined ? fault : fault.replace(setting.key, setting.name)}`;
}

/** Blocks may not overlap, in a territory or between two: a route would be counted twice. */
function overlapFaults(territories: Territories, document: YamlDocument): readonly string[] {
  const blocks = territories
    .flatMap(({ territory }, i) => territory.blocks.map((block) => ({ block, i, id: territory.id })))
    .sort((a, b) => comparePrefixes(a.block, b.block));
  const faults: string[] = [];
  let outer = blocks[0];
  for (const inner of blocks.slice(1)) {
    if (outer === undefined || !overlaps(outer.block, inner.block)) {
      outer = inner;
      continue;
    }
    const path = ['territories', inner.i, 'blocks'];
    const where = document.locate([...path, indexOf(document, path, inner.block)]);
    faults.push(`${where}: ${placeText(path)}: ${inner.block.text} overlaps ${outer.block.text} of ${outer.id}`);
  }
  return faults;
}

/** The position of a block in the list as written: of two equal ones the last, because that one is too many. */
function indexOf(document: YamlDocument, path: Place, block: Prefix): number {
  const list = valueAt(document.value, path);
  return Array.isArray(list) ? list.lastIndexOf(block.text) : 0;
}
