/**
 * Measures the cost of territories: `npm run bench:territories -- [--territories 2000] [--units 4] [--peers 60]`. Each
 * peer announces one prefix for each four networks; then one network after another is withdrawn and announced. Prints
 * the memory that the engine holds, the time until the first tables are in, and the time a message takes. One thread,
 * no store; run it with `node --expose-gc` for memory without garbage. docs/operations.md has the figures and the limit
 * made of them.
 */
import { parseArgs } from 'node:util';
import type { Element } from '../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../src/bgp/peer.ts';
import { prefixOf, type Prefix } from '../src/bgp/prefix.ts';
import type { EventTime } from '../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../src/policy/policy.ts';
import { createEngine } from '../src/engine.ts';
import { DEFAULT_VOTING } from '../src/policy/voting-policy.ts';
import { asn } from '../test/support/day.ts';

const { values } = parseArgs({
  options: {
    territories: { type: 'string', default: '2000' },
    units: { type: 'string', default: '4' },
    peers: { type: 'string', default: '60' },
    messages: { type: 'string', default: '2000' },
  },
});
const [many, units, peerCount] = [Number(values.territories), Number(values.units), Number(values.peers)];
const length = 24 - Math.log2(units);
if (!Number.isInteger(length) || length < 8) throw new Error('--units must be a power of two, 65536 at most');

const BEGIN = Date.UTC(2026, 8, 10, 4) as EventTime;
const at = (ms: number): EventTime => (BEGIN + ms) as EventTime;

const peers = Array.from({ length: peerCount }, (_, i): Peer => {
  const collector = parseCollector(`rrc0${i % 5}`);
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `192.0.${2 + (i >> 8)}.${i & 255}`, asn(64_600 + i));
});

const network = (first: number, bits: number): Prefix => prefixOf('ipv4', [(first * 256) >>> 0, 0, 0, 0], bits);
const FIRST = 1 << 16;
const blocks = Array.from({ length: many }, (_, i) => network(FIRST + i * units, length));
const routed = Array.from({ length: Math.ceil((many * units) / 4) }, (_, i) =>
  network(FIRST + i * 4, Math.max(22, length)),
);

function* tables(): Generator<Element> {
  for (const prefix of routed)
    for (const peer of peers)
      yield { type: 'rib', at: BEGIN, peer, prefix, pathId: undefined, path: [peer.asn, asn(64_496), asn(64_500)] };
  const dump = { from: BEGIN, routes: { ipv4: 900_000, ipv6: 0 } };
  for (const peer of peers) yield { type: 'end-of-rib', at: BEGIN, peer, family: undefined, dump };
}

function* news(): Generator<Element> {
  for (let i = 0; i < Number(values.messages); i++) {
    const [prefix, peer] = [routed[(i >> 1) % routed.length], peers[(i >> 1) % peers.length]];
    if (prefix === undefined || peer === undefined) return;
    const route = { at: at(60_000 + i * 10), peer, prefix, pathId: undefined };
    if (i % 2 === 0) yield { ...route, type: 'withdrawal' };
    else yield { ...route, type: 'announcement', path: [peer.asn, asn(64_496), asn(64_500)] };
  }
}

const heap = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const timed = (work: () => void): number => {
  const began = performance.now();
  work();
  return performance.now() - began;
};

const before = heap();
let engine = createEngine({ territories: [], voting: DEFAULT_VOTING });
const made = timed(() => {
  engine = createEngine({
    territories: blocks.map((block, i) => ({
      territory: { id: `T${i}`, name: `Territory ${i}`, blocks: [block], origins: [], timeZone: undefined },
      policy: DEFAULT_POLICY,
    })),
    voting: DEFAULT_VOTING,
    recorded: true,
  });
});
const empty = heap();
const seeded = timed(() => {
  let count = 0;
  for (const element of tables()) {
    engine.apply(element);
    if (++count % 2_000 === 0) engine.takeChanges();
  }
});
engine.takeChanges();
const full = heap();
const updated = timed(() => {
  let count = 0;
  for (const element of news()) {
    engine.apply(element);
    if (++count % 100 === 0) engine.takeChanges();
  }
});
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
process.stdout.write(
  [
    `${many} territories of ${units} networks, ${peerCount} peers, ${routed.length * peerCount} routes`,
    `  memory   ${mb(empty - before)} empty, ${mb(full - before)} with tables: ${Math.round((full - before) / many)} bytes a territory, ${Math.round((full - before) / (many * units))} a network; ${mb(process.memoryUsage().rss)} resident`,
    `  start    ${Math.round(made)} ms made, ${Math.round(seeded)} ms until the tables are in: ${((seeded * 1000) / (routed.length * peerCount)).toFixed(1)} µs a route`,
    `  message  ${((updated * 1000) / Number(values.messages)).toFixed(1)} µs`,
    '',
  ].join('\n'),
);
