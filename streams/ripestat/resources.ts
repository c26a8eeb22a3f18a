import * as z from 'zod';
import { comparePrefixes, parsePrefix, prefixOf, type Family, type Prefix } from '../../src/bgp/prefix.ts';
import { SHORTEST_COVERING, UNIT_LENGTH, unitsOf, type Territory } from '../../src/territory/territory.ts';
import { done, failed, type RipestatFault, type Outcome } from './fault.ts';

/** The resources to request from RIPEstat for some territories. */
export interface Question {
  /** For the calls that take lists: prefixes and, to find more specifics of any length, origin ASes. */
  readonly resources: readonly string[];
  /** Inside the blocks, for the calls that take one prefix each. */
  readonly inside: readonly Prefix[];
  readonly families: readonly Family[];
}

/** Most prefixes to request: each costs RIPEstat work. */
const MAX_PREFIXES = 1_000;
/** Resources of one request: some 2,000 characters of address. */
export const RESOURCES_AT_ONCE = 100;

/**
 * Lists every prefix that could cover a unit: each block, all prefixes in it down to a unit, and all that cover it up
 * to a /8. It is not documented that a call also returns more and less specifics, and a seed without them would report
 * a routed country as lost.
 */
export function questionOf(territories: readonly Territory[]): Outcome<Question> {
  const inside: Prefix[] = [];
  const covering: Prefix[] = [];
  const warnings: string[] = [];
  for (const territory of territories) {
    const parts = partsOf(territory, MAX_PREFIXES - inside.length);
    if (parts === undefined && territory.origins.length === 0) {
      const what = `${territory.id} may be routed as more than ${MAX_PREFIXES} prefixes, and no origin AS is given to ask for instead`;
      return failed('configuration', 'seed', what);
    }
    if (parts === undefined)
      warnings.push(`${territory.id} is large: RIPEstat is asked for its origin ASes and blocks only`);
    inside.push(...(parts ?? territory.blocks));
    covering.push(...territory.blocks.flatMap(coversOf));
  }
  if (inside.length > 2 * MAX_PREFIXES)
    return failed('configuration', 'seed', `the territories have ${inside.length} blocks`);

  const prefixes = unique([...inside, ...covering]).map(({ text }) => text as string);
  const origins = new Set(territories.flatMap(({ origins }) => origins.map((asn) => `AS${asn}`)));
  const families = [...new Set(territories.flatMap(({ blocks }) => blocks.map(({ family }) => family)))];
  return done({ resources: [...origins, ...prefixes], inside: unique(inside), families }, warnings);
}

/** The blocks and everything inside them down to units, the larger first; `undefined` when more than `most`. */
function partsOf(territory: Territory, most: number): readonly Prefix[] | undefined {
  const parts: Prefix[] = [];
  for (const block of territory.blocks) {
    const unitLength = Math.max(block.length, UNIT_LENGTH[block.family]);
    if (2 ** (unitLength - block.length + 1) - 1 + parts.length > most) return undefined;
    const units = unitsOf({ blocks: [block] }, block.family);
    for (let length = block.length; length <= unitLength; length++)
      parts.push(...unique(units.map(({ words }) => prefixOf(block.family, words, length))));
  }
  return parts;
}

function coversOf(block: Prefix): readonly Prefix[] {
  const covers: Prefix[] = [];
  for (let length = SHORTEST_COVERING; length < block.length; length++)
    covers.push(prefixOf(block.family, block.words, length));
  return covers;
}

/** The prefixes without repetitions. */
export function unique(prefixes: readonly Prefix[]): readonly Prefix[] {
  return [...new Map(prefixes.map((prefix) => [prefix.text, prefix])).values()].sort(comparePrefixes);
}

const about = z.object({
  resource: z.string().optional(),
  parameters: z.object({ resource: z.string().optional() }).optional(),
});

/**
 * Checks that an answer belongs to our request. A faulty cache may return another answer, in which our prefixes would
 * seem to be missing. Answers repeat the requested resources, and these are compared.
 *
 * @param asked the requested resources, as sent
 * @returns the fault; `undefined`: the answer matches, or does not name its resources
 */
export function answersOther(
  call: string,
  asked: string,
  data: unknown,
): { readonly ok: false; readonly fault: RipestatFault } | undefined {
  const read = about.safeParse(data);
  const answered = read.success ? (read.data.resource ?? read.data.parameters?.resource) : undefined;
  if (answered === undefined) return undefined;
  const ours = new Set(namesIn(asked));
  const theirs = namesIn(answered);
  // One matching resource is enough, because the form of a repeated list is not documented.
  if (theirs.length === 0 || theirs.some((name) => ours.has(name))) return undefined;
  return failed('unreadable', call, `it answered for ${theirs[0]}, which was not asked`);
}

/** Resources in a canonical form. */
function namesIn(resources: string): readonly string[] {
  const names = resources.split(',').map((name) => name.trim());
  return names.filter((name) => name !== '').map((name) => parsePrefix(name)?.text ?? name.replace(/^as/i, ''));
}
