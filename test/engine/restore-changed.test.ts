import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { createEngine, restoreEngine, type Engine, type EngineOptions } from '../../src/engine.ts';
import type { StateChange } from '../../src/spaces.ts';
import type { Territory } from '../../src/territory/territory.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { asn, Day, KP, peers, prefix, UNITS } from '../support/day.ts';
import { Keeper, ok, sortedLines } from './keeper.ts';

const OTHER: Territory = {
  id: 'OTHER',
  name: 'Other Land',
  blocks: [prefix('203.0.112.0/23')],
  origins: [],
  timeZone: undefined,
};
const OTHER_UNITS = ['203.0.112.0/24', '203.0.113.0/24'];
const ALL_UNITS = [...UNITS, ...OTHER_UNITS];
const all = peers(12);

const KP_ALONE: EngineOptions = optionsOf([KP]);
const BOTH: EngineOptions = optionsOf([KP, OTHER]);

function optionsOf(territories: readonly Territory[]): EngineOptions {
  return {
    territories: territories.map((territory) => ({ territory, policy: DEFAULT_POLICY })),
    voting: DEFAULT_VOTING,
    recorded: true,
  };
}

/** A day with an engine of its own. */
class Watch extends Day {
  override readonly engine: Engine;

  constructor(engine: Engine) {
    super();
    this.engine = engine;
  }
}

interface Again {
  readonly day: Watch;
  readonly anew: readonly string[];
  readonly keeper: Keeper;
  /** What a store is given first. */
  readonly first: readonly StateChange[];
}

/** Its state is stored, and an engine with other options goes on. */
function again(day: Day, options: EngineOptions, keeper = new Keeper()): Again {
  keeper.keep(day.engine.takeChanges());
  const cursor = day.engine.now ?? (0 as never);
  const { engine, anew } = ok(restoreEngine(options, { cursor, records: keeper.records() }));
  const first = engine.takeChanges();
  keeper.keep(first);
  expect(keeper.sorted()).toEqual(sortedLines(engine.state()));
  return { day: new Watch(engine), anew, keeper, first };
}

/** Everybody has both territories; North Korea was out once, so that its chain has begun. */
function begun(options: EngineOptions): Day {
  return new Watch(createEngine(options))
    .dump('06:00', all, ALL_UNITS)
    .withdraw('07:00', all, UNITS)
    .announce('07:10', all, UNITS)
    .tick('08:00');
}

describe('an engine that is started again with other options', () => {
  test('changes nothing when nothing is other', () => {
    const { anew, first } = again(begun(BOTH), BOTH);
    expect(anew).toEqual([]);
    expect(first).toEqual([]);
  });

  test('judges a territory again by its new policy, on the routes that it had', () => {
    const [kp, other] = BOTH.territories;
    if (kp === undefined || other === undefined) throw new Error('no territories');
    const before = begun(BOTH);
    const policy = { ...DEFAULT_POLICY, unroutableHoldMs: 5000 };
    const { day, anew } = again(before, { ...BOTH, territories: [{ ...kp, policy }, other] });
    expect(anew).toEqual(['KP']);

    day.tick('08:01').announce('08:02', all.slice(0, 1), UNITS).tick('09:00');
    expect(day.said()).toEqual([]);
    expect(day.engine.status().map(({ verdict, visibility }) => [verdict, visibility.share])).toEqual([
      ['routable', 1],
      ['routable', 1],
    ]);
    day.withdraw('09:10', all, UNITS).tick('09:11');
    expect(day.said('country')).toEqual(['09:10:05 country.unroutable since 09:10:00']);
  });

  test('its chain of events goes on', () => {
    const before = begun(KP_ALONE);
    const last = before.events.findLast(({ source }) => source === '/territories/KP');
    const [kp] = KP_ALONE.territories;
    if (kp === undefined) throw new Error('no territory');
    const { day } = again(before, { ...KP_ALONE, territories: [{ ...kp, policy: { ...kp.policy, minVoters: 5 } }] });
    const [next] = day.announce('08:02', all.slice(0, 1)).withdraw('09:00', all).tick('10:00').events;
    expect(Number(next?.sequence)).toBe(Number(last?.sequence) + 1);
    expect(next?.previousid).toBe(last?.id);
  });

  test('is blind to a territory that is new, until its peers have sent their tables again', () => {
    const { day, anew } = again(begun(KP_ALONE), BOTH);
    expect(anew).toEqual(['OTHER']);
    day.announce('08:01', all.slice(0, 1), UNITS).announce('08:02', all.slice(0, 2), OTHER_UNITS).tick('12:00');
    expect(day.said()).toEqual([]);
    expect(day.engine.status().map(({ verdict }) => verdict)).toEqual(['routable', 'unknown']);

    day.dump('12:10', all, ALL_UNITS).tick('12:20');
    expect(day.said()).toEqual([]);
    expect(day.engine.status().map(({ verdict }) => verdict)).toEqual(['routable', 'routable']);
    day.withdraw('13:00', all, OTHER_UNITS).tick('13:10');
    expect(day.said('country')).toEqual(['13:00:30 country.unroutable since 13:00:00']);
  });

  test('is blind to a territory of other blocks, and not to one of other origins', () => {
    const wider = { ...KP, blocks: [...KP.blocks, prefix('203.0.112.0/23')] };
    const { day, anew } = again(begun(KP_ALONE), optionsOf([wider]));
    expect(anew).toEqual(['KP']);
    day.announce('08:01', all.slice(0, 1), UNITS).tick('12:00');
    expect(day.engine.status()[0]?.verdict).toBe('unknown');
    expect(day.said()).toEqual([]);

    const others = again(begun(KP_ALONE), optionsOf([{ ...KP, origins: [asn(131_279), asn(4837)] }]));
    expect(others.anew).toEqual(['KP']);
    others.day.announce('08:01', all.slice(0, 1), UNITS).tick('12:00');
    expect(others.day.engine.status()[0]?.visibility.share).toBe(1);
  });

  test('forgets a territory that is not watched any more, but not the position of its chain of events', () => {
    const before = begun(BOTH);
    const last = before.events.findLast(({ source }) => source === '/territories/KP');
    const without = again(before, optionsOf([OTHER]));
    expect(without.anew).toEqual([]);
    const { keeper } = without;
    expect(keeper.records().filter(({ space, key }) => `${space} ${key}`.includes('KP'))).toEqual([
      expect.objectContaining({ space: 'engine', key: 'chain /territories/KP' }),
    ]);

    const { day, anew } = again(without.day.tick('09:00'), BOTH, keeper);
    expect(anew).toEqual(['KP']);
    day.dump('10:00', all, ALL_UNITS).withdraw('11:00', all, UNITS).tick('12:00');
    const next = day.events.find(({ source }) => source === '/territories/KP');
    expect(next?.previousid).toBe(last?.id);
    expect(Number(next?.sequence)).toBe(Number(last?.sequence) + 1);
  });

  test('a new control group does not count before it was seen', () => {
    const control = { ...OTHER, id: 'CONTROL' };
    const { day, anew } = again(begun(KP_ALONE), { ...KP_ALONE, control });
    expect(anew).toEqual([]);
    day.withdraw('08:10', all, UNITS).tick('08:20');
    expect(day.said('country')).toEqual(['08:10:30 country.unroutable since 08:10:00']);
  });

  test('a peer of which no KEEPALIVEs are required any more is not silent', () => {
    const strict = { ...KP_ALONE, voting: { ...DEFAULT_VOTING, peerSilenceMs: 180_000 } };
    const before = new Watch(createEngine(strict)).dump('06:00', all).alive('06:00', all);
    const { day } = again(before, KP_ALONE);
    expect(day.tick('12:00').said()).toEqual([]);
    const { day: other } = again(new Watch(createEngine(strict)).dump('06:00', all).alive('06:00', all), strict);
    expect(other.tick('12:00').said('observer')).toEqual([
      '06:03:00 observer.gap since 06:03:00',
      '06:03:10 observer.blind since 06:03:00',
    ]);
  });

  test('with nothing stored all is new, and time goes on from the cursor', () => {
    const cursor = createEngine(KP_ALONE).now ?? (1_419_206_400_000 as never);
    const { engine, anew } = ok(restoreEngine(BOTH, { cursor, records: [] }));
    expect(anew).toEqual(['KP', 'OTHER']);
    expect(engine.now).toBe(cursor);
  });
});

test('events that fall due at one moment are reported in the order in which they began, before and after a restart', () => {
  const day = new Watch(createEngine(KP_ALONE)).dump('06:00', all);
  for (const one of all.slice(0, 3)) day.gap('07:00', 'rrc00', one);
  // They come up in another order than they were first seen, and may vote when they have sent nothing for thirty minutes.
  for (const one of [all[2], all[0], all[1]]) day.session('07:01', one === undefined ? [] : [one], 'up');
  const { day: after } = again(day, KP_ALONE);
  const healed = after.tick('07:40').events.filter(({ type }) => type === 'observer.healed');
  expect(healed.map(({ subject }) => subject)).toEqual([3, 1, 2].map((n) => `rrc00/198.51.100.${n}`));
});

test('a loss of stored data is reported in the chain of the observer, and the whole state is there to be written again', () => {
  const day = begun(KP_ALONE);
  day.gap('08:10', 'rrc00');
  const last = day.events.findLast(({ source }) => source === '/observer');
  const data = { kept: 7, found: 0, events: 3 };
  const { cursor, events } = day.engine.noteLoss(data);
  expect(cursor).toBe(day.engine.now);
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ type: 'observer.data-loss', source: '/observer', previousid: last?.id, data });

  const keeper = new Keeper();
  keeper.keep(day.engine.state());
  const next = ok(restoreEngine(KP_ALONE, { cursor, records: keeper.records() })).engine.noteLoss(data);
  expect(next.events[0]?.previousid).toBe(events[0]?.id);
});
