import type { Element } from '../../src/bgp/element.ts';
import type { Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/policy/policy.ts';
import type { EngineOptions } from '../../src/engine.ts';
import type { Territory } from '../../src/territory/territory.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { asn, clock, KP, peer, prefix, UNITS } from '../support/day.ts';
import { between, drawn, mulberry32, type Random } from '../support/sim-random.ts';

/** Both families, and only its own origin counts. */
export const TWO_FAMILIES: Territory = {
  id: 'TW-O',
  name: 'Two Families',
  blocks: [prefix('203.0.112.0/23'), prefix('2001:db8::/47')],
  origins: [asn(64_500), asn(64_501)],
  timeZone: undefined,
};

/** Any origin counts, and it has more units than are followed one by one. */
export const LARGE: Territory = {
  id: 'LARGE',
  name: 'Large Land',
  blocks: [prefix('10.64.0.0/16'), prefix('10.65.0.0/24')],
  origins: [],
  timeZone: undefined,
};

export const CONTROL: Territory = {
  id: 'CONTROL',
  name: 'anchors',
  blocks: [prefix('84.205.64.0/23'), prefix('2001:7fb:fe00::/47')],
  origins: [],
  timeZone: undefined,
};

/** Short, so that hours of a day show what takes days. */
export const POLICY: Policy = {
  ...DEFAULT_POLICY,
  minVoters: 3,
  minCollectors: 2,
  incidentGapMs: 10 * 60_000,
  adoptMs: 8 * 60_000,
  rebaseMs: 12 * 60_000,
};

export const OPTIONS: EngineOptions = {
  territories: [KP, TWO_FAMILIES, LARGE].map((territory) => ({ territory, policy: POLICY })),
  voting: { ...DEFAULT_VOTING, learnMs: 4 * 60_000, resyncMs: 90_000, forgetMs: 25 * 60_000, peerSilenceMs: 180_000 },
  control: CONTROL,
};

const COLLECTORS = ['rrc00', 'rrc01', 'route-views.sg'];

/** Two of them are of one AS. */
const PEERS: readonly Peer[] = Array.from({ length: 11 }, (_, i) =>
  peer(i + 1, { collector: COLLECTORS[i % 3] ?? '', asn: 64_513 + (i === 10 ? 0 : i) }),
);

const USUAL = [
  ...UNITS,
  '203.0.112.0/24',
  '203.0.113.0/24',
  '2001:db8::/48',
  '2001:db8:1::/48',
  '10.64.0.0/16',
  '10.65.0.0/24',
];
const ANCHORS = ['84.205.64.0/24', '84.205.65.0/24', '2001:7fb:fe00::/48', '2001:7fb:fe01::/48'];
const ODD = ['175.45.176.0/22', '175.45.160.0/19', '175.45.177.0/25', '10.64.3.0/24', '10.0.0.0/8', '2001:db8::/32'];

/**
 * Hours of everything that elements can say, from a seed: dumps, resets, gaps, floods, late ones, families, ADD-PATH.
 * Mostly all peers do a thing together, so that verdicts change.
 */
export function randomDay(seed: number, steps: number): readonly Element[] {
  const random = mulberry32(seed);
  const day = new RandomDay(random);
  day.start();
  for (let i = 0; i < steps; i++) day.step();
  return day.elements;
}

class RandomDay {
  readonly elements: Element[] = [];
  readonly #random: Random;
  #at = clock('06:00');

  constructor(random: Random) {
    this.#random = random;
  }

  /** Some were in a dump, and the table of one of them was small; of others it is unknown. */
  start(): void {
    // What no peer has yet is not part of the baseline; it may join later.
    const known = drawn(this.#random, USUAL, this.#pick([1, 1, 0.7]));
    const dumped = PEERS.slice(0, between(this.#random, 3, PEERS.length));
    for (const one of dumped) this.#dump(one, one === PEERS[2] ? 40_000 : 500_000, known);
    for (const one of PEERS.slice(dumped.length)) this.#announce(one, [...known, ...ANCHORS]);
    this.#later(5000);
  }

  step(): void {
    const random = this.#random;
    this.#later(this.#pick([0, 0, between(random, 0, 900), between(random, 1000, 40_000), 61_000, 300_000, 700_000]));
    const who = random() < 0.5 ? PEERS : drawn(random, PEERS, random());
    this.#pick([
      () => this.#each(who, (one) => this.#announce(one, this.#some())),
      () => this.#each(who, (one) => this.#announce(one, [...USUAL, ...ANCHORS])),
      () => this.#each(who, (one) => this.#withdraw(one, this.#some())),
      () => this.#each(PEERS, (one) => this.#withdraw(one, USUAL)),
      () => this.#each(who, (one) => this.#reroute(one, this.#some())),
      () => this.#each(who.slice(0, 3), (one) => this.#odd(one)),
      () => this.#each(who.slice(0, 4), (one) => this.#session(one)),
      () => this.#each(who, (one) => this.#dump(one, this.#pick([500_000, 510_000, 40_000]))),
      () => this.#gap(),
      () => this.#each(who, (one) => this.#push({ type: 'tick', at: this.#at, collector: one.collector, peer: one })),
      () => this.#flood(this.#pick(PEERS)),
      () => this.#late(this.#pick(PEERS)),
    ])();
    this.#push({ type: 'tick', at: this.#at, collector: this.#pick(PEERS).collector });
  }

  #push(element: Element): void {
    this.elements.push(element);
  }

  #later(ms: number): void {
    this.#at = (this.#at + ms) as EventTime;
  }

  #each(peers: readonly Peer[], act: (one: Peer) => void): void {
    const spread = this.#pick([0, 0, 50, 3000]);
    for (const one of peers) {
      act(one);
      this.#later(Math.floor(this.#random() * spread));
    }
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #some(): readonly string[] {
    return drawn(this.#random, this.#random() < 0.2 ? ANCHORS : USUAL, this.#random());
  }

  #pathOf(one: Peer, text: string, upstream: number) {
    const origin = text.startsWith('175') ? 131_279 : text.startsWith('203') || text.includes('db8') ? 64_500 : 64_510;
    return [one.asn, asn(upstream), asn(origin)];
  }

  #announce(one: Peer, texts: readonly string[], upstream = 4837): void {
    for (const text of texts) this.#route(one, text, this.#pathOf(one, text, upstream));
  }

  #route(one: Peer, text: string, path: Element extends infer E ? (E extends { path: infer P } ? P : never) : never) {
    const route = { at: this.#at, peer: one, prefix: prefix(text), path };
    this.#push({ ...route, type: 'announcement', pathId: undefined });
  }

  #withdraw(one: Peer, texts: readonly string[]): void {
    for (const text of texts)
      this.#push({ type: 'withdrawal', at: this.#at, peer: one, prefix: prefix(text), pathId: undefined });
  }

  /** Over another upstream, or from an origin that does not count. */
  #reroute(one: Peer, texts: readonly string[]): void {
    const upstream = this.#pick([20_485, 4837, 22_351]);
    for (const text of texts)
      this.#route(
        one,
        text,
        this.#random() < 0.2 ? [one.asn, asn(174), asn(64_496)] : this.#pathOf(one, text, upstream),
      );
  }

  /** Covering and more specific routes, an AS_SET, ADD-PATH. */
  #odd(one: Peer): void {
    const text = this.#pick(ODD);
    const pathId = this.#pick([undefined, 1, 2]);
    const route = { at: this.#at, peer: one, prefix: prefix(text), pathId };
    if (this.#random() < 0.3) return this.#push({ ...route, type: 'withdrawal' });
    const path = [one.asn, asn(4837), [asn(64_500), asn(131_279)]];
    this.#push({ ...route, type: 'announcement', path: this.#pick([path, [], this.#pathOf(one, text, 1299)]) });
  }

  #session(one: Peer): void {
    const at = this.#at;
    this.#push({ type: 'peer-state', at, peer: one, state: 'down' });
    if (this.#random() < 0.3) return;
    this.#later(this.#pick([0, 2000, 30_000]));
    this.#push({ type: 'peer-state', at: this.#at, peer: one, state: 'up' });
    this.#announce(one, [...USUAL, ...ANCHORS]);
    if (this.#random() < 0.5) return;
    this.#push({ type: 'end-of-rib', at: this.#at, peer: one, family: this.#pick([undefined, 'ipv4', 'ipv6']) });
  }

  #dump(one: Peer, table: number, usual: readonly string[] = USUAL): void {
    const from = this.#at;
    const texts = this.#random() < 0.8 ? [...usual, ...ANCHORS] : this.#some();
    for (const text of texts) {
      const route = { at: this.#at, peer: one, prefix: prefix(text), pathId: undefined };
      this.#push({ ...route, type: 'rib', path: this.#pathOf(one, text, 4837) });
    }
    const routes = { ipv4: table, ipv6: table / 5 };
    const family = this.#pick([undefined, undefined, 'ipv4', 'ipv6'] as const);
    this.#push({ type: 'end-of-rib', at: this.#at, peer: one, family, dump: { from, routes } });
  }

  #gap(): void {
    const one = this.#pick(PEERS);
    const gap = { type: 'gap', at: this.#at, collector: one.collector } as const;
    const kind = this.#pick(['collector', 'collector', 'peer', 'routes'] as const);
    if (kind === 'collector') this.#push({ ...gap, reason: 'disconnected' });
    else if (kind === 'peer') this.#push({ ...gap, peer: one, reason: 'unreadable-message' });
    else {
      const routes = this.#some().map((text) => ({ prefix: prefix(text), pathId: undefined }));
      if (routes.length > 0) this.#push({ ...gap, peer: one, reason: 'unreadable-message', routes });
    }
  }

  /** More specifics over upstreams that no other peer has. */
  #flood(one: Peer): void {
    for (let i = 0; i < 60; i++) {
      const text = `175.45.17${between(this.#random, 6, 9)}.${between(this.#random, 0, 31) * 8}/29`;
      this.#announce(one, [text], between(this.#random, 70_000, 70_040));
    }
  }

  /** From before the last element: a state, or routes. */
  #late(one: Peer): void {
    const at = (this.#at - between(this.#random, 1, 150_000)) as EventTime;
    if (this.#random() < 0.5)
      return this.#push({ type: 'peer-state', at, peer: one, state: this.#pick(['up', 'down']) });
    for (const text of this.#some())
      this.#push({ type: 'withdrawal', at, peer: one, prefix: prefix(text), pathId: undefined });
  }
}
