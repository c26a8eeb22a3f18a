import type { Asn } from './asn.ts';
import { hostPort } from './host-port.ts';

/** The kinds of probes. */
export const PROBE_KINDS = ['dns-soa', 'tcp', 'tls', 'http-head', 'smtp-banner'] as const;

/** One of `PROBE_KINDS`. */
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** The classes of service that are evaluated separately. */
export const SERVICES = ['dns', 'web', 'mail'] as const;

/** One of `SERVICES`. */
export type Service = (typeof SERVICES)[number];

/**
 * The result of one query.
 *
 * - `answered`: the service did what was asked.
 * - `refused`: a reset, an ICMP port unreachable, DNS REFUSED or SERVFAIL, SMTP 5xx. The address can be reached.
 * - `silent`: nothing came back within the time limit.
 * - `no-route`: a router, or our own system, reported that there is no route to the address.
 * - `odd`: something came back, but not what was asked. The address can be reached.
 */
export const PROBE_RESULTS = ['answered', 'refused', 'silent', 'no-route', 'odd'] as const;

/** One of `PROBE_RESULTS`. */
export type ProbeResult = (typeof PROBE_RESULTS)[number];

/** Whether something at the address sent something back. */
export function isReached(result: ProbeResult): boolean {
  return result === 'answered' || result === 'refused' || result === 'odd';
}

/** One service of one address, and the name to ask it for. */
export interface ProbeTarget {
  readonly kind: ProbeKind;
  /** Canonical text: dotted quad, or RFC 5952. */
  readonly address: string;
  readonly port: number;
  /** The zone of `dns-soa` (`kp.`, or `.`), the host name of `tls` and `http-head`; else empty. */
  readonly name: string;
}

/** The source of a query: our own line, or a probe of RIPE Atlas. */
export interface Vantage {
  /** `own`, or `atlas-6012`: letters, digits and `-`, at most 32. */
  readonly id: string;
  /** Where a probe of RIPE Atlas is: a code of ISO 3166-1. */
  readonly country?: string;
  readonly asn?: Asn;
}

/** Our own line. */
export const OWN_VANTAGE: Vantage = { id: 'own' };

/** `dns-soa 175.45.176.15:53 kp.`: the unique name of a target, also for people. */
export function targetText({ kind, address, port, name }: ProbeTarget): string {
  return `${kind} ${hostPort(address, port)}${name === '' ? '' : ` ${name}`}`;
}
