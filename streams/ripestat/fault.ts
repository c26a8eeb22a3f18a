/** A value with what is worth knowing about it, or why there is none. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly fault: RipestatFault };

/** Why RIPEstat gave nothing that can be used. None of it says anything about a territory. */
export interface RipestatFault {
  readonly kind: RipestatFaultKind;
  /** `bgp-state`, or `configuration` when nothing was asked. */
  readonly call: string;
  /** One sentence for people: what happened, and what to do. */
  readonly message: string;
}

/** What went wrong with a call of RIPEstat. */
export type RipestatFaultKind =
  /** Nobody to talk to: name, address, TLS, or a link that broke before the answer was whole. */
  | 'unreachable'
  /** No whole answer within the deadline. */
  | 'slow'
  /** HTTP 429, again and again or for longer than the deadline. */
  | 'busy'
  /** HTTP 5xx, again and again, or down for maintenance. */
  | 'failing'
  /** HTTP 3xx or 4xx: asking again changes nothing. */
  | 'refused'
  | 'too-large'
  /** Not JSON, JSON cut short, or not in the form that the call is documented to have. */
  | 'unreadable'
  /** It answered well-formed nothing: the control prefixes are missing too. */
  | 'empty'
  /** What it tells is older than what it was asked about. */
  | 'stale'
  /** It shows a route to a prefix that is never announced. */
  | 'implausible'
  /** The question cannot be asked: a wrong address, too large a territory. */
  | 'configuration'
  /** The caller went away. */
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
