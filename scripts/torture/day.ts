import { elementLine } from '../../src/bgp/element-line.ts';
import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { asn, prefix } from '../../test/support/day.ts';
import { between, drawn, mulberry32, shuffled, type Random } from '../../test/support/sim-random.ts';

/** Two territories, of both families, with short holds, so that an hour of event time contains the events of a year. */
export const TERRITORIES = `territories:
  - { id: AA, name: First Land, blocks: [203.0.112.0/22], origins: [64500] }
  - { id: BB, name: Second Land, blocks: [198.51.100.0/24, "2001:db8::/47"], origins: [64501, 64502] }
`;

/** The policy of the day, as options of the command. */
export const JUDGED = [
  ...['--min-voters', '3', '--unroutable-hold', '1s', '--degraded-hold', '2s', '--settle', '1s', '--blind-hold', '1s'],
  ...['--change-hold', '1s', '--change-group', '1s', '--incident-gap', '12s', '--cliff', '2s', '--adopt', '30s'],
  ...['--rebase', '10m', '--resync', '8s', '--learn', '30s'],
];

/** Each with the networks it holds and the AS that announces them. */
const LANDS = [
  { units: ['203.0.112.0/24', '203.0.113.0/24', '203.0.114.0/24', '203.0.115.0/24'], origin: 64_500 },
  { units: ['198.51.100.0/24', '2001:db8::/48', '2001:db8:1::/48'], origin: 64_501 },
] as const;

type Land = (typeof LANDS)[number];

const COLLECTORS = ['rrc00', 'rrc01', 'route-views.sg'];
const PEERS: readonly Peer[] = Array.from({ length: 12 }, (_, i) => {
  const collector = parseCollector(COLLECTORS[i % 3] ?? '');
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `192.0.2.${i + 1}`, asn(64_600 + i));
});
const UPSTREAMS = [4_837, 20_485, 134_544];
const BEGIN = Date.UTC(2026, 8, 10, 4);

/**
 * A day of routing from a seed, as lines of a tape: scenes of outages, losses, flaps, changes of upstream and origin, new
 * networks, gaps, and sessions that go, one after another, each over before the next. The same seed, the same bytes.
 */
export function tape(seed: number, scenes: number): string {
  const day = new TortureDay(mulberry32(seed));
  day.start();
  for (let i = 0; i < scenes; i++) day.scene(i);
  return day.lines.map((line) => `${line}\n`).join('');
}

class TortureDay {
  readonly lines: string[] = [];
  readonly #random: Random;
  #at = BEGIN;
  /** Networks that were never announced before. */
  #fresh = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole table of each peer. */
  start(): void {
    for (const peer of PEERS) {
      const from = this.#at as EventTime;
      for (const land of LANDS)
        for (const unit of land.units) {
          const path = [peer.asn, asn(4_837), asn(land.origin)];
          this.#write({ type: 'rib', at: from, peer, prefix: prefix(unit), pathId: undefined, path });
        }
      const dump = { from, routes: { ipv4: 900_000, ipv6: 200_000 } };
      this.#write({ type: 'end-of-rib', at: from, peer, family: undefined, dump });
    }
    this.#pass(40_000);
  }

  scene(number: number): void {
    const random = this.#random;
    const land = LANDS[random() < 0.6 ? 0 : 1];
    const scenes = [
      () => this.#outage(land, land.units),
      () => this.#outage(land, drawn(random, land.units, 0.6)),
      () => this.#flaps(land),
      () => this.#reroute(land),
      () => this.#hijack(land),
      () => this.#news(land),
      () => this.#gap(),
      () => this.#blind(),
      () => this.#late(land),
      () => this.#pass(90_000),
    ];
    scenes[number < scenes.length ? number : between(random, 0, scenes.length - 1)]?.();
    this.#pass(between(random, 3, 25) * 1000);
  }

  #outage(land: Land, units: readonly string[]): void {
    const spreadMs = this.#random() < 0.7 ? 60 : 700;
    this.#each((peer) => this.#withdraw(peer, units), spreadMs);
    this.#pass(between(this.#random, 2, 9) * 1000);
    this.#each((peer) => this.#announce(peer, land, units), spreadMs);
    this.#pass(3000);
  }

  #flaps(land: Land): void {
    for (let i = between(this.#random, 3, 5); i > 0; i--) this.#outage(land, land.units);
  }

  #reroute(land: Land): void {
    const upstream = UPSTREAMS[between(this.#random, 1, 2)] ?? 0;
    this.#each((peer) => this.#announce(peer, land, land.units, upstream), 50);
    this.#pass(4000);
    this.#each((peer) => this.#announce(peer, land, land.units), 50);
    this.#pass(3000);
  }

  /** A few peers get it from an AS that does not count. */
  #hijack(land: Land): void {
    const unit = land.units.slice(0, 1);
    const who = drawn(this.#random, PEERS, 0.4);
    this.#each((peer) => this.#announce(peer, land, unit, 174, 64_999), 50, who);
    this.#pass(4000);
    this.#each((peer) => this.#announce(peer, land, unit), 50, who);
    this.#pass(3000);
  }

  /** A more specific network that no peer had before. */
  #news(land: Land): void {
    const number = this.#fresh++;
    const text = `203.0.${112 + (number % 4)}.${(Math.floor(number / 4) * 4) % 256}/30`;
    if (land.origin !== 64_500) return this.#hijack(land);
    this.#each((peer) => this.#announce(peer, land, [text]), 20);
    this.#pass(3000);
    this.#each((peer) => this.#withdraw(peer, [text]), 20);
    this.#pass(2000);
  }

  #gap(): void {
    const collector = parseCollector(COLLECTORS[between(this.#random, 0, 2)] ?? '');
    if (collector === undefined) return;
    this.#write({ type: 'gap', at: this.#now, collector, reason: 'disconnected' });
    this.#pass(3000);
    const peers = PEERS.filter((peer) => peer.collector === collector);
    this.#each((peer) => this.#whole(peer), 100, peers);
  }

  /** Most sessions end, and begin again. */
  #blind(): void {
    const who = drawn(this.#random, PEERS, 0.8);
    this.#each((peer) => this.#write({ type: 'peer-state', at: this.#now, peer, state: 'down' }), 30, who);
    this.#pass(4000);
    this.#each(
      (peer) => {
        this.#write({ type: 'peer-state', at: this.#now, peer, state: 'up' });
        this.#whole(peer);
      },
      30,
      who,
    );
    this.#pass(3000);
  }

  /** Messages that are older than the present state. */
  #late(land: Land): void {
    const [peer] = shuffled(this.#random, PEERS);
    if (peer === undefined) return;
    const at = (this.#at - between(this.#random, 1, 60_000)) as EventTime;
    for (const unit of land.units)
      this.#write({ type: 'withdrawal', at, peer, prefix: prefix(unit), pathId: undefined });
  }

  #whole(peer: Peer): void {
    for (const land of LANDS) this.#announce(peer, land, land.units);
    this.#write({ type: 'end-of-rib', at: this.#now, peer, family: undefined });
  }

  // oxlint-disable-next-line max-params -- the fields of a route
  #announce(peer: Peer, land: Land, units: readonly string[], upstream = 4_837, origin: number = land.origin): void {
    for (const unit of units) {
      const path = [peer.asn, asn(upstream), asn(origin)];
      this.#write({ type: 'announcement', at: this.#now, peer, prefix: prefix(unit), pathId: undefined, path });
    }
  }

  #withdraw(peer: Peer, units: readonly string[]): void {
    for (const unit of units)
      this.#write({ type: 'withdrawal', at: this.#now, peer, prefix: prefix(unit), pathId: undefined });
  }

  #each(act: (peer: Peer) => void, spreadMs: number, peers: readonly Peer[] = PEERS): void {
    for (const peer of shuffled(this.#random, peers)) {
      act(peer);
      this.#at += between(this.#random, 0, spreadMs);
    }
  }

  /** Time advances, with a tick of each collector every second. */
  #pass(ms: number): void {
    const end = this.#at + ms;
    while (this.#at < end) {
      this.#at = Math.min(end, this.#at + 1000);
      const collector = parseCollector(COLLECTORS[Math.floor(this.#at / 1000) % 3] ?? '');
      if (collector !== undefined) this.#write({ type: 'tick', at: this.#now, collector });
    }
  }

  get #now(): EventTime {
    return this.#at as EventTime;
  }

  #write(element: Element): void {
    this.lines.push(elementLine(element));
  }
}
