import { expect, test } from 'vitest';
import { elementLine, elementLineReader } from '../../src/bgp/element-line.ts';
import type { Element } from '../../src/bgp/element.ts';
import type { ProbeResult } from '../../src/bgp/probe.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { createEngine, restoreEngine, type Engine } from '../../src/engine.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import type { EngineRecord } from '../../src/state/record.ts';
import { clock, Day, KP, peers, UNITS } from '../support/day.ts';
import { all, controls, round } from '../support/probes.ts';

const DNS = ['dns15', 'dns16', 'dns8', 'dns9'] as const;
const WEB = ['web71', 'web81', 'web91'] as const;
const MAIL = ['mail25'] as const;
const FINE = { ...all(DNS, 'answered'), ...all(WEB, 'answered'), ...all(MAIL, 'answered') };

/** `12:04 reachability.changed partly since …: web unreachable since …`; the classes that changed. */
function linesOf(events: readonly UnroutableEvent[]): readonly string[] {
  return events.flatMap(({ type, time, data }) => {
    if (!('reachability' in data)) return [];
    const classes = data.services
      .filter(({ service }) => data.changed.some((one) => one.service === service))
      .map(
        ({ service, verdict, since, answering, targets }) =>
          `${service} ${verdict} ${answering}/${targets} ${hour(since)}`,
      );
    return [
      `${hour(time)} ${type.split('.')[1]} ${data.reachability} ${data.reason ?? hour(data.since)}: ${classes.join(', ')}`,
    ];
  });
}

function hour(iso: string): string {
  return iso.slice(11, 19);
}

class Probed extends Day {
  rounds(...elements: readonly (readonly Element[])[]): this {
    for (const element of elements.flat()) this.apply(element);
    return this;
  }
}

const OK = ['answered', 'answered'] as const;
const CUT = ['silent', 'no-route'] as const;

test('all answer: reachable, decided once for the whole round, two minutes after its last change', () => {
  const day = new Probed().rounds(controls('12:00', OK), round('12:00', FINE)).tick('12:05');
  expect(linesOf(day.events)).toEqual([
    '12:02:35 changed reachable 12:00:35: dns reachable 4/4 12:00:15, web reachable 3/3 12:00:30, mail reachable 1/1 12:00:35',
  ]);
  expect(day.events[0]).toMatchObject({ source: '/territories/KP/data', subject: 'KP/data', sequence: '0000000001' });
});

test('a class is unreachable when all its targets were silent in two rounds in a row, since the first of them', () => {
  const silent = { ...FINE, ...all(WEB, 'silent') };
  const day = new Probed().rounds(controls('12:00', OK), round('12:00', FINE), round('12:11', silent));
  expect(linesOf(day.tick('12:20').events)).toHaveLength(1);
  day.rounds(controls('12:22', OK), round('12:22', silent)).tick('12:30');
  expect(linesOf(day.events).slice(1)).toEqual(['12:24:30 changed partly 12:11:30: web unreachable 0/3 12:11:30']);
});

test('one lost round changes nothing; a better result counts at once', () => {
  const one = { ...FINE, web71: 'silent' as const };
  const day = new Probed().rounds(round('12:00', FINE), round('12:11', one), round('12:22', FINE)).tick('12:30');
  expect(linesOf(day.events)).toHaveLength(1);
  const gone = { ...FINE, ...all(WEB, 'silent') };
  day.rounds(round('12:33', gone), round('12:44', gone), round('12:55', FINE)).tick('13:00');
  expect(linesOf(day.events).slice(1)).toEqual([
    '12:46:30 changed partly 12:33:30: web unreachable 0/3 12:33:30',
    '12:57:30 changed reachable 12:55:30: web reachable 3/3 12:55:30',
  ]);
});

test.each([
  ['refused', 'partly'],
  ['odd', 'partly'],
  ['silent', 'unreachable'],
  ['no-route', 'unreachable'],
] as const)('where every target is %s, the territory is %s', (result: ProbeResult, verdict) => {
  const everywhere = { ...all(DNS, result), ...all(WEB, result) };
  const day = new Probed().rounds(round('12:00', everywhere), round('12:11', everywhere)).tick('12:20');
  expect(day.engine.reachability().get('KP')?.reachability).toBe(verdict);
});

test('with fewer than three targets nothing is reported', () => {
  const two = all(['dns15', 'web71'], 'silent');
  const day = new Probed().rounds(round('12:00', two), round('12:11', two), round('12:22', two)).tick('12:40');
  expect(linesOf(day.events)).toEqual([]);
  expect(day.engine.reachability().get('KP')).toMatchObject({ reachability: 'unknown', reason: 'too-few-targets' });
});

test('our own line cut: unknown, never unreachable, whatever the targets seem to say', () => {
  const silent = { ...all(DNS, 'silent'), ...all(WEB, 'silent'), ...all(MAIL, 'silent') };
  const day = new Probed().rounds(
    controls('12:00', OK),
    round('12:00', FINE),
    controls('12:11', OK),
    round('12:11', silent),
  );
  day.rounds(controls('12:22', CUT), round('12:22', silent), controls('12:33', CUT)).tick('12:40');
  expect(linesOf(day.events).slice(1)).toEqual([
    '12:23:59 changed unknown own-line: dns unknown 0/0 12:21:59, web unknown 0/0 12:21:59, mail unknown 0/0 12:21:59',
  ]);
  // Results from before the line was back do not count, those after it do.
  day.rounds(controls('12:44', OK), round('12:44', FINE)).tick('12:50');
  expect(linesOf(day.events).at(-1)).toMatch(/^12:46:35 changed reachable 12:44:35: dns reachable 4\/4 /);
});

test('without results it is unknown after three rounds', () => {
  const day = new Probed().rounds(round('12:00', FINE)).tick('12:32').tick('12:50');
  expect(linesOf(day.events).slice(1)).toEqual([
    '12:35:35 changed unknown no-results: dns unknown 0/0 12:33:15, web unknown 0/0 12:33:15, mail unknown 0/0 12:33:15',
  ]);
});

test('a target that answers from most vantage points answers; one that is silent from all is silent', () => {
  const atlas = (id: number) => ({ id: `atlas-${id}`, country: 'KR' });
  const fine = all(WEB, 'answered');
  const some = { ...fine, web71: 'silent' as const };
  const day = new Probed().rounds(round('12:00', some), round('12:00', fine, atlas(1)), round('12:00', fine, atlas(2)));
  day.rounds(round('12:11', some), round('12:11', fine, atlas(1)), round('12:11', fine, atlas(2))).tick('12:20');
  expect(day.engine.reachability().get('KP')).toMatchObject({ reachability: 'reachable', vantages: 3 });
  day.rounds(round('12:22', some, atlas(1)), round('12:22', some, atlas(2)));
  day.rounds(round('12:33', some), round('12:33', some, atlas(1)), round('12:33', some, atlas(2))).tick('12:40');
  expect(day.engine.reachability().get('KP')).toMatchObject({ reachability: 'partly', vantages: 3 });
  expect(day.engine.reachability().get('KP')?.services).toMatchObject([{ answering: 2, silent: 1, targets: 3 }]);
});

test('an early warning is an event of its own, and only while the routes are all there', () => {
  const silent = { ...FINE, ...all(WEB, 'silent') };
  const day = new Probed()
    .dump('11:00', peers(12))
    .rounds(round('12:00', FINE), round('12:11', silent), round('12:22', silent));
  day.tick('12:30');
  expect(linesOf(day.events).map((line) => line.split(' ')[1])).toEqual(['changed', 'changed', 'warning']);
  const later = new Probed().dump('11:00', peers(12)).rounds(round('12:00', FINE)).withdraw('12:10', peers(12));
  later.rounds(round('12:11', silent), round('12:22', silent)).tick('12:30');
  expect(linesOf(later.events).map((line) => line.split(' ')[1])).toEqual(['changed', 'changed']);
});

/** A day of routes with an outage, and the results for services on it. */
function routesOf(day: Day): Day {
  return day.dump('06:00', peers(12)).withdraw('12:40', peers(12)).announce('18:20', peers(12)).tick('20:00');
}

/** Element by element, in the order in which a live program would have them: results run ahead of the routes' time. */
function mixedDay(): readonly Element[] {
  const routes: Element[] = [];
  const record = (engine: Engine): Engine => ({
    ...engine,
    apply(element) {
      routes.push(element);
      return engine.apply(element);
    },
  });
  routesOf(new Day({ watch: record }));
  const probes: Element[] = [];
  for (let minute = 6 * 60; minute < 20 * 60; minute += 11) {
    const at = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    const results = minute > 12 * 60 && minute < 18 * 60 ? { ...FINE, ...all(WEB, 'silent') } : FINE;
    probes.push(...controls(at, minute % 7 === 0 ? CUT : OK), ...round(at, results));
  }
  const ahead = (element: Element): number => element.at - (element.type === 'probe' ? 45_000 : 0);
  return [...routes, ...probes].sort((a, b) => ahead(a) - ahead(b));
}

test('results change no event about routes, not by a byte: neither its id, nor its time, nor its place in the chain', () => {
  const mixed = mixedDay();
  const day = new Probed().rounds(mixed);
  const alone = new Probed().rounds(mixed.filter(({ type }) => type !== 'probe'));
  expect(linesOf(day.events).length).toBeGreaterThan(2);
  expect(alone.events.map((event) => event.type)).toContain('country.unroutable');
  const ofRoutes = day.events.filter(({ type }) => !type.startsWith('reachability.'));
  expect(JSON.stringify(ofRoutes)).toBe(JSON.stringify(alone.events));
});

test('a tape of it replays to the same bytes', () => {
  const mixed = mixedDay();
  const read = elementLineReader();
  const tape = mixed.map((element) => read(elementLine(element))).filter((element) => element.type !== 'bad-line');
  expect(JSON.stringify(new Probed().rounds(tape).events)).toBe(JSON.stringify(new Probed().rounds(mixed).events));
});

test('an engine that is restored at any moment goes on to the same bytes', () => {
  const mixed = mixedDay();
  const options = { territories: [{ territory: KP, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING, recorded: true };
  const whole = createEngine(options);
  const expected = mixed.flatMap((element) => whole.apply(element)?.events ?? []);
  for (const cut of [1, 40, 200, 333, 500].filter((at) => at < mixed.length)) {
    const first = createEngine(options);
    const events = mixed.slice(0, cut).flatMap((element) => first.apply(element)?.events ?? []);
    const records = first.state().filter((change): change is EngineRecord => change.value !== undefined);
    const restored = restoreEngine(options, { cursor: first.now ?? clock('00:00'), records });
    if (!restored.ok) throw new Error(restored.reason);
    events.push(...mixed.slice(cut).flatMap((element) => restored.engine.apply(element)?.events ?? []));
    expect(JSON.stringify(events)).toBe(JSON.stringify(expected));
  }
});

test('without results the state does not contain any', () => {
  const options = { territories: [{ territory: KP, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING, recorded: true };
  const engine = createEngine(options);
  for (const element of mixedDay()) if (element.type !== 'probe') engine.apply(element);
  expect(engine.state().filter(({ space, key }) => space === 'reachability' || key.startsWith('reach'))).toEqual([]);
  expect(engine.reachability().size).toBe(0);
  expect(UNITS).toHaveLength(4);
});
