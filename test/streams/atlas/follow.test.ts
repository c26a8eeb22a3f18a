import { expect, onTestFinished, test } from 'vitest';
import type { ProbeElement } from '../../../src/bgp/element.ts';
import { atlasResults, type AtlasMeasurement, type AtlasReport } from '../../../streams/atlas/follow.ts';
import { HandClock, until } from '../../support/clock.ts';
import { dnsResult, startAtlas, type AtlasServer } from './atlas-server.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-28T12:00:00Z');
/** Seconds, so many minutes from the start. */
const at = (minutes: number): number => START / 1000 + 60 * minutes;

const TARGET = { kind: 'dns-soa', address: '175.45.176.15', port: 53, name: 'kp.' } as const;
const ofKp = (id: number): AtlasMeasurement => ({ id, territory: 'KP', service: 'dns', target: TARGET });

interface Scene {
  readonly clock: HandClock;
  readonly elements: ProbeElement[];
  readonly reports: AtlasReport[];
  /** `atlas-1001 answered 2`: minutes from the start. */
  readonly results: () => readonly string[];
}

function follow(server: AtlasServer, measurements: readonly AtlasMeasurement[]): Scene {
  const clock = new HandClock(START);
  const stop = new AbortController();
  const elements: ProbeElement[] = [];
  const reports: AtlasReport[] = [];
  const api = { url: server.api, userAgent: 'unroutable/0 (noc@example.org)' };
  const plan = { measurements, api, streamUrl: server.stream, everyMs: 11 * MINUTE };
  const parts = { clock, random: () => 0.5, report: (report: AtlasReport) => reports.push(report) };
  const reading = (async () => {
    for await (const element of atlasResults(plan, parts, stop.signal)) elements.push(element);
  })();
  onTestFinished(async () => {
    stop.abort();
    await reading;
    expect(clock.sleeping).toBe(0);
  });
  const results = () =>
    elements.map(({ vantage, result, at: when }) => `${vantage.id} ${result} ${(when - START) / MINUTE}`);
  return { clock, elements, reports, results };
}

test('what came before the stream was up comes by HTTP, the rest by the stream; none of it twice', async () => {
  const old = dnsResult(1, 1001, at(-60));
  const recent = dnsResult(1, 1001, at(-10));
  const server = await startAtlas({ 1: { type: 'dns', results: [old, recent] } });
  const { elements, results } = follow(server, [ofKp(1)]);
  await until(() => elements.length === 1);
  server.send(['atlas_result', recent]);
  server.send(['atlas_result', dnsResult(1, 1002, at(0), { error: { timeout: 5000 } })]);
  await until(() => elements.length === 2);
  // An hour ago is more than three intervals of a quarter of an hour.
  expect(results()).toEqual(['atlas-1001 answered -10', 'atlas-1002 silent 0']);
  expect(server.subscribed).toEqual([1]);
  expect([...server.userAgents]).toEqual(['unroutable/0 (noc@example.org)']);
});

test('a result has the country and the AS of its probe, and the interval of its measurement', async () => {
  const results = [dnsResult(1, 1001, at(-1)), dnsResult(1, 7, at(-2))];
  const server = await startAtlas({ 1: { type: 'dns', interval: 600, results } });
  const { elements } = follow(server, [ofKp(1)]);
  await until(() => elements.length === 2);
  expect(elements.map(({ vantage, everyMs }) => ({ vantage, everyMs }))).toEqual([
    { vantage: { id: 'atlas-7' }, everyMs: 600_000 },
    { vantage: { id: 'atlas-1001', country: 'NL', asn: 3333 }, everyMs: 600_000 },
  ]);
  expect(elements[0]).toMatchObject({ type: 'probe', territory: 'KP', service: 'dns', target: TARGET, ms: 35 });
});

test('a stream that is cut is opened again, and what it missed comes by HTTP', async () => {
  const server = await startAtlas({ 1: { type: 'dns', results: [dnsResult(1, 1001, at(-5))] } });
  const { clock, elements, reports, results } = follow(server, [ofKp(1)]);
  await until(() => elements.length === 1);
  server.cut();
  await until(() => reports.some(({ type }) => type === 'disconnected'));
  server.measurements.get(1)?.results.push(dnsResult(1, 1001, at(1), { flags: 2 }));
  await clock.turn(clock.nextWakeMs);
  await until(() => elements.length === 2);
  expect(results()[1]).toBe('atlas-1001 refused 1');
  expect(reports.map(({ type }) => type)).toEqual(['connected', 'disconnected', 'connected']);
  expect(server.subscribed).toEqual([1, 1]);
});

test('without a stream results come by HTTP, again and again', async () => {
  const server = await startAtlas({ 1: { type: 'dns', results: [dnsResult(1, 1001, at(-5))] } });
  server.isRefusing = true;
  const { clock, elements, reports } = follow(server, [ofKp(1)]);
  await until(() => elements.length === 1);
  for (let attempts = 1; attempts <= 3; attempts++) {
    server.measurements.get(1)?.results.push(dnsResult(1, 1001, at(0) + attempts));
    await until(() => reports.length === attempts);
    await clock.turn(clock.nextWakeMs);
    await until(() => elements.length === 1 + attempts);
  }
  expect(new Set(reports.map(({ type }) => type))).toEqual(new Set(['disconnected']));
});

test('an API that is away for a while costs nothing but time', async () => {
  const server = await startAtlas({ 1: { type: 'dns', results: [dnsResult(1, 1001, at(-5))] } });
  server.fault = 503;
  const { clock, elements, reports } = follow(server, [ofKp(1)]);
  await until(() => reports.some(({ type }) => type === 'not-answered'));
  expect(reports).toContainEqual({ type: 'not-answered', id: 1, reason: 'HTTP 503' });
  server.fault = undefined;
  server.cut();
  await until(() => reports.some(({ type }) => type === 'disconnected'));
  await clock.turn(clock.nextWakeMs);
  await until(() => elements.length === 1);
});

test('an API that does not answer is given up after a minute of the clock', async () => {
  const server = await startAtlas({ 1: { type: 'dns', results: [] } });
  server.fault = 0;
  const { clock, reports } = follow(server, [ofKp(1)]);
  // For the description, and for the results.
  for (const requests of [1, 2]) {
    await until(() => server.asked.length === requests);
    await clock.turn(60_000);
  }
  await until(() => reports.some(({ type }) => type === 'not-answered'));
  expect(reports).toContainEqual({ type: 'not-answered', id: 1, reason: 'not done within 60 s' });
});

test('a measurement that does not exist, asks something else or runs once is not followed, which is reported; others go on', async () => {
  const server = await startAtlas({
    1: { type: 'ping', results: [] },
    2: { type: 'dns', interval: 0, results: [dnsResult(2, 1001, at(-5))] },
    4: { type: 'dns', results: [dnsResult(4, 1001, at(-5))] },
  });
  const { elements, reports } = follow(server, [1, 2, 3, 4].map(ofKp));
  await until(() => elements.length === 1);
  expect(reports.filter(({ type }) => type === 'not-followed')).toEqual([
    { type: 'not-followed', id: 1, reason: 'it is of type ping; dns-soa is asked by dns' },
    { type: 'not-followed', id: 2, reason: 'it runs once; only one that goes on can be followed' },
    { type: 'not-followed', id: 3, reason: 'RIPE Atlas does not give it: HTTP 404' },
  ]);
});

test('a result that says nothing about the target is counted by kind and never taken for silence', async () => {
  const server = await startAtlas({ 1: { type: 'dns', results: [] } });
  const { elements, reports } = follow(server, [ofKp(1)]);
  await until(() => server.asked.some((path) => path.includes('/results/')));
  const elsewhere = { ...dnsResult(1, 1001, at(0)), dst_addr: '192.0.2.1' };
  for (let i = 0; i < 12; i++) server.send(['atlas_result', elsewhere]);
  server.send(['atlas_result', dnsResult(1, 1001, at(60))]);
  server.send(['atlas_result', dnsResult(1, 1001, at(0), { error: { getaddrinfo: 'no resolver' } })]);
  server.send(['atlas_result', dnsResult(9, 1001, at(0))]);
  server.send('nothing of the kind');
  server.send(['atlas_result', dnsResult(1, 1002, at(0))]);
  await until(() => elements.length === 1);
  const reported = reports.flatMap((report) =>
    report.type === 'passed-over' ? [`${report.count} ${report.reason}`] : [],
  );
  expect(reported).toEqual([
    '1 it asked another address: 192.0.2.1',
    '10 it asked another address: 192.0.2.1',
    '1 its time is not here yet: the clock of the probe is wrong',
    '1 the probe could not ask: getaddrinfo no resolver',
    '1 a result of a measurement that was not asked for',
    '1 a message of the stream is not an array',
  ]);
});

test('a stream with a long and different fault in each message is counted by kind, and only the beginning of one is shown', async () => {
  const server = await startAtlas({ 1: { type: 'dns', results: [] } });
  const { elements, reports } = follow(server, [ofKp(1)]);
  await until(() => server.subscribed.length === 1);
  for (let i = 0; i < 150; i++) {
    const long = `${i} ${'x'.repeat(10_000)}`;
    server.send(['atlas_error', { detail: long }]);
    server.send(['atlas_result', { ...dnsResult(1, 1001, at(0)), type: long }]);
    server.send(['atlas_result', dnsResult(1, 1001, at(-10) + i, { error: { getaddrinfo: long } })]);
  }
  server.send(['atlas_result', dnsResult(1, 1002, at(0))]);
  await until(() => elements.length === 1);
  const passed = reports.flatMap((report) => (report.type === 'passed-over' ? [report] : []));
  const kinds = ['the stream reports an error', 'it is of another type', 'the probe could not ask'];
  // Three kinds, whatever was received: nothing else of it is in memory.
  expect(passed.map(({ reason, count }) => `${count} ${reason.split(':')[0]}`)).toEqual(
    [1, 10, 100].flatMap((count) => kinds.map((kind) => `${count} ${kind}`)),
  );
  for (const { reason } of passed) expect(reason.length).toBeLessThan(250);
});
