import { expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import type { Peer } from '../../src/bgp/peer.ts';
import { later, type EventTime } from '../../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { createEngine, type EngineOptions } from '../../src/engine.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { clock, KP, peers, prefix, UNITS } from '../support/day.ts';
import { eventsOf, Keeper, restored } from './keeper.ts';

const OPTIONS: EngineOptions = {
  territories: [{ territory: KP, policy: DEFAULT_POLICY }],
  voting: DEFAULT_VOTING,
  recorded: true,
};
const VOTERS = peers(14);
const COLLECTORS = [...new Set(VOTERS.map(({ collector }) => collector))];
/** Of each life: the time until it is healed, and until it is killed. Milliseconds. */
const HEALED_MS = 3_000;
const LIFE_MS = 5_000;

/** What a peer is confirmed to have, as healing gives it: what it sent in the gap, and that this is all. */
function confirmed(at: EventTime, peer: Peer, units: readonly string[]): Element[] {
  const path = [peer.asn, 4837, 131279] as never;
  const routes = units.map((unit): Element => ({
    type: 'announcement',
    at,
    peer,
    prefix: prefix(unit),
    pathId: undefined,
    path,
  }));
  const dump = { from: at, routes: { ipv4: 500_000, ipv6: 0 } };
  return [...routes, { type: 'end-of-rib', at, peer, family: undefined, dump }];
}

/** Twelve lives of five seconds each, from the state that was stored; `has` says what is announced at a time. */
function twelveLives(has: (at: EventTime) => readonly string[]): string[] {
  const keeper = new Keeper();
  const noon = clock('12:00');
  let engine = createEngine(OPTIONS);
  const events = eventsOf(
    engine,
    VOTERS.flatMap((peer) => confirmed(later(noon, -3_600_000), peer, UNITS)),
  );
  const lost = VOTERS.flatMap((peer) =>
    has(noon).length > 0
      ? []
      : UNITS.map((unit): Element => ({ type: 'withdrawal', at: noon, peer, prefix: prefix(unit), pathId: undefined })),
  );
  const tick = (at: EventTime): Element => ({ type: 'tick', at, collector: COLLECTORS[0] as never });
  events.push(...eventsOf(engine, [tick(noon), ...lost, tick(later(noon, 1_000))]));
  for (let life = 0; life < 12; life++) {
    keeper.keep(engine.takeChanges());
    const cursor = engine.now ?? noon;
    engine = restored(OPTIONS, keeper, cursor, life);
    const healedAt = later(cursor, HEALED_MS);
    events.push(
      ...eventsOf(engine, [
        ...COLLECTORS.map((collector): Element => ({ type: 'gap', at: cursor, collector, reason: 'restarted' })),
        tick(healedAt),
        ...VOTERS.flatMap((peer) => confirmed(healedAt, peer, has(healedAt))),
        tick(later(cursor, LIFE_MS)),
      ]),
    );
  }
  return events.flatMap(({ type, time, data }) =>
    type.startsWith('country.') && 'since' in data
      ? [`${(Date.parse(time) - noon) / 1000} ${type} since ${(Date.parse(data.since) - noon) / 1000}`]
      : [],
  );
}

test('15: an outage of 60 s is reported though the leader is killed every five seconds, and dated from its loss', () => {
  expect(twelveLives(() => [])).toEqual(['30 country.unroutable since 0']);
});

test('15: twelve restarts while all is well say nothing of a loss', () => {
  expect(twelveLives(() => UNITS).filter((line) => /unroutable|degraded|unknown/.test(line))).toEqual([]);
});

test('15: a loss that is over when a restarted leader can see again is not an outage', () => {
  const says = twelveLives((at) => (at === clock('12:00') ? [] : UNITS));
  expect(says.filter((line) => /unroutable|degraded/.test(line))).toEqual([]);
});
