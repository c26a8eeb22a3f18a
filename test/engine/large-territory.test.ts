import { afterEach, expect, test, vi } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { parseCollector, peerOf, type Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import { IndexSet } from '../../src/lib/index-set.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { asn, prefix } from '../support/day.ts';

const BEGIN = Date.UTC(2026, 8, 10, 4);
const BLOCKS = ['10.0.0.0/10', '10.64.0.0/10', '10.128.0.0/10', '10.192.0.0/10'];
const peers = Array.from({ length: 12 }, (_, i): Peer => {
  const collector = parseCollector(`rrc0${i % 3}`);
  if (collector === undefined) throw new Error('no collector');
  return peerOf(collector, `192.0.2.${i + 1}`, asn(64_600 + i));
});

afterEach(() => vi.restoreAllMocks());

test('while nothing but paths changes, a commit reads no row of the baseline of 65,536 networks', () => {
  const engine = routableLand();
  const read = vi.spyOn(IndexSet.prototype, 'values');
  for (let i = 0; i < 20; i++) {
    for (const peer of peers) engine.apply(route(peer, 10_000 + i, asn(64_900 + i)));
    expect(engine.takeChanges().length).toBeGreaterThan(0);
  }
  expect(read).not.toHaveBeenCalled();
  expect(engine.status()[0]?.verdict).toBe('routable');
});

test('the record of the view is that of the present state, also after the baseline changed', () => {
  const engine = routableLand();
  const records = new Map<string, { space: string; key: string; value: string }>();
  const commit = (): void => {
    for (const { space, key, value } of engine.takeChanges())
      if (value === undefined) records.delete(`${space} ${key}`);
      else records.set(`${space} ${key}`, { space, key, value });
  };
  commit();
  for (const peer of peers.slice(0, 3)) engine.apply(withdrawal(peer, 10_000));
  engine.apply({ type: 'tick', at: at(200_000), collector: peers[0]?.collector ?? never() });
  commit();
  const whole = engine.state().filter(({ key }) => key.startsWith('view '));
  expect(whole).toHaveLength(1);
  for (const { space, key, value } of whole) expect(records.get(`${space} ${key}`)?.value).toBe(value);
});

/** Everybody has a route to all of it, for a day. */
function routableLand(): Engine {
  const land = { id: 'XX', name: 'Land', blocks: BLOCKS.map(prefix), origins: [], timeZone: undefined };
  const engine = createEngine({
    territories: [{ territory: land, policy: DEFAULT_POLICY }],
    voting: DEFAULT_VOTING,
    recorded: true,
  });
  for (const peer of peers)
    for (const block of BLOCKS)
      engine.apply({
        type: 'rib',
        at: at(0),
        peer,
        prefix: prefix(block),
        pathId: undefined,
        path: [peer.asn, asn(64_500)],
      });
  const dump = { from: at(0), routes: { ipv4: 900_000, ipv6: 0 } };
  for (const peer of peers) engine.apply({ type: 'end-of-rib', at: at(1), peer, family: undefined, dump });
  engine.takeChanges();
  for (const { collector } of peers) engine.apply({ type: 'tick', at: at(9_000), collector });
  engine.takeChanges();
  return engine;
}

function route(peer: Peer, seconds: number, by: ReturnType<typeof asn>): Element {
  const path = [peer.asn, by, asn(64_500)];
  return { type: 'announcement', at: at(seconds), peer, prefix: prefix(BLOCKS[0] ?? ''), pathId: undefined, path };
}

function withdrawal(peer: Peer, seconds: number): Element {
  return { type: 'withdrawal', at: at(seconds), peer, prefix: prefix(BLOCKS[0] ?? ''), pathId: undefined };
}

function at(seconds: number): EventTime {
  return (BEGIN + seconds * 1000) as EventTime;
}

function never(): never {
  throw new Error('there are twelve peers');
}
