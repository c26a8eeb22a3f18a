import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/policy/policy.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import type { ElementSource } from '../../src/ports.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { asn, prefix } from '../../test/support/day.ts';

/** A territory of 256 networks with fifty peers: as many routes as a medium-sized country has at a few collectors. */
const NETWORKS = 256;
const PEERS = 50;
export const ROUTES = NETWORKS * PEERS;

const ORIGIN = asn(64_500);
const prefixes = Array.from({ length: NETWORKS }, (_, i) => prefix(`10.64.${i}.0/24`));
const peers = Array.from({ length: PEERS }, (_, i): Peer => {
  const collector = parseCollector(`rrc0${i % 5}`);
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `192.0.2.${i + 1}`, asn(64_600 + i));
});
const paths = peers.map((peer) => [3_356, 1_299, 174].map((by) => [peer.asn, asn(by), asn(4_837), ORIGIN]));

export function engineOf(policy: Partial<Policy> = {}): Engine {
  const territory = {
    id: 'BENCH',
    name: 'Bench Land',
    blocks: [prefix('10.64.0.0/16')],
    origins: [],
    timeZone: undefined,
  };
  return createEngine({
    territories: [{ territory, policy: { ...DEFAULT_POLICY, ...policy } }],
    voting: DEFAULT_VOTING,
    recorded: true,
  });
}

/** The whole table of each peer, with this many networks of the territory. */
export function* dump(at: number, networks = NETWORKS): Generator<Element> {
  const from = at as EventTime;
  for (const [i, peer] of peers.entries()) {
    for (const one of prefixes.slice(0, networks))
      yield { type: 'rib', at: from, peer, prefix: one, pathId: undefined, path: paths[i]?.[0] ?? [] };
    const routes = { ipv4: 900_000, ipv6: 0 };
    yield { type: 'end-of-rib', at: from, peer, family: undefined, dump: { from, routes } };
  }
}

/** This many route changes, each to another path, a hundred thousand per second of event time. */
export function* changes(from: number, many: number): Generator<Element> {
  for (let i = 0; i < many; i++) {
    const at = (from + Math.floor(i / 100)) as EventTime;
    const which = i % ROUTES;
    const by = 1 + (Math.floor(i / ROUTES) % 2);
    const [peer, path] = [peers[which % PEERS], paths[which % PEERS]?.[by]];
    const one = prefixes[Math.floor(which / PEERS)];
    if (peer !== undefined && path !== undefined && one !== undefined)
      yield { type: 'announcement', at, peer, prefix: one, pathId: undefined, path };
  }
}

/** This many networks leave all tables, or return. */
export function* turn(at: number, isBack: boolean, networks: number): Generator<Element> {
  for (const [i, peer] of peers.entries())
    for (const one of prefixes.slice(0, networks)) {
      const route = { at: at as EventTime, peer, prefix: one, pathId: undefined };
      if (isBack) yield { ...route, type: 'announcement', path: paths[i]?.[0] ?? [] };
      else yield { ...route, type: 'withdrawal' };
    }
}

export function tick(at: number): Element {
  const [peer] = peers;
  if (peer === undefined) throw new Error('no peer');
  return { type: 'tick', at: at as EventTime, collector: peer.collector };
}

export function sourceOf(elements: Iterable<Element> | AsyncIterable<Element>): ElementSource {
  return {
    name: 'bench',
    async *elements() {
      yield* elements;
    },
  };
}
