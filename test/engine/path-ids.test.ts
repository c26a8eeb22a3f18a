import { describe, expect, test } from 'vitest';
import type { Peer } from '../../src/bgp/peer.ts';
import { asn, clock, Day, peers, prefix, UNITS } from '../support/day.ts';

const all = peers(20);

/** A dump in which each unit has routes with these path identifiers. */
function dumped(day: Day, at: string, from: readonly Peer[], ids: readonly number[]): Day {
  for (const peer of from) {
    for (const unit of UNITS)
      for (const pathId of ids)
        day.apply({ type: 'rib', at: clock(at), peer, prefix: prefix(unit), pathId, path: [peer.asn, asn(131279)] });
    const dump = { from: clock(at), routes: { ipv4: 500_000, ipv6: 0 } };
    day.apply({ type: 'end-of-rib', at: clock(at), peer, family: undefined, dump });
  }
  return day;
}

function sendWithPathId(day: Day, at: string, type: 'announcement' | 'withdrawal', pathId: number): Day {
  for (const peer of all)
    for (const unit of UNITS) {
      const route = { at: clock(at), peer, prefix: prefix(unit), pathId };
      day.apply(type === 'withdrawal' ? { ...route, type } : { ...route, type, path: [peer.asn, asn(131279)] });
    }
  return day;
}

function voters(day: Day): number | undefined {
  return day.engine.status()[0]?.visibility.voters;
}

describe('dumped with one path identifier a prefix, announced without', () => {
  test('a withdrawal is about the dumped route', () => {
    const day = dumped(new Day(), '12:00', all, [1])
      .withdraw('13:00', all)
      .tick('13:05')
      .announce('13:10', all)
      .tick('13:20');
    expect(day.said('country')).toEqual([
      '13:00:30 country.unroutable since 13:00:00',
      '13:11:00 country.restored since 13:10:00',
    ]);
  });

  test('one prefix announced again leaves the others as they were', () => {
    const day = dumped(new Day(), '12:00', all, [1]).announce('13:00', all, [UNITS[0]]).tick('14:00');
    expect(day.said('country')).toEqual([]);
    expect(day.engine.status()[0]?.visibility).toMatchObject({ voters: 20, share: 1 });
  });

  test('a route that was announced without one and then withdrawn is gone', () => {
    const day = dumped(new Day(), '12:00', all, [1]).announce('13:00', all).withdraw('14:00', all).tick('14:05');
    expect(day.said('country')).toEqual(['14:00:30 country.unroutable since 14:00:00']);
  });

  test('a later dump with identifiers confirms what was announced without', () => {
    const day = dumped(new Day(), '12:00', all, [1]).withdraw('13:00', all).tick('13:05').announce('13:10', all);
    dumped(day.tick('13:20'), '14:00', all, [1]).withdraw('15:00', all).tick('15:05');
    expect(day.said('country').at(-1)).toBe('15:00:30 country.unroutable since 15:00:00');
  });
});

describe('where the other form says too little, the session is unknown and no route is reported as lost', () => {
  const unknown = ['13:00:10 country.unknown since 13:00:00'];

  test('several identifiers a prefix in the dump, and a withdrawal without', () => {
    const day = dumped(new Day(), '12:00', all, [1, 2]).withdraw('13:00', all).tick('13:05');
    expect([day.said('country'), voters(day)]).toEqual([unknown, 0]);
  });

  test('a dump without, and a withdrawal of one path', () => {
    const day = sendWithPathId(new Day().dump('12:00', all), '13:00', 'withdrawal', 1).tick('13:05');
    expect([day.said('country'), voters(day)]).toEqual([unknown, 0]);
  });

  test.each([
    [
      'with to without',
      (day: Day) => sendWithPathId(day, '12:30', 'announcement', 1),
      (day: Day) => day.announce('13:00', all, [UNITS[0]]),
    ],
    [
      'without to with',
      (day: Day) => day.announce('12:30', all),
      (day: Day) => sendWithPathId(day, '13:00', 'announcement', 1),
    ],
  ])('updates that change from %s', (_, before, after) => {
    const day = after(
      before(new Day().dump('12:00', all, []))
        .endOfRib('12:40', all)
        .tick('12:50'),
    );
    expect([day.tick('13:05').said('country').at(-1), voters(day)]).toEqual([unknown[0], 0]);
    expect(day.events.find(({ type }) => type === 'observer.gap')?.data).toMatchObject({ reason: 'changed-form' });
  });

  test('until a new session says what it has', () => {
    const day = sendWithPathId(new Day().dump('12:00', all), '13:00', 'withdrawal', 1)
      .tick('13:05')
      .session('13:06', all, 'up');
    day.announce('13:06', all).endOfRib('13:07', all).tick('13:10');
    expect(day.engine.status()[0]).toMatchObject({ verdict: 'routable', visibility: { voters: 20, share: 1 } });
  });
});
