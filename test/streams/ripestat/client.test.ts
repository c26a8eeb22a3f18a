import { describe, expect, test } from 'vitest';
import { createRipestatClient } from '../../../streams/ripestat/client.ts';
import type { RipestatFault, Outcome } from '../../../streams/ripestat/fault.ts';
import { RipestatServer, type Fault as ServerFault } from '../../support/ripestat-server.ts';
import { HandClock } from './hand-clock.ts';
import { bench, worldOfKp } from './world.ts';

const HOUR = 3_600_000;

describe('what is asked', () => {
  test('every request names its sender and accepts large answers', async () => {
    const { client, server, signal } = await bench();
    await client.get('looking-glass', { resource: '175.45.176.0/22' }, { signal });
    expect(server.requests.map(({ call, parameters }) => [call, Object.fromEntries(parameters)])).toEqual([
      ['looking-glass', { resource: '175.45.176.0/22', data_overload_limit: 'ignore', sourceapp: 'unroutable' }],
    ]);
  });

  test('never more than eight at once', async () => {
    const { client, server, signal, baseUrl } = await bench();
    server.closeGate();
    const asked = Array.from({ length: 30 }, (_, i) =>
      client.get('looking-glass', { resource: `10.0.${i}.0/24` }, { signal }),
    );
    await server.received(8);
    // A ninth would have come before these, which are sent later and answered.
    for (let i = 0; i < 3; i++) await fetch(baseUrl);
    expect(server.requests).toHaveLength(8);
    server.openGate();
    const outcomes = await Promise.all(asked);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(server.requests).toHaveLength(30);
    expect(server.mostAtOnce).toBe(8);
  });

  test('an answer is used again until it is too old, if the question allows it', async () => {
    const { client, server, clock, signal } = await bench();
    const ask = (): Promise<Outcome<unknown>> =>
      client.get('rrc-info', {}, { signal, keep: { forMs: HOUR, isPlausible: () => true } });
    await ask();
    clock.advance(HOUR - 1);
    await ask();
    expect(server.requests).toHaveLength(1);
    clock.advance(1);
    await ask();
    expect(server.requests).toHaveLength(2);
    await client.get('rrc-info', {}, { signal });
    expect(server.requests).toHaveLength(3);
  });

  test('an answer that cannot be true is given back and never used again', async () => {
    const { client, server, signal } = await bench();
    const keep = { forMs: HOUR, isPlausible: (data: unknown) => JSON.stringify(data).includes('198.51.100.1') };
    server.fail('rrc-info', { kind: 'data', change: (data) => (data['rrcs'] = []) }, 1);
    expect(await client.get('rrc-info', {}, { signal, keep })).toMatchObject({ ok: true, value: { rrcs: [] } });
    expect(await client.get('rrc-info', {}, { signal, keep })).toMatchObject({ value: { rrcs: { length: 3 } } });
    expect(server.requests).toHaveLength(2);
  });

  test('what is forgotten is asked for again', async () => {
    const { client, server, signal } = await bench();
    const keep = { forMs: HOUR, isPlausible: () => true };
    await client.get('rrc-info', {}, { signal, keep });
    client.forget();
    await client.get('rrc-info', {}, { signal, keep });
    expect(server.requests).toHaveLength(2);
  });

  test('a failure is not remembered', async () => {
    const { client, server, signal } = await bench();
    server.fail('rrc-info', { kind: 'status', status: 404 }, 1);
    const ask = (): Promise<Outcome<unknown>> =>
      client.get('rrc-info', {}, { signal, keep: { forMs: HOUR, isPlausible: () => true } });
    expect((await ask()).ok).toBe(false);
    expect((await ask()).ok).toBe(true);
  });

  test.each([
    ['http://stat.ripe.net', 'is not https, and http is for loopback only'],
    ['http://127.0.0.1.example.org', 'is not https'],
    ['ftp://stat.ripe.net', 'is not https'],
    ['stat.ripe.net', 'is not a web address'],
  ])('%s is not asked: %s', async (baseUrl, words) => {
    const { client, signal } = await bench(worldOfKp(), { baseUrl });
    expect(faultOf(await client.get('rrc-info', {}, { signal }))).toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining(words),
    });
  });
});

describe('faults that pass are waited out', () => {
  test.each<[string, ServerFault]>([
    ['a burst of 502', { kind: 'status', status: 502 }],
    ['a burst of 429', { kind: 'status', status: 429 }],
    ['a web page in place of JSON', { kind: 'html' }],
    ['JSON cut short', { kind: 'truncated' }],
    ['a connection that breaks in the middle', { kind: 'broken' }],
  ])('%s', async (_, fault) => {
    const { client, server, clock, signal } = await bench();
    server.fail('rrc-info', fault, 3);
    expect(await client.get('rrc-info', {}, { signal })).toMatchObject({ ok: true });
    // Half of 1, 2 and 4 s, as the dice fell.
    expect(clock.skipped).toEqual([500, 1000, 2000]);
  });

  test('Retry-After is obeyed, as seconds and as a date', async () => {
    const { client, server, clock, signal } = await bench();
    server.fail('rrc-info', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 1);
    server.fail(
      'rrc-info',
      { kind: 'status', status: 503, headers: { 'retry-after': 'Mon, 22 Dec 2014 12:05:17 GMT' } },
      1,
    );
    expect(await client.get('rrc-info', {}, { signal })).toMatchObject({ ok: true });
    expect(clock.skipped).toEqual([7_000, 10_000]);
  });
});

describe('lasting faults are reported in words: the call, what happened, what to do', () => {
  test.each<[string, ServerFault, RipestatFault['kind'], string, number]>([
    [
      '5xx',
      { kind: 'status', status: 503 },
      'failing',
      'RIPEstat rrc-info: HTTP 503 (asked 5 times); see https://status.ripe.net',
      5,
    ],
    [
      '429',
      { kind: 'status', status: 429 },
      'busy',
      'HTTP 429: too many requests (asked 5 times); wait, and run no other program',
      5,
    ],
    ['403', { kind: 'status', status: 403 }, 'refused', 'HTTP 403; the call has changed or this address is blocked', 1],
    [
      'a redirect',
      { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:9/' } },
      'refused',
      'HTTP 302',
      1,
    ],
    ['a web page', { kind: 'html' }, 'unreadable', 'it answered with a web page', 5],
    ['JSON cut short', { kind: 'truncated' }, 'unreadable', 'its JSON is damaged or was cut short', 5],
    ['a broken connection', { kind: 'broken' }, 'unreachable', '(asked 5 times); check the network', 5],
    [
      'status in the envelope',
      {
        kind: 'envelope',
        fields: { status: 'error', status_code: 500, messages: [['error', 'no backend\u001B[31m']] },
      },
      'failing',
      'it says error (500): no backend [31m',
      5,
    ],
    [
      'a rejected question',
      { kind: 'envelope', fields: { status: 'error', status_code: 400 } },
      'refused',
      'it says error (400)',
      1,
    ],
    [
      'maintenance',
      { kind: 'envelope', fields: { data_call_status: 'maintenance - back at noon' } },
      'failing',
      'down for maintenance',
      5,
    ],
    [
      'the answer to another question',
      { kind: 'envelope', fields: { data_call_name: 'bgplay' } },
      'unreadable',
      'it answered the call bgplay',
      5,
    ],
    ['no envelope', { kind: 'envelope', fields: { messages: undefined } }, 'unreadable', 'its envelope at messages', 5],
  ])('%s', async (_, fault, kind, words, requests) => {
    const { client, server, signal } = await bench();
    server.fail('rrc-info', fault);
    const outcome = faultOf(await client.get('rrc-info', {}, { signal }));
    expect(outcome).toMatchObject({ kind, call: 'rrc-info' });
    expect(outcome.message).toContain(words);
    expect(server.requests).toHaveLength(requests);
  });

  test('a body without end is cut off at the limit, and not asked for again', async () => {
    const { client, server, signal } = await bench(worldOfKp(), { maxBytes: 2 ** 20 });
    server.fail('rrc-info', { kind: 'huge' });
    const outcome = faultOf(await client.get('rrc-info', {}, { signal }));
    expect(outcome.message).toBe(
      'RIPEstat rrc-info: its answer is larger than 1 MiB; watch fewer or smaller territories, or seed from MRT files',
    );
    expect(server.requests).toHaveLength(1);
  });

  test('a wait longer than the deadline is not started', async () => {
    const { client, server, clock, signal } = await bench();
    server.fail('rrc-info', { kind: 'status', status: 429, headers: { 'retry-after': '3600' } });
    const outcome = faultOf(await client.get('rrc-info', {}, { signal }));
    expect(outcome.message).toContain('HTTP 429: too many requests, and asks to wait 3600 s');
    expect(clock.skipped).toEqual([]);
  });

  test('an answer that never comes is given up, first the attempt, then the question', async () => {
    const { client, server, clock, signal } = await bench();
    server.fail('rrc-info', { kind: 'hanging' });
    const asked = client.get('rrc-info', {}, { signal });
    for (const count of [1, 2, 3]) {
      await server.received(count);
      clock.advance(40_000);
    }
    expect(faultOf(await asked)).toMatchObject({
      kind: 'slow',
      message: 'RIPEstat rrc-info: no whole answer within 90 s; try again later, or seed from MRT files',
    });
    // No timer is left behind.
    expect(clock.sleeping).toBe(0);
  });

  test('no server there', async () => {
    const { clock, signal } = await bench();
    const server = new RipestatServer(worldOfKp());
    const baseUrl = await server.listen();
    await server.close();
    const client = createRipestatClient({ clock, random: () => 0, baseUrl, attemptMs: 40_000 });
    expect(faultOf(await client.get('rrc-info', {}, { signal }))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a caller that aborts while it waits for an answer or for a turn returns at once', async () => {
    const { client, server } = await bench();
    server.closeGate();
    const leaving = new AbortController();
    const asked = Array.from({ length: 9 }, (_, i) =>
      client.get('looking-glass', { resource: `10.0.${i}.0/24` }, { signal: leaving.signal }),
    );
    await server.received(8);
    leaving.abort();
    for (const outcome of await Promise.all(asked)) expect(faultOf(outcome).kind).toBe('aborted');
    expect(server.requests).toHaveLength(8);
  });
});

test('a call that will be removed still answers, with a warning', async () => {
  const { client, server, signal } = await bench();
  server.fail('rrc-info', { kind: 'envelope', fields: { data_call_status: 'deprecated - 2027-01-01' } });
  expect(await client.get('rrc-info', {}, { signal })).toMatchObject({
    ok: true,
    warnings: ['RIPEstat rrc-info: the call will go away: deprecated - 2027-01-01'],
  });
});

test('the clock of these tests wakes each sleeper once, when its time has come', async () => {
  const clock = new HandClock('2014-12-22T12:00:00Z');
  const over: string[] = [];
  const signal = new AbortController().signal;
  const sleeping = [20, 10].map((ms) => clock.sleep(ms, signal).then(() => over.push(`${ms}`)));
  clock.advance(10);
  await sleeping[1];
  expect(over).toEqual(['10']);
  clock.advance(10);
  await Promise.all(sleeping);
  expect(over).toEqual(['10', '20']);
});

function faultOf(outcome: Outcome<unknown>): RipestatFault {
  if (outcome.ok) throw new Error('it answered');
  return outcome.fault;
}
