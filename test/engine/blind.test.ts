import { describe, expect, test } from 'vitest';
import type { Territory } from '../../src/territory/territory.ts';
import { clock, Day, peer, peers, prefix, UNITS } from '../support/day.ts';

const all = peers(20);
const ANCHOR_TEXTS = ['84.205.80.0/24', '84.205.81.0/24', '84.205.83.0/24', '84.205.85.0/24', '84.205.86.0/24'];
const ANCHORS: Territory = {
  id: 'CONTROL',
  name: 'Anchors',
  blocks: ANCHOR_TEXTS.map(prefix),
  origins: [],
  timeZone: undefined,
};

test('sessions that go down are not withdrawals: too few voters is unknown, never unroutable', () => {
  const day = new Day().dump('12:00', all).session('13:00', all, 'down').tick('14:00');
  expect(day.said()).toEqual(['13:00:10 country.unknown since 13:00:00', '13:00:10 observer.blind since 13:00:00']);
});

test('half the voters gone is unknown as well, though enough are left to count', () => {
  const many = peers(40);
  const day = new Day().dump('12:00', many).session('13:00', many.slice(0, 21), 'down').tick('14:00');
  expect(day.said('country')).toEqual(['13:00:10 country.unknown since 13:00:00']);
  expect(day.events[0]?.data).toMatchObject({ reason: 'lost-voters', visibility: { voters: 19, share: 1 } });
});

test('voters that are gone for a day are no longer missed', () => {
  const many = peers(40);
  const day = new Day().dump('12:00', many).session('13:00', many.slice(0, 21), 'down').tick('+1 14:00');
  expect(day.said()).toEqual([
    '13:00:10 country.unknown since 13:00:00',
    '13:00:10 observer.blind since 13:00:00',
    '+1 13:00:10 country.known since +1 13:00:00',
    '+1 13:00:10 observer.restored since +1 13:00:00',
  ]);
});

test('one session reset and its re-dump cause no event', () => {
  const [one] = all.slice(0, 1);
  if (one === undefined) throw new Error('no peer');
  const day = new Day().dump('12:00', all).session('13:00', [one], 'down').session('13:00:20', [one], 'up');
  day.announce('13:00:25', [one]).endOfRib('13:00:30', [one]).tick('15:00');
  expect(day.said()).toEqual([]);
  expect(day.engine.status()[0]?.visibility).toMatchObject({ voters: 20, share: 1 });
});

test('a session without End-of-RIB votes again after ten minutes', () => {
  const one = all.slice(0, 1);
  const day = new Day()
    .dump('12:00', all)
    .session('13:00', one, 'down')
    .session('13:01', one, 'up')
    .announce('13:01:05', one);
  expect(day.tick('13:10:59').engine.status()[0]?.visibility.voters).toBe(19);
  expect(day.tick('13:11').engine.status()[0]?.visibility.voters).toBe(20);
});

test('a peer that comes back during the outage has a vote that sees nothing', () => {
  const day = new Day().dump('12:00', all).withdraw('13:00', all).session('13:30', all.slice(0, 3), 'down');
  day.session('13:31', all.slice(0, 3), 'up').endOfRib('13:31:10', all.slice(0, 3)).tick('14:00');
  expect(day.said('country')).toEqual(['13:00:30 country.unroutable since 13:00:00']);
  expect(day.engine.status()[0]?.visibility).toMatchObject({ voters: 20, seeingNothing: 20 });
});

test('a gap takes the votes of its collector and is reported; an outage inside it is unknown, not unroutable', () => {
  const day = new Day().dump('12:00', all).gap('13:00', 'rrc00').withdraw('13:01', all).tick('14:00');
  expect(day.said()).toEqual([
    '13:00:00 observer.gap since 13:00:00',
    '13:00:10 country.unknown since 13:00:00',
    '13:00:10 observer.blind since 13:00:00',
  ]);
});

test('a gap at one of two collectors leaves the other to judge', () => {
  const [here, there] = [
    peers(15),
    peers(15, { collector: 'rrc06' }).map((one, i) => peer(i + 101, { collector: one.collector })),
  ];
  const day = new Day()
    .dump('12:00', here)
    .dump('12:00', there)
    .gap('13:00', 'rrc00')
    .withdraw('13:10', there)
    .tick('14:00');
  expect(day.said('country')).toEqual(['13:10:30 country.unroutable since 13:10:00']);
});

test('a dump heals a gap, and what it does not carry is gone', () => {
  const day = new Day().dump('12:00', all).gap('13:00', 'rrc00').dump('16:00', all, []).tick('17:00');
  expect(day.said('observer.gap', 'observer.healed', 'country')).toEqual([
    '13:00:00 observer.gap since 13:00:00',
    '13:00:10 country.unknown since 13:00:00',
    '16:00:00 observer.healed since 16:00:00',
    '16:00:30 country.known since 16:00:00',
    '16:00:30 country.unroutable since 16:00:00',
  ]);
  const reported = day.events.find((event) => event.type === 'country.unroutable');
  expect(reported?.data).toMatchObject({ sinceAtLatest: true });
});

test('an outage that ended while we were blind is reported as over when we can see again', () => {
  const day = new Day()
    .dump('12:00', all)
    .withdraw('13:00', all)
    .gap('14:00', 'rrc00')
    .dump('16:00', all)
    .tick('18:00');
  expect(day.said('country', 'incident')).toEqual([
    '13:00:30 country.unroutable since 13:00:00',
    '13:00:30 incident.opened since 13:00:00',
    '14:00:10 country.unknown since 14:00:00',
    '14:00:10 incident.updated since 13:00:00',
    '16:00:10 country.known since 16:00:00',
    '16:00:10 country.restored since 16:00:00',
    '16:00:10 incident.updated since 13:00:00',
    '16:30:00 incident.closed since 13:00:00',
  ]);
});

test('an unreadable message of one peer costs its vote alone', () => {
  const [one] = all;
  const day = new Day().dump('12:00', all).gap('13:00', 'rrc00', one).tick('14:00');
  expect(day.said()).toEqual(['13:00:00 observer.gap since 13:00:00']);
  expect(day.engine.status()[0]?.visibility).toMatchObject({ voters: 19, share: 1 });
});

test('partial-feed peers have no vote, whether they carry the territory or not', () => {
  const partial = Array.from({ length: 10 }, (_, i) => peer(i + 101));
  const day = new Day()
    .dump('12:00', all)
    .dump('12:00', partial.slice(0, 5), UNITS, 9_000)
    .dump('12:00', partial.slice(5), [], 9_000);
  expect(day.tick('12:30').engine.status()[0]?.visibility).toMatchObject({ voters: 20, share: 1 });
  expect(day.withdraw('13:00', all).tick('14:00').said('country')).toEqual([
    '13:00:30 country.unroutable since 13:00:00',
  ]);
});

test('two sessions of one AS are one vote, and it sees what one of them sees', () => {
  const twins = all.map((one, i) => peer(i + 101, { asn: one.asn }));
  const day = new Day().dump('12:00', all).dump('12:00', twins).withdraw('13:00', all).tick('14:00');
  expect(day.said()).toEqual([]);
  expect(day.engine.status()[0]?.visibility).toMatchObject({ voters: 20, share: 1 });
});

test('without a dump, peers that carried the territory for a quarter of an hour are its witnesses', () => {
  const day = new Day().announce('12:00', all).tick('12:14:59');
  expect(day.engine.status()[0]?.verdict).toBe('unknown');
  expect(day.tick('12:16').engine.status()[0]).toMatchObject({ verdict: 'routable', visibility: { voters: 20 } });
  expect(day.withdraw('13:00', all).tick('14:00').said('country')).toEqual([
    '13:00:30 country.unroutable since 13:00:00',
  ]);
});

test('too few voters is never a verdict', () => {
  const few = peers(9);
  const day = new Day().dump('12:00', few).withdraw('13:00', few).tick('14:00');
  expect(day.said()).toEqual([]);
  expect(day.engine.status()[0]?.verdict).toBe('unknown');
});

test('an older message never overwrites a newer one', () => {
  const day = new Day().dump('12:00', all).withdraw('13:00', all).announce('12:30', all).tick('14:00');
  expect(day.said('country')).toEqual(['13:00:30 country.unroutable since 13:00:00']);
});

test('an update of the minute before a dump is not undone by it', () => {
  const day = new Day().dump('12:00', all).withdraw('15:59:30', all).dump('16:00', all).tick('17:00');
  expect(day.said('country')).toEqual(['16:00:00 country.unroutable since 15:59:30']);
});

test('with ADD-PATH a peer sees the prefix while any path is left', () => {
  const day = new Day()
    .dump('12:00', all)
    .addPath('12:30', all, 'announcement', 1)
    .addPath('12:30', all, 'announcement', 2);
  day.withdraw('13:00', all).addPath('13:10', all, 'withdrawal', 1).tick('13:20');
  expect(day.said('country')).toEqual([]);
  day.addPath('13:30', all, 'withdrawal', 2).tick('14:00');
  expect(day.said('country')).toEqual(['13:30:30 country.unroutable since 13:30:00']);
});

test('a control group that falls with the country is our blindness, and what it had begun to suspect is dropped', () => {
  const day = new Day({ control: ANCHORS }).dump('12:00', all, [...UNITS, ...ANCHOR_TEXTS]);
  day.withdraw('13:00', all, [...UNITS, ...ANCHOR_TEXTS]).tick('13:59');
  expect(day.said('country')).toEqual(['13:00:10 country.unknown since 13:00:00']);
  expect(day.events.find((event) => event.type === 'country.unknown')?.data).toMatchObject({ reason: 'control-group' });
});

test('a control group that stays makes no difference, nor does one anchor that is taken away for good', () => {
  const day = new Day({ control: ANCHORS }).dump('12:00', all, [...UNITS, ...ANCHOR_TEXTS]);
  day
    .withdraw('12:30', all, ANCHOR_TEXTS.slice(0, 1))
    .withdraw('14:00', all, ANCHOR_TEXTS.slice(1, 2))
    .withdraw('16:00', all);
  expect(day.tick('17:00').said('country')).toEqual(['16:00:30 country.unroutable since 16:00:00']);
});

test('a control group that no peer carries does not count', () => {
  const day = new Day({ control: ANCHORS }).dump('12:00', all).withdraw('13:00', all).tick('14:00');
  expect(day.said('country')).toEqual(['13:00:30 country.unroutable since 13:00:00']);
});

test('voters at too few collectors prove nothing', () => {
  const day = new Day({ policy: { minCollectors: 2 } }).dump('12:00', all).withdraw('13:00', all).tick('14:00');
  expect(day.said()).toEqual([]);
  expect(day.engine.status()[0]?.verdict).toBe('unknown');
});

test('a peer whose KEEPALIVEs stop for its hold time loses its vote, and no route of it is taken for withdrawn', () => {
  const day = new Day({ voting: { peerSilenceMs: 180_000 } }).dump('12:00', all);
  for (const minute of ['12:01', '12:02', '12:03']) day.alive(minute, all);
  day.alive('12:04', all.slice(1)).alive('12:05', all.slice(1)).tick('12:05:59');
  expect(day.engine.status()[0]?.visibility.voters).toBe(20);
  day.alive('12:06', all.slice(1)).tick('12:06:01');
  expect(day.said()).toEqual(['12:06:00 observer.gap since 12:06:00']);
  expect(day.engine.status()[0]?.visibility).toMatchObject({ voters: 19, share: 1 });
});

describe('where peers are asked for KEEPALIVEs', () => {
  const live = (): Day => new Day({ voting: { peerSilenceMs: 180_000 } });

  test('a table of peers that the feed never names gives no verdict, however many they are', () => {
    const day = live().dump('12:00', all).tick('12:01').withdraw('12:02', all).tick('18:00');
    expect(day.said()).toEqual([]);
    expect(day.engine.status()[0]).toMatchObject({ verdict: 'unknown', visibility: { voters: 0 } });
  });

  test('a peer of the table votes from the moment at which the feed names it', () => {
    const day = live().dump('12:00', all).alive('12:01', all.slice(0, 15)).tick('12:02');
    expect(day.engine.status()[0]).toMatchObject({ verdict: 'routable', visibility: { voters: 15, share: 1 } });
  });

  test('strangers do not keep a country alive that the feed’s own peers lost', () => {
    const strangers = Array.from({ length: 30 }, (_, i) => peer(i + 101));
    const day = live()
      .dump('12:00', [...all, ...strangers])
      .alive('12:00', all)
      .tick('12:01');
    day.withdraw('12:02', all).alive('12:02', all).tick('12:04');
    expect(day.said('country')).toEqual(['12:02:30 country.unroutable since 12:02:00']);
  });

  test('after a gap, strangers alone restore nothing', () => {
    const strangers = Array.from({ length: 30 }, (_, i) => peer(i + 101));
    const day = live().dump('12:00', all).alive('12:00', all).tick('12:02').gap('12:03', 'rrc00').tick('12:04');
    day.dump('12:05', strangers).tick('12:10');
    expect(day.said('country')).toEqual(['12:03:10 country.unknown since 12:03:00']);
  });
});

test('peers that turn out to be partial when a fuller table is dumped are not missed as voters', () => {
  const partial = Array.from({ length: 30 }, (_, i) => peer(i + 101));
  const day = new Day().dump('12:00', partial, [], 9_000).dump('12:00', all).tick('13:00');
  expect(day.engine.status()[0]).toMatchObject({ verdict: 'routable', visibility: { voters: 20, share: 1 } });
  expect(day.said()).toEqual([]);
});

test('what only small tables lack, and no peer ever had, is unknown; a full table would have had it', () => {
  expect(new Day().dump('12:00', all, [], 9_000).tick('13:00').engine.status()[0]?.verdict).toBe('unknown');
  expect(new Day().dump('12:00', all, [], 900_000).tick('13:00').engine.status()[0]?.verdict).toBe('unroutable');
});

test('a dump of one family leaves the other as it was', () => {
  const day = new Day().dump('12:00', all);
  for (const one of all) {
    const dump = { from: clock('16:00'), routes: { ipv4: 0, ipv6: 200_000 } };
    day.apply({ type: 'end-of-rib', at: clock('16:00'), peer: one, family: 'ipv6', dump });
  }
  expect(day.tick('17:00').said()).toEqual([]);
  expect(day.engine.status()[0]).toMatchObject({ verdict: 'routable', visibility: { voters: 20, share: 1 } });
});
