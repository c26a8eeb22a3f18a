import { expect, test } from 'vitest';
import type { ProbeKind, ProbeTarget } from '../../../src/bgp/probe.ts';
import { readResult } from '../../../streams/atlas/result.ts';
import { dnsResult, type Result } from './atlas-server.ts';

const PORTS: Readonly<Partial<Record<ProbeKind, number>>> = { 'dns-soa': 53, tls: 443, 'http-head': 80 };

function target(kind: ProbeKind, name: string): ProbeTarget {
  return { kind, address: '175.45.176.15', port: PORTS[kind] ?? 0, name };
}

const NAME_SERVER = target('dns-soa', 'kp.');
const TLS = target('tls', 'www.example.kp');
const WEB = target('http-head', 'www.example.kp');

function read(value: unknown, of: ProbeTarget): string {
  const result = readResult(value, of);
  if ('reason' in result) return `passed over: ${result.reason}`;
  const { finding } = result;
  return finding.result === undefined ? `not asked: ${finding.failure}` : `${finding.result}: ${finding.detail}`;
}

const HEAD = { fw: 5080, lts: 12, prb_id: 29_296, timestamp: 1_764_331_200, msm_id: 1 };
const sslcert = (more: Result): Result => ({
  ...{ ...HEAD, af: 4, dst_addr: '175.45.176.15', dst_port: '443', method: 'TLS', type: 'sslcert' },
  ...more,
});
const http = (more: Result): Result => ({
  ...{ ...HEAD, type: 'http', uri: 'http://www.example.kp/' },
  result: [{ af: 4, dst_addr: '175.45.176.15', method: 'GET', ...more }],
});

/** The forms are those of results that RIPE Atlas gave in 2018 and of its documentation of 2025. */
const CASES: readonly (readonly [string, Result, ProbeTarget, string])[] = [
  ['an answer of the zone', dnsResult(1, 7, 100), NAME_SERVER, 'answered: NOERROR, authoritative'],
  ['SERVFAIL: somebody is there', dnsResult(1, 7, 100, { flags: 2 }), NAME_SERVER, 'refused: SERVFAIL'],
  [
    'the SOA of another zone',
    dnsResult(1, 7, 100, { zone: 'example' }),
    NAME_SERVER,
    'odd: the SOA of another zone: example',
  ],
  [
    'nothing within five seconds',
    dnsResult(1, 7, 100, { error: { timeout: 5000 } }),
    NAME_SERVER,
    'silent: timeout 5000',
  ],
  [
    'a router without a way',
    dnsResult(1, 7, 100, { error: { socket: 'connect failed No route to host' } }),
    NAME_SERVER,
    'no-route: socket connect failed No route to host',
  ],
  [
    'a fault of the probe itself',
    dnsResult(1, 7, 100, { error: { getaddrinfo: 'Name or service not known' } }),
    NAME_SERVER,
    'not asked: getaddrinfo Name or service not known',
  ],
  ['a certificate', sslcert({ cert: ['-----BEGIN'], ver: '1.2', rt: 176.5, ttc: 85.4 }), TLS, 'answered: TLS 1.2'],
  ['a TLS alert', sslcert({ alert: { level: 2, description: 40 }, ttc: 85.4 }), TLS, 'odd: connected; TLS alert 40'],
  ['no connection in time', sslcert({ err: 'connect: timeout' }), TLS, 'silent: connect: timeout'],
  ['a reset', sslcert({ err: 'connect: Connection refused' }), TLS, 'refused: connect: Connection refused'],
  ['no route', sslcert({ err: 'connect: No route to host' }), TLS, 'no-route: connect: No route to host'],
  [
    'connected, then nothing',
    sslcert({ err: 'timeout reading hello', ttc: 85.4 }),
    TLS,
    'odd: connected; timeout reading hello',
  ],
  ['a web page', http({ res: 200, ver: '1.1', hsize: 131, bsize: 5, rt: 210.1 }), WEB, 'answered: HTTP 200'],
  ['a web server in trouble answers all the same', http({ res: 503 }), WEB, 'answered: HTTP 503'],
  [
    'a page that does not end',
    http({ err: 'timeout reading chunk: state 6 linelen 0 lineoffset 0' }),
    WEB,
    'odd: connected; timeout reading chunk: state 6 linelen 0 lineoffset 0',
  ],
  ['no web server', http({ err: 'connect: Connection refused' }), WEB, 'refused: connect: Connection refused'],
  [
    'another target',
    { ...dnsResult(1, 7, 100), dst_addr: '175.45.176.16' },
    NAME_SERVER,
    'passed over: it asked another address',
  ],
  [
    'a measurement of another type',
    { ...dnsResult(1, 7, 100), type: 'ping' },
    NAME_SERVER,
    'passed over: it is of another type',
  ],
  [
    'an answer without an address',
    http({ dst_addr: undefined, res: 200 }),
    WEB,
    'passed over: it names no address that was asked',
  ],
  ['half a result', sslcert({}), TLS, 'passed over: its form is not that of sslcert'],
  ['something else', { hello: 'world' }, TLS, 'passed over: it is not a result of a measurement'],
];

test.each(CASES)('%s', (_, value, of, expected) => {
  expect(read(value, of)).toBe(expected);
});

test('a probe that asked several servers gives a set: the one that was meant counts', () => {
  const { result, dst_addr, ...common } = dnsResult(1, 7, 100);
  const others = { dst_addr: '192.0.2.53', error: { timeout: 5000 } };
  expect(read({ ...common, resultset: [others, { dst_addr, result }] }, NAME_SERVER)).toMatch(/^answered/);
});

test('time is that of the probe, in seconds; the time it took is in milliseconds', () => {
  expect(readResult(dnsResult(1, 1001, 1_764_331_200), NAME_SERVER)).toMatchObject({
    probe: 1001,
    at: 1_764_331_200_000,
    ms: 35,
  });
});

test('whatever comes, nothing is thrown', () => {
  const odd = [
    null,
    7,
    'text',
    [],
    { type: 'dns' },
    { ...HEAD, type: 'dns', result: 7 },
    { ...HEAD, type: 'http', result: [] },
  ];
  for (const value of odd) for (const of of [NAME_SERVER, TLS, WEB]) expect(read(value, of)).toMatch(/^passed over/);
});
