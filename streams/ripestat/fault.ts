/** A value with its warnings, or why there is none. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly fault: RipestatFault };

/** Why RIPEstat's answer cannot be used. A fault says nothing about a territory. */
export interface RipestatFault {
  readonly kind: RipestatFaultKind;
  /** `bgp-state`, or `configuration` if no request was sent. */
  readonly call: string;
  /** One sentence for people: what happened, and what to do. */
  readonly message: string;
}

/** What went wrong with a call of RIPEstat. */
export type RipestatFaultKind =
  /** No connection: name, address, TLS, or a connection that broke before the answer was complete. */
  | 'unreachable'
  /** No complete answer within the deadline. */
  | 'slow'
  /** HTTP 429, repeatedly or for longer than the deadline. */
  | 'busy'
  /** HTTP 5xx, 408 or 425, repeatedly, or down for maintenance. */
  | 'failing'
  /** HTTP 3xx or another 4xx: asking again changes nothing. */
  | 'refused'
  | 'too-large'
  /** Not JSON, JSON cut short, or not in the form that the call is documented to have. */
  | 'unreadable'
  /** A well-formed empty answer: the control prefixes are missing, too. */
  | 'empty'
  /** The data is older than the requested time. */
  | 'stale'
  /** It shows a route to a prefix that is never announced. */
  | 'implausible'
  /** The request cannot be made: a wrong address, or a territory that is too large. */
  | 'configuration'
  /** The caller aborted. */
  | 'aborted';

/** What to do about each kind: the end of its message. */
const ADVICE: Readonly<Record<RipestatFaultKind, string>> = {
  unreachable: 'check the network and https://status.ripe.net, or seed from MRT files',
  slow: 'try again later, or seed from MRT files',
  busy: 'wait, and run no other program against RIPEstat from this address: at most 8 requests at once are allowed',
  failing: 'see https://status.ripe.net, try again later, or seed from MRT files',
  refused: 'the call has changed or this address is blocked; seed from MRT files',
  'too-large': 'watch fewer or smaller territories, or seed from MRT files',
  unreadable: 'RIPEstat has a fault, a proxy answers in its place, or the call has changed; seed from MRT files',
  empty: 'RIPEstat has lost its data, which says nothing about any country; try again later, or seed from MRT files',
  stale: 'nothing newer is known yet, which says nothing about any country; the call is repeated',
  implausible: 'do not believe its answers for now; seed from MRT files',
  configuration: 'no call was made',
  aborted: 'nothing to do',
};

/** A call that failed, with a sentence for the log. */
export function failed(
  kind: RipestatFaultKind,
  call: string,
  what: string,
): { readonly ok: false; readonly fault: RipestatFault } {
  return { ok: false, fault: { kind, call, message: `RIPEstat ${call}: ${what}; ${ADVICE[kind]}` } };
}

/** A call that was answered. */
export function done<T>(value: T, warnings: readonly string[] = []): Outcome<T> {
  return { ok: true, value, warnings };
}
