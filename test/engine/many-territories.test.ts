import { describe, expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { asn, prefix } from '../support/day.ts';

const BEGIN = Date.UTC(2026, 8, 10, 4);
const at = (seconds: number): EventTime => (BEGIN + seconds * 1000) as EventTime;

const peers = Array.from({ length: 12 }, (_, i): Peer => {
  const collector = parseCollector(`rrc0${i % 3}`);
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `192.0.2.${i + 1}`, asn(64_600 + i));
});

const territory = (i: number) => ({
  territory: { id: `T${i}`, name: `Land ${i}`, blocks: [prefix(`10.${i}.0.0/22`)], origins: [], timeZone: undefined },
  policy: DEFAULT_POLICY,
});

function engineOf(numbers: readonly number[]): Engine {
  return createEngine({ territories: numbers.map(territory), voting: DEFAULT_VOTING, recorded: true });
}

const routeElement = (peer: Peer, i: number, seconds: number, type: 'rib' | 'announcement' | 'withdrawal'): Element => {
  const route = { at: at(seconds), peer, prefix: prefix(`10.${i}.0.0/22`), pathId: undefined };
  return type === 'withdrawal' ? { ...route, type } : { ...route, type, path: [peer.asn, asn(64_496), asn(64_500)] };
};

/** Tables of all, then T1 is withdrawn by all peers, is back, and flaps; T2 loses half. */
function* day(numbers: readonly number[]): Generator<Element> {
  const dump = { from: at(0), routes: { ipv4: 900_000, ipv6: 0 } };
  for (const i of numbers) for (const peer of peers) yield routeElement(peer, i, 0, 'rib');
  for (const peer of peers) yield { type: 'end-of-rib', at: at(1), peer, family: undefined, dump };
  for (const peer of peers) yield routeElement(peer, 1, 600, 'withdrawal');
  for (const peer of peers.slice(0, 6)) yield routeElement(peer, 2, 700, 'withdrawal');
  for (const peer of peers) yield routeElement(peer, 1, 1_500, 'announcement');
  for (let i = 0; i < 40; i++)
    for (const peer of peers) yield routeElement(peer, 1, 4_000 + i * 40, i % 2 === 0 ? 'withdrawal' : 'announcement');
  yield { type: 'gap', at: at(6_000), collector: peers[0]!.collector, reason: 'disconnected' };
  yield { type: 'tick', at: at(20_000), collector: peers[0]!.collector };
}

describe('many territories', () => {
  test('each has the same events as alone', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i + 1);
    const eventsOf = (engine: Engine, elements: Iterable<Element>) =>
      [...elements].flatMap((element) => engine.apply(element)?.events ?? []);
    const together = eventsOf(engineOf(numbers), day(numbers));
    for (const i of [1, 2, 3]) {
      const source = `/territories/T${i}`;
      const alone = eventsOf(
        engineOf([i]),
        [...day([i])].filter((one) => !('prefix' in one) || one.prefix.text === `10.${i}.0.0/22`),
      );
      expect(together.filter((event) => event.source === source)).toEqual(
        alone.filter((event) => event.source === source),
      );
    }
    expect(together.filter(({ source }) => source === '/territories/T1').length).toBeGreaterThan(5);
  });

  test('a message writes its own territory, and no other', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i + 1);
    const engine = engineOf(numbers);
    for (const element of day(numbers)) if (element.at <= at(300)) engine.apply(element);
    engine.apply({ type: 'tick', at: at(500), collector: peers[0]!.collector });
    engine.takeChanges();
    engine.apply(routeElement(peers[0]!, 7, 501, 'withdrawal'));
    const changed = engine.takeChanges().map(({ space, key }) => `${space} ${key}`);
    expect(changed.length).toBeGreaterThan(2);
    expect(changed.filter((place) => /\bT\d+\b/.test(place) && !/\bT7\b/.test(place))).toEqual([]);
  });
});
