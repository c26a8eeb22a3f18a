import fc from 'fast-check';
import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/policy/policy.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import type { Space } from '../../src/spaces.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import type { Territory } from '../../src/territory/territory.ts';
import { asn, clock, peer, prefix } from '../support/day.ts';

/** Small, so that ten thousand days take seconds: two networks, five voters, all thresholds as they are. */
export const SMALL: Territory = {
  id: 'KP',
  name: 'North Korea',
  blocks: [prefix('175.45.176.0/23')],
  origins: [asn(131279)],
  timeZone: undefined,
};

export const NETWORKS = ['175.45.176.0/24', '175.45.177.0/24'] as const;

const ROUTES = NETWORKS.map((text) => ({ prefix: prefix(text), pathId: undefined }));

const COLLECTOR = parseCollector('rrc00') ?? never();
const VOTERS = 5;
const POLICY: Policy = { ...DEFAULT_POLICY, minVoters: 3 };
const RIGHT = [4837, 131279].map(asn);
const PATHS = { announce: RIGHT, reroute: [20485, 131279].map(asn), hijack: [3491, 17557].map(asn) };
const FULL = { ipv4: 500_000, ipv6: 0 };

/** What some voters do, so many seconds after what was done before. */
export interface Step {
  readonly what: 'announce' | 'reroute' | 'hijack' | 'withdraw' | 'down' | 'up' | 'dump' | 'gap' | 'blind';
  readonly wait: number;
  /** Indices of the first voter and how many. */
  readonly from: number;
  readonly count: number;
  /** Indices of networks, as bits. */
  readonly networks: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...(['announce', 'announce', 'withdraw', 'withdraw', 'reroute', 'hijack'] as const),
    ...(['down', 'up', 'dump', 'gap', 'blind'] as const),
  ),
  wait: fc.oneof(
    fc.constantFrom(0, 1, 10, 29, 30, 31, 59, 60, 61, 119, 300, 1800, 4000, 86_400),
    fc.integer({ min: 0, max: 200 }),
  ),
  from: fc.integer({ min: 0, max: VOTERS - 1 }),
  count: fc.constantFrom(1, 2, VOTERS, VOTERS),
  networks: fc.constantFrom(1, 2, 3, 3),
});

/** Days: what is there at the first look, and what becomes of it. */
export interface RandomDay {
  /** Networks of each voter at the first look, as bits. */
  readonly begin: readonly number[];
  readonly steps: readonly Step[];
}

export const randomDay: fc.Arbitrary<RandomDay> = fc.record({
  begin: fc.oneof(
    fc.constant(Array.from({ length: VOTERS }, () => 3)),
    fc.array(fc.constantFrom(0, 1, 3, 3, 3), { minLength: VOTERS, maxLength: VOTERS }),
  ),
  steps: fc.array(step, { maxLength: 10 }),
});

/** Voters, and what each of them has at the collector: one session, or several of the same AS. */
export interface Cast {
  /** The sessions of each voter. */
  readonly sessions: readonly (readonly Peer[])[];
  /** Voters that never have a route to the country. */
  readonly strangers: readonly Peer[];
}

export const usualCast: Cast = {
  sessions: Array.from({ length: VOTERS }, (_, i) => [peer(i + 1)]),
  strangers: [],
};

/** The first voter has a second session that sends the same. */
export const splitCast: Cast = {
  sessions: usualCast.sessions.map((own, i) =>
    i > 0 ? own : own.flatMap((one) => [one, peerOf(one.collector, '198.51.100.200', one.asn)]),
  ),
  strangers: [],
};

export const strangeCast: Cast = {
  sessions: usualCast.sessions,
  strangers: Array.from({ length: 2 }, (_, i) => peer(100 + i)),
};

/** The elements of a day, in order. */
export function elementsOf({ begin, steps }: RandomDay, { sessions, strangers }: Cast): readonly Element[] {
  let at = clock('00:00');
  const elements: Element[] = [];
  const tables = (some: readonly Peer[], networks: number): void => {
    for (const one of some) {
      for (const route of routesOf(networks)) elements.push({ ...route, type: 'rib', at, peer: one, path: RIGHT });
      const dump = { from: at, routes: FULL };
      elements.push({ type: 'end-of-rib', at, peer: one, family: undefined, dump });
    }
  };
  for (const [i, own] of sessions.entries()) tables(own, begin[i] ?? 3);
  at = (at + 600_000) as EventTime;
  tables(strangers, 0);
  at = (at + 3_000_000) as EventTime;
  for (const { what, wait, from, count, networks } of steps) {
    at = (at + wait * 1000) as EventTime;
    const some = sessions.slice(from, from + count).flat();
    if (what === 'dump') tables(some, networks);
    else if (what === 'blind') elements.push({ type: 'gap', at, collector: COLLECTOR, reason: 'missing-file' });
    else for (const one of some) elements.push(...wordsOf(what, { at, peer: one, networks }));
  }
  elements.push({ type: 'tick', at: (at + 4 * 86_400_000) as EventTime, collector: COLLECTOR });
  return elements;
}

interface Word {
  readonly at: EventTime;
  readonly peer: Peer;
  readonly networks: number;
}

function wordsOf(what: Exclude<Step['what'], 'dump' | 'blind'>, { at, peer: one, networks }: Word): Element[] {
  switch (what) {
    case 'down':
    case 'up':
      return [{ type: 'peer-state', at, peer: one, state: what }];
    case 'gap':
      return [{ type: 'gap', at, collector: one.collector, peer: one, reason: 'unreadable-message' }];
    case 'withdraw':
      return routesOf(networks).map((route) => ({ ...route, type: 'withdrawal', at, peer: one }));
    case 'announce':
    case 'reroute':
    case 'hijack': {
      const path = PATHS[what];
      return routesOf(networks).map((route) => ({ ...route, type: 'announcement', at, peer: one, path }));
    }
  }
}

function routesOf(networks: number) {
  return ROUTES.filter((_, i) => ((networks >> i) & 1) === 1);
}

export interface Played {
  readonly engine: Engine<Space>;
  readonly events: readonly UnroutableEvent[];
}

/** The events of the day. `look` is called after each element. */
export function played(
  elements: readonly Element[],
  watch: (engine: Engine) => Engine<Space> = (engine) => engine,
): Played {
  const engine = watch(createEngine({ territories: [{ territory: SMALL, policy: POLICY }], voting: DEFAULT_VOTING }));
  return { engine, events: elements.flatMap((element) => engine.apply(element)?.events ?? []) };
}

function never(): never {
  throw new Error('no collector');
}
