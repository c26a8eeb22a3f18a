import { expect, test } from 'vitest';
import { aboutOf, exactLooks, timeline, verdictTurns } from '../../src/history/query.ts';
import { createEngine } from '../../src/engine.ts';
import { withHistory } from '../../src/history/with-history.ts';
import { sightBetween } from '../../src/history/sight-between.ts';
import { nextMonth } from '../../src/history/calendar.ts';
import { VerdictLog } from '../../src/history/verdict-log.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { maskSize } from '../../src/history/sight.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { clock, peer, peers, UNITS } from '../support/day.ts';
import type { StateStore } from '../../src/ports.ts';
import { OPTIONS, outageDay, range, record, replayKilled, SUBJECT, RecordedDay } from './scene.ts';

const ALL = peers(20);
const WHOLE_DAY = range(clock('00:00'), clock('+1 00:00'));

async function recorded(day: RecordedDay, store = memoryStore()) {
  await record(store, day.elements);
  return store;
}

test('a minute has the mean over its time, its extremes and its messages', async () => {
  const store = await recorded(outageDay());
  const minutes = await timeline(store, SUBJECT, range(clock('12:59'), clock('13:02')), 'minute');
  expect(minutes.map(({ at, share, knownMs }) => [at, share, knownMs])).toEqual([
    [clock('12:59'), { mean: 10_000, lowest: 10_000, highest: 10_000, last: 10_000 }, 60_000],
    // 5 s of all, 15 s of half, 40 s of nothing.
    [clock('13:00'), { mean: 2_083, lowest: 0, highest: 10_000, last: 0 }, 60_000],
    [clock('13:01'), { mean: 0, lowest: 0, highest: 0, last: 0 }, 60_000],
  ]);
  expect(minutes.map(({ announced, withdrawn }) => [announced, withdrawn])).toEqual([
    [0, 0],
    [0, 80],
    [0, 0],
  ]);
});

test('networks and upstreams are recorded, and what is lost belongs to no upstream', async () => {
  const store = await recorded(
    new RecordedDay()
      .dump('12:00', ALL)
      .announce('12:10', ALL.slice(0, 5), UNITS, [20485, 131279])
      .withdraw('12:20', ALL, UNITS.slice(0, 1))
      .tick('12:30'),
  );
  const [before, after] = [await minuteAt(store, '12:15'), await minuteAt(store, '12:25')];
  expect(before?.upstreams).toEqual([
    [4837, 7_500],
    [20485, 2_500],
  ]);
  expect(after?.units.map(([last]) => last)).toEqual([0, 10_000, 10_000, 10_000]);
  expect(after?.upstreams.reduce((sum, [, share]) => sum + share, 0)).toBe(7_500);
});

async function minuteAt(store: ReturnType<typeof memoryStore>, at: string) {
  return (await timeline(store, SUBJECT, { from: clock(at), until: (clock(at) + 60_000) as never }, 'minute'))[0];
}

test('hours and days are the sum of their minutes: no extreme and no message goes', async () => {
  const store = await recorded(outageDay());
  const [minutes, hours, days] = await Promise.all(
    (['minute', 'hour', 'day'] as const).map((resolution) => timeline(store, SUBJECT, WHOLE_DAY, resolution)),
  );
  const sum = (of: typeof minutes, value: (one: NonNullable<typeof minutes>[number]) => number): number =>
    (of ?? []).reduce((total, one) => total + value(one), 0);
  for (const wider of [hours, days]) {
    expect(sum(wider, (one) => one.announced)).toBe(sum(minutes, (one) => one.announced));
    expect(sum(wider, (one) => one.withdrawn)).toBe(80);
    expect(sum(wider, (one) => one.knownMs)).toBe(sum(minutes, (one) => one.knownMs));
    expect(Math.min(...(wider ?? []).map(({ share }) => share?.lowest ?? 1))).toBe(0);
  }
  // Out for 1 h 10 s of 4 h 30 s, and for 15 s by half.
  expect(days?.[0]?.share?.mean).toBeCloseTo(10_000 * (1 - (3_610 + 7.5) / 14_430), -1);
});

test('every change is recorded to the second, with its message and the path before and after', async () => {
  const store = await recorded(outageDay());
  const looks = await exactLooks(store, SUBJECT, range(clock('13:00'), clock('13:05')));
  expect(looks.map(({ at, share }) => [at, share])).toEqual([
    [clock('12:00'), 10_000],
    [clock('13:00:05'), 5_000],
    [clock('13:00:20'), 0],
  ]);
  const { begin, changes } = await sightBetween(store, SUBJECT, range(clock('13:00'), clock('13:05')));
  expect(begin?.size).toBe(20);
  expect(changes).toHaveLength(80);
  expect(changes[0]).toEqual({
    at: clock('13:00:05'),
    peer: peer(1).id,
    mask: 'e',
    message: { type: 'withdrawal', prefix: UNITS[0], before: '64513 4837 131279', after: undefined },
  });
  const back = await sightBetween(store, SUBJECT, range(clock('14:30'), clock('14:31')));
  expect([...(back.begin ?? [])].map(([, mask]) => maskSize(mask))).toEqual(ALL.map(() => 4));
});

test('verdicts are recorded by the time of their onset, and so is each incident', async () => {
  const day = outageDay();
  const store = await recorded(day);
  expect(await verdictTurns(store, SUBJECT, WHOLE_DAY)).toEqual([
    [clock('12:00'), 'routable'],
    [clock('13:00:20'), 'unroutable'],
    [clock('14:00:30'), 'routable'],
  ]);
  const past = await store.read('past-incidents/KP/ipv4');
  const closed = day.events.find(({ type }) => type === 'incident.closed');
  expect(closed).toBeDefined();
  expect(past.map(({ value }) => JSON.parse(value) as unknown)).toEqual([
    (closed?.data as { incident: unknown } | undefined)?.incident,
  ]);
});

test.each([0, 1, 23, 24, 30, 120])('a verdict has the time at which it began, also %i months later', async (months) => {
  const log = new VerdictLog();
  log.note(clock('13:00'), 'unroutable');
  log.note(clock('14:00'), 'routable');
  const at = Date.UTC(2014, 11 + months, 25) as EventTime;
  const store = memoryStore();
  const keep = () => store.write(log.take().map((change) => ({ space: 'history/KP/ipv4', ...change })));
  for (let month = clock('14:00'); month < at; month = nextMonth(month)) {
    log.pass(month);
    await keep();
  }
  log.note(at, 'unroutable');
  await keep();
  expect(await verdictTurns(store, SUBJECT, range((at - 60_000) as EventTime, (at + 1) as EventTime))).toEqual([
    [clock('14:00'), 'routable'],
    [at, 'unroutable'],
  ]);
});

test('the first verdict of routable is recorded, though no event reports it: the time before it was blind, not the time after', async () => {
  const day = new RecordedDay().tick('11:00').announce('11:00:01', ALL.slice(0, 1)).dump('12:00', ALL).tick('12:30');
  const store = await recorded(day.withdraw('13:00', ALL).tick('14:00'));
  expect(await verdictTurns(store, SUBJECT, WHOLE_DAY)).toEqual([
    [clock('11:00'), 'unknown'],
    [clock('12:00'), 'routable'],
    [clock('13:00'), 'unroutable'],
  ]);
});

test('a blind hour is blind, never zero', async () => {
  const store = await recorded(new RecordedDay().dump('12:00', ALL).gap('13:00', 'rrc00').tick('14:00').tick('14:30'));
  const [hour] = await timeline(store, SUBJECT, range(clock('13:00'), clock('14:00')), 'hour');
  expect(hour).toMatchObject({ knownMs: 0, blindMs: 3_600_000, share: undefined, units: [], upstreams: [] });
  expect((await verdictTurns(store, SUBJECT, WHOLE_DAY)).at(-1)?.[1]).toBe('unknown');
});

test('a restart in the middle goes on with the same history', async () => {
  const { elements } = outageDay();
  const [whole, halves] = [memoryStore(), memoryStore()];
  await record(whole, elements, 1_000);
  const half = elements.findIndex(({ at }) => at > clock('13:00:05'));
  await record(halves, elements.slice(0, half), 1_000);
  await record(halves, elements.slice(half), 1_000);
  const [one, two] = await Promise.all(
    [whole, halves].map(async (store) => ({
      hours: await timeline(store, SUBJECT, WHOLE_DAY, 'hour'),
      turns: await verdictTurns(store, SUBJECT, WHOLE_DAY),
      sight: (await sightBetween(store, SUBJECT, range(clock('15:00'), clock('15:01')))).begin,
      before: (await sightBetween(store, SUBJECT, range(clock('12:30'), clock('12:31')))).begin,
    })),
  );
  expect(two?.turns).toEqual(one?.turns);
  expect(two?.sight).toEqual(one?.sight);
  expect(two?.before).toEqual(one?.before);
  const counts = (hours: NonNullable<typeof one>['hours']) => hours.map(({ at, withdrawn }) => [at, withdrawn]);
  expect(counts(two?.hours ?? [])).toEqual(counts(one?.hours ?? []));
});

test('a replay that was stopped anywhere and goes on has the same records, byte for byte', async () => {
  const all = peers(20);
  const day = outageDay()
    .announce('16:10:10', all.slice(0, 3), UNITS, [9304, 131279])
    .withdraw('16:20:30', all.slice(5, 9))
    .gap('17:00', 'rrc00')
    .tick('17:30')
    .tick('+1 00:30');
  const elements = day.elements;
  const whole = memoryStore();
  await record(whole, elements, 1_000);
  const recordsOf = async (store: StateStore) =>
    (await Promise.all([store.read('history/KP/ipv4'), store.read('past-incidents/KP/ipv4')])).flat();
  const expected = await recordsOf(whole);
  for (const kills of [[0.2], [0.5], [0.1, 0.3, 0.31, 0.6, 0.9], [0.7, 0.98, 0.99]]) {
    const store = memoryStore();
    const places = kills.map((part) => Math.floor(elements.length * part));
    await replayKilled(store, elements, places);
    expect(await recordsOf(store)).toEqual(expected);
  }
});

test('a store that has lost everything gets the names, the networks and what each peer sees again', async () => {
  const day = new RecordedDay()
    .dump('12:00', ALL)
    .withdraw('12:30', ALL.slice(0, 5))
    .tick('12:31')
    .tick('13:00')
    .tick('13:10');
  const engine = await withHistory(createEngine(OPTIONS), memoryStore());
  const [before, after] = [day.elements.filter(({ at }) => at < clock('13:00')), day.elements.slice(-2)];
  for (const element of before) engine.apply(element);
  engine.takeChanges();
  const emptied = memoryStore();
  await emptied.write(engine.state());
  for (const element of after) {
    engine.apply(element);
    await emptied.write(engine.takeChanges());
  }
  expect(await aboutOf(emptied, SUBJECT)).toMatchObject({ name: 'North Korea', networks: UNITS });
  const { begin, isRecorded } = await sightBetween(emptied, SUBJECT, range(clock('13:05'), clock('13:06')));
  expect(isRecorded).toBe(true);
  expect(ALL.map(({ id }) => maskSize(begin.get(id) ?? ''))).toEqual(ALL.map((_, i) => (i < 5 ? 0 : 4)));
});

test('time in which nothing was watched is neither an outage nor routable', async () => {
  const store = memoryStore();
  const day = new RecordedDay().dump('12:00', ALL).tick('12:30').tick('15:00').tick('15:30');
  const [stopped, after] = [clock('12:30'), clock('15:00')];
  await record(
    store,
    day.elements.filter(({ at }) => at <= stopped),
  );
  await record(
    store,
    day.elements.filter(({ at }) => at >= after),
  );
  const turns = await verdictTurns(store, SUBJECT, WHOLE_DAY);
  expect(turns.map(([, stage]) => stage)).toEqual(['routable', 'off', 'routable']);
  const hours = await timeline(store, SUBJECT, range(clock('13:00'), clock('15:00')), 'hour');
  expect(hours).toEqual([]);
});

test('after 92 days quiet minutes are forgotten, hours stay, and minutes of an incident stay', async () => {
  const store = memoryStore();
  const day = outageDay();
  for (let month = 0; month < 100; month++) day.tick(`+${month + 1} 12:00`);
  await record(store, day.elements);
  const quiet = await timeline(store, SUBJECT, range(clock('15:00'), clock('16:00')), 'minute');
  expect(quiet.map(({ widthMs, knownMs }) => [widthMs, knownMs])).toEqual([[3_600_000, 3_600_000]]);
  const loud = await timeline(store, SUBJECT, range(clock('13:00'), clock('13:30')), 'minute');
  expect(loud).toHaveLength(30);
});
