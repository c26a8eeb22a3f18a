import { expect, test } from 'vitest';
import type { GapElement } from '../../src/bgp/element.ts';
import type { Peer } from '../../src/bgp/peer.ts';
import { clock, Day, peer, peers, prefix, UNITS } from '../support/day.ts';

/** A message could not be read, and it is known which routes it was about. */
const [first = peer(1), ...others] = peers(12);
const ALL = [first, ...others];

function missed(at: string, one: Peer, prefixes: readonly string[], pathId?: number): GapElement {
  return {
    type: 'gap',
    at: clock(at),
    collector: one.collector,
    peer: one,
    reason: 'unreadable-message',
    routes: prefixes.map((text) => ({ prefix: prefix(text), pathId })),
  };
}

const started = (): Day => new Day().dump('12:00', ALL).tick('12:10');
const voters = (day: Day): number => day.engine.status()[0]?.visibility.voters ?? 0;

test('the peer has no vote until it sent each of these routes again', () => {
  const day = started().apply(missed('12:11', first, UNITS.slice(0, 2)));
  expect(voters(day)).toBe(11);
  expect(voters(day.announce('12:12', [first], UNITS.slice(0, 1)))).toBe(11);
  expect(voters(day.announce('12:12', [first], UNITS.slice(2)))).toBe(11);
  expect(voters(day.withdraw('12:13', [first], UNITS.slice(1, 2)))).toBe(12);
  expect(day.said('observer')).toEqual([
    '12:11:00 observer.gap since 12:11:00',
    '12:13:00 observer.healed since 12:13:00',
  ]);
});

test('routes that concern no territory cost no vote', () => {
  const day = started().apply(missed('12:11', first, ['192.0.2.0/24']));
  expect(voters(day)).toBe(12);
  expect(day.said('observer')).toEqual([]);
});

test('a message of before it, or of another ADD-PATH path, heals nothing', () => {
  const day = started().apply(missed('12:11', first, UNITS.slice(0, 1), 7));
  day.announce('12:12', [first], UNITS.slice(0, 1));
  expect(voters(day)).toBe(11);
  const late = started().apply(missed('12:11', first, UNITS.slice(0, 1)));
  late.announce('12:10:30', [first], UNITS.slice(0, 1));
  expect(voters(late)).toBe(11);
});

test('a dump that began later heals it; one that began before does not, for it may have read the route before', () => {
  const day = started().apply(missed('12:11', first, UNITS.slice(0, 1)));
  expect(voters(day.dump('12:20', ALL))).toBe(12);

  const early = started().apply(missed('12:11', first, UNITS.slice(0, 1)));
  early.apply({
    type: 'end-of-rib',
    at: clock('12:11:30'),
    peer: first,
    family: undefined,
    dump: { from: clock('12:10:30'), routes: { ipv4: 500_000, ipv6: 0 } },
  });
  expect(voters(early)).toBe(11);
  expect(voters(early.announce('12:12', [first], UNITS.slice(0, 1)))).toBe(12);
});

test('an End-of-RIB does not heal it: the message may be of that very table', () => {
  const day = started()
    .apply(missed('12:11', first, UNITS.slice(0, 1)))
    .endOfRib('12:12', [first]);
  expect(voters(day)).toBe(11);
});

test('with a gap of unknown routes as well, the peer waits until its whole table was received', () => {
  const day = started()
    .apply(missed('12:11', first, UNITS.slice(0, 1)))
    .gap('12:12', 'rrc00', first);
  expect(voters(day.announce('12:13', [first]))).toBe(11);
  expect(voters(day.dump('12:20', ALL))).toBe(12);
});

test('a peer without a known table continues its probation when it sent them', () => {
  const day = new Day().announce('12:00', ALL).apply(missed('12:05', first, UNITS.slice(0, 1)));
  day.announce('12:06', [first], UNITS.slice(0, 1)).tick('12:16');
  expect(voters(day)).toBe(11);
  expect(voters(day.tick('12:22'))).toBe(12);
});
