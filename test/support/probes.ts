import type { ProbeElement } from '../../src/bgp/element.ts';
import { OWN_VANTAGE, type ProbeResult, type ProbeTarget, type Service, type Vantage } from '../../src/bgp/probe.ts';
import { later } from '../../src/bgp/time.ts';
import { clock } from './day.ts';

const EVERY_MS = 11 * 60_000;

const KINDS = {
  dns: ['dns-soa', 53, 'kp.'],
  web: ['http-head', 80, 'www.kcna.kp'],
  mail: ['smtp-banner', 25, ''],
} as const;

/** `web1` is the first web server, 175.45.176.1. */
export function targetOf(name: string): { readonly service: Service; readonly target: ProbeTarget } {
  const match = /^(dns|web|mail)(\d+)$/.exec(name);
  if (match === null) throw new Error(`no target: ${name}`);
  const service = match[1] as Service;
  const [kind, port, asked] = KINDS[service];
  return { service, target: { kind, address: `175.45.176.${match[2]}`, port, name: asked } };
}

/** One round at this time, a target every five seconds: `{ web1: 'silent' }`. */
export function round(
  at: string,
  results: Readonly<Record<string, ProbeResult>>,
  vantage: Vantage = OWN_VANTAGE,
): readonly ProbeElement[] {
  return Object.entries(results).map(([name, result], i) => ({
    type: 'probe',
    at: later(clock(at), i * 5000),
    vantage,
    territory: 'KP',
    ...targetOf(name),
    result,
    detail: result,
    ms: 10,
    everyMs: EVERY_MS,
  }));
}

/** The two controls of our own line, a second before this time. */
export function controls(at: string, results: readonly [ProbeResult, ProbeResult]): readonly ProbeElement[] {
  return results.map((result, i) => ({
    type: 'probe',
    at: later(clock(at), i * 100 - 1000),
    vantage: OWN_VANTAGE,
    territory: undefined,
    service: 'dns',
    target: { kind: 'dns-soa', address: `193.0.14.${129 + i}`, port: 53, name: '.' },
    result,
    detail: result,
    ms: 10,
    everyMs: EVERY_MS,
  }));
}

export function all(names: readonly string[], result: ProbeResult): Readonly<Record<string, ProbeResult>> {
  return Object.fromEntries(names.map((name) => [name, result]));
}
