/**
 * Measures the speed of the engine: `npm run bench:engine -- [--peers 50]`. A territory of 256 networks, each followed
 * individually, and one of 65,536 (a /8) lose a third of their routes, then all, and get them back. One thread, no
 * store; state changes are taken as a watch does.
 */
import { parseArgs } from 'node:util';
import type { Element, RouteElement, WithdrawalElement } from '../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../src/bgp/peer.ts';
import type { Prefix } from '../src/bgp/prefix.ts';
import type { EventTime } from '../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../src/policy/policy.ts';
import { createEngine, type Engine } from '../src/engine.ts';
import { DEFAULT_VOTING } from '../src/policy/voting-policy.ts';
import { asn, prefix } from '../test/support/day.ts';
import { machineText } from './bench/table.ts';

const { values } = parseArgs({ options: { peers: { type: 'string', default: '50' } } });

const BEGIN = Date.UTC(2026, 8, 10, 4);
/** Longer than every hold. */
const LATER_MS = 15 * 60_000;
/** Elements per batch, as in the pipeline. */
const ELEMENTS_A_BATCH = 2_000;

interface Land {
  /** In 10.0.0.0/8. */
  readonly block: string;
  readonly networks: number;
  readonly length: number;
}

const LANDS: readonly Land[] = [
  { block: '10.64.0.0/16', networks: 256, length: 24 },
  { block: '10.0.0.0/8', networks: 2_048, length: 19 },
];

const peers = Array.from({ length: Number(values.peers) }, (_, i): Peer => {
  const collector = parseCollector(`rrc0${i % 5}`);
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `192.0.${2 + (i >> 8)}.${i & 255}`, asn(64_600 + i));
});

function engineOf({ block }: Land): Engine {
  const territory = { id: 'BENCH', name: 'Bench Land', blocks: [prefix(block)], origins: [], timeZone: undefined };
  return createEngine({
    territories: [{ territory, policy: DEFAULT_POLICY }],
    voting: DEFAULT_VOTING,
    recorded: true,
  });
}

type Route = Omit<RouteElement, 'type' | 'path'>;

/** Messages of each peer about each of these networks, one network after another. */
function* messages(networks: readonly Prefix[], say: (route: Route) => Element, at: number): Generator<Element> {
  for (const network of networks)
    for (const peer of peers) yield say({ at: at as EventTime, peer, prefix: network, pathId: undefined });
}

const by =
  (type: 'rib' | 'announcement', transit: number) =>
  (route: Route): RouteElement => ({ ...route, type, path: [route.peer.asn, asn(transit), asn(64_500)] });
const withdrawn = (route: Route): WithdrawalElement => ({ ...route, type: 'withdrawal' });

function* endOfTables(at: number): Generator<Element> {
  const dump = { from: at as EventTime, routes: { ipv4: 900_000, ipv6: 0 } };
  for (const peer of peers) yield { type: 'end-of-rib', at: at as EventTime, peer, family: undefined, dump };
}

/** Applies all elements, and the decisions that are due later. Returns milliseconds and the number of elements. */
function timed(engine: Engine, elements: Iterable<Element>): { ms: number; many: number } {
  let many = 0;
  const began = performance.now();
  for (const element of elements) {
    engine.apply(element);
    if (++many % ELEMENTS_A_BATCH === 0) engine.takeChanges();
  }
  const ms = performance.now() - began;
  const [peer] = peers;
  const at = ((engine.now ?? BEGIN) + LATER_MS) as EventTime;
  if (peer !== undefined) engine.apply({ type: 'tick', at, collector: peer.collector });
  return { ms, many };
}

function measure(land: Land): void {
  const engine = engineOf(land);
  const step = 2 ** (32 - land.length);
  const [, first = 0] = land.block.split(/[./]/).map(Number);
  const networks = Array.from({ length: land.networks }, (_, i) => {
    const address = (10 << 24) + (first << 16) + i * step;
    return prefix(`${[24, 16, 8, 0].map((shift) => (address >> shift) & 255).join('.')}/${land.length}`);
  });
  const third = networks.slice(0, Math.floor(land.networks / 3));
  const rest = networks.slice(third.length);
  const now = (): number => engine.now ?? BEGIN;
  const phases: readonly (readonly [string, () => Iterable<Element>])[] = [
    ['first tables', () => messages(networks, by('rib', 3_356), BEGIN)],
    ['end of tables', () => endOfTables(BEGIN)],
    ['other paths', () => messages(networks, by('announcement', 1_299), now())],
    ['a third leaves', () => messages(third, withdrawn, now())],
    ['other paths of the rest', () => messages(rest, by('announcement', 174), now())],
    ['the rest leaves', () => messages(rest, withdrawn, now())],
    ['all come back', () => messages(networks, by('announcement', 3_356), now())],
  ];
  const units = land.networks * 2 ** (24 - land.length);
  process.stdout.write(`\n${units.toLocaleString('en')} units, ${land.networks} prefixes, ${peers.length} peers\n`);
  for (const [name, elements] of phases) {
    const { ms, many } = timed(engine, elements());
    const rate = Math.round((many * 1000) / ms).toLocaleString('en');
    const verdict = engine.status()[0]?.verdict ?? 'unknown';
    process.stdout.write(
      `  ${name.padEnd(26)}${many.toLocaleString('en').padStart(9)} elements${rate.padStart(10)}/s   then ${verdict}\n`,
    );
  }
}

process.stdout.write(`${machineText()}\n`);
for (const land of LANDS) measure(land);
