import { contains, parsePrefix } from '../bgp/prefix.ts';
import { targetText, type ProbeTarget } from '../bgp/probe.ts';
import { good, type Result } from '../lib/result.ts';
import type { Place } from '../lib/zod-faults.ts';
import type { Territory } from '../territory/territory.ts';
import { readForm, refused } from './document.ts';
import { durationArgument } from './duration.ts';
import { probesSchema, targetListSchema, type ListedTarget } from './probes-schema.ts';
import type { YamlDocument } from './yaml-document.ts';

/** The content of a file of `watch --probes` (docs/probing.md). */
export interface ProbesFile {
  readonly contact: string;
  /** Milliseconds between two questions to a target. */
  readonly everyMs: number;
  readonly controls: readonly ListedTarget[];
  /** Whether we send probes ourselves. Otherwise there are only results of RIPE Atlas. */
  readonly own: boolean;
  /** The addresses of RIPE Atlas. */
  readonly atlas: { readonly api: string; readonly stream: string };
  /** By id of a territory. */
  readonly territories: ReadonlyMap<string, readonly ListedTarget[]>;
}

/** RIPE Atlas itself. */
const ATLAS = { api: 'https://atlas.ripe.net/', stream: 'wss://atlas-stream.ripe.net/stream/' };

/** Measurements that are followed at once: each is a subscription of its own. */
const MOST_MEASUREMENTS = 100;

/** What is needed to check the file. */
export interface ProbesContext {
  /** All territories that can be watched. */
  readonly territories: readonly Territory[];
  /** Lists that are shipped, by id of a territory. */
  readonly builtIn: ReadonlyMap<string, readonly ListedTarget[]>;
  /** Milliseconds, and the most targets of all, controls included. */
  readonly limits: {
    readonly everyMs: number;
    readonly minEveryMs: number;
    readonly maxEveryMs: number;
    readonly maxTargets: number;
  };
}

/** The SOA of the root, of two root servers of different operators on many sites: k (RIPE NCC) and m (WIDE). */
const USUAL_CONTROLS: readonly ListedTarget[] = ['193.0.14.129', '202.12.27.33'].map((address) => ({
  service: 'dns',
  target: { kind: 'dns-soa', address, port: 53, name: '.' },
  atlas: [],
}));

/** Reads a file of probes. All faults are reported at once, each with its place. */
export function parseProbes(text: string, file: string, context: ProbesContext): Result<ProbesFile> {
  const read = readForm(text, file, { schema: probesSchema, keysAt: keysBelow(PROBES_KEYS) });
  if (!read.ok) return read;
  const { document, value } = read.value;
  const { contact, every = context.limits.everyMs, own = true, controls = USUAL_CONTROLS } = value;
  const territories = new Map(
    Object.entries(value.territories).map(([id, list]) => [
      id,
      list === 'built-in' ? (context.builtIn.get(id) ?? []) : list,
    ]),
  );
  const faults = [
    ...rateFaults(every, document, context),
    ...(own && controls.length < 2
      ? [`${document.locate(['controls'])}: controls: two are needed, so that one may fail`]
      : []),
    ...[...territories].flatMap(([id, list]) => territoryFaults(id, list, document, context)),
    ...(own ? sumFaults([...controls, ...[...territories.values()].flat()], document, context) : []),
    ...measurementFaults([...controls, ...[...territories.values()].flat()], own, document),
  ];
  const atlas = { api: value.atlas?.api ?? ATLAS.api, stream: value.atlas?.stream ?? ATLAS.stream };
  return faults.length > 0
    ? refused(file, faults)
    : good({ contact, everyMs: every, own, atlas, controls, territories });
}

/** Reads a list of targets that is shipped. */
export function parseTargetList(text: string, file: string): Result<readonly ListedTarget[]> {
  const read = readForm(text, file, { schema: targetListSchema, keysAt: keysBelow(['targets']) });
  return read.ok ? good(read.value.value.targets) : read;
}

const PROBES_KEYS = ['contact', 'every', 'own', 'atlas', 'controls', 'territories'];

const TARGET_KEYS = ['kind', 'address', 'port', 'name', 'service', 'source', 'date', 'atlas'];

/** The keys at a place in a file that has these on top. */
function keysBelow(onTop: readonly string[]): (place: Place) => readonly string[] {
  return (place) => (place.length === 0 ? onTop : TARGET_KEYS);
}

function rateFaults(everyMs: number, document: YamlDocument, { limits }: ProbesContext): readonly string[] {
  if (everyMs >= limits.minEveryMs && everyMs <= limits.maxEveryMs) return [];
  const [least, most] = [durationArgument(limits.minEveryMs), durationArgument(limits.maxEveryMs)];
  return [`${document.locate(['every'])}: every: must be from ${least} to ${most}`];
}

function territoryFaults(
  id: string,
  list: readonly ListedTarget[],
  document: YamlDocument,
  { territories }: ProbesContext,
): readonly string[] {
  const path = ['territories', id];
  const territory = territories.find((known) => known.id === id);
  if (territory === undefined) return [`${document.locate(path, 'key')}: ${id} is not a territory that is known`];
  if (list.length === 0) return [`${document.locate(path)}: no list of targets for ${id} is built in`];
  return list.flatMap(({ target }, i) => {
    const at = document.locate([...path, i, 'address']);
    const first = list.findIndex((other) => targetText(other.target) === targetText(target));
    return [
      ...(first < i ? [`${at}: ${targetText(target)} is listed twice`] : []),
      ...(isWithin(territory, target)
        ? []
        : [`${at}: ${target.address} is outside the blocks of ${id}: what it answers says nothing of ${id}`]),
    ];
  });
}

function isWithin({ blocks }: Territory, { address }: ProbeTarget): boolean {
  const host = parsePrefix(`${address}/${address.includes(':') ? 128 : 32}`);
  return host !== undefined && blocks.some((block) => block.family === host.family && contains(block, host));
}

function sumFaults(all: readonly ListedTarget[], document: YamlDocument, { limits }: ProbesContext): readonly string[] {
  if (all.length <= limits.maxTargets) return [];
  const at = document.locate(['territories']);
  return [
    `${at}: these are ${all.length} targets, controls included; at most ${limits.maxTargets} can be asked in time`,
  ];
}

function measurementFaults(all: readonly ListedTarget[], own: boolean, document: YamlDocument): readonly string[] {
  const at = document.locate(['territories']);
  const ids = all.flatMap(({ atlas }) => atlas);
  const twice = ids.filter((id, i) => ids.indexOf(id) < i);
  return [
    ...(ids.length > MOST_MEASUREMENTS ? [`${at}: at most ${MOST_MEASUREMENTS} measurements of RIPE Atlas`] : []),
    ...twice.map((id) => `${at}: measurement ${id} of RIPE Atlas is named twice; it asks one target`),
    ...(own || ids.length > 0
      ? []
      : [`${document.locate(['own'])}: own: without it a target needs measurements of RIPE Atlas (atlas: 12345678)`]),
  ];
}
