import { expect, test } from 'vitest';
import type { ProbeElement } from '../../src/bgp/element.ts';
import type { ProbeResult } from '../../src/bgp/probe.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { ordersOf, Progression } from '../../src/report/progression.ts';
import { createTimeline } from '../../src/report/timeline.ts';
import { clocksFor } from '../../src/report/clocks.ts';
import { noPaint } from '../../src/report/paint.ts';
import { NORTH_KOREA } from '../../src/territory/built-in.ts';
import { clock } from '../support/day.ts';
import { controls, round } from '../support/probes.ts';
import { decided, routesOf } from './routes-and-services.ts';

const MINUTE = 60_000;

/** A round every eleven minutes: what each service does is asked for each time. */
function probed(from: string, until: string, resultOf: (service: string, at: string) => ProbeResult) {
  const elements: ProbeElement[] = [];
  for (let at = Date.parse(from); at < Date.parse(until); at += 11 * MINUTE) {
    const iso = new Date(at).toISOString();
    const names = ['dns15', 'dns16', 'dns8', 'web71', 'web81', 'web91', 'mail25'];
    const results = Object.fromEntries(names.map((name) => [name, resultOf(name.replace(/\d+/, ''), iso)]));
    for (const element of [...controls('00:00', ['answered', 'answered']), ...round('00:00', results)])
      elements.push({ ...element, at: (at + element.at - clock('00:00')) as EventTime });
  }
  return elements;
}

test('26 January 2022: web, then DNS, then the routes; the routes back, then mail: reported in this order', async () => {
  const routes = await routesOf('2022-01-26');
  const silentIn: Readonly<Record<string, readonly [string, string]>> = {
    web: ['2022-01-25T19:45', '2022-01-27T00:00'],
    dns: ['2022-01-25T20:10', '2022-01-26T02:50'],
    mail: ['2022-01-25T20:45', '2022-01-26T02:40'],
  };
  const probes = probed('2022-01-25T15:00:00Z', '2022-01-26T06:00:00Z', (service, at) => {
    const [from = '', until = ''] = silentIn[service] ?? [];
    return at >= from && at < until ? 'silent' : 'answered';
  });
  const events = decided(routes, probes);
  const lines = [...(await ordersOf(events)).values()].flat();
  expect(lines).toEqual([
    expect.stringMatching(
      /^In this order: 2022-01-25 19:\d\d:\d\d UTC web silent · .*DNS silent · .*routes gone in part · .*routes gone · .*mail silent · .*routes back · .*mail answers · .*DNS answers\.$/,
    ),
    expect.stringMatching(/^First to change: web, \d+ min(?: \d+ s)? before the routes\.$/),
  ]);
  const text = createTimeline({ clocks: clocksFor([NORTH_KOREA]), paint: noPaint, width: 200, degradedBelow: () => 0 })(
    events,
  );
  expect(text.join('\n')).toContain('- First to change: web');
  expect(events.filter(({ type }) => type === 'reachability.warning').length).toBeGreaterThan(0);
  const alone = decided(routes, []);
  expect(JSON.stringify(events.filter(({ type }) => !type.startsWith('reachability.')))).toBe(JSON.stringify(alone));
  const quiet = new Progression();
  for (const event of alone) quiet.note(event);
  for (const event of alone) if (event.type === 'incident.closed') expect(quiet.linesOf(event.data)).toEqual([]);
});

test('27 January 2022: the routes are there and answers are slow: partly, and no event about routes', async () => {
  const routes = await routesOf('2022-01-27');
  const [first, last] = [routes[0]?.at ?? 0, routes.at(-1)?.at ?? 0];
  const from = new Date(first + 2 * 3_600_000).toISOString();
  const slow = new Date(first + 5 * 3_600_000).toISOString();
  const probes = probed(from, new Date(last).toISOString(), (service, at) =>
    at >= slow && service !== 'mail' ? 'odd' : 'answered',
  );
  const events = decided(routes, probes);
  expect(events.filter(({ type }) => type.startsWith('country.') && type !== 'country.known').length).toBe(
    decided(routes, []).filter(({ type }) => type.startsWith('country.') && type !== 'country.known').length,
  );
  const verdicts = events.flatMap(({ type, data }) =>
    type === 'reachability.changed' && 'reachability' in data ? [data.reachability] : [],
  );
  expect(verdicts).toEqual(['reachable', 'partly']);
});
