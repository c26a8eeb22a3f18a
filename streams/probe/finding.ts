import type { ProbeResult } from '../../src/bgp/probe.ts';

/** The result of one query. */
export type Finding =
  | { readonly result: ProbeResult; readonly detail: string }
  /** The query could not be sent, which says nothing about the target. `failure` has the reason. */
  | { readonly result: undefined; readonly failure: string };

/** A query under way. */
export interface Asking {
  /** The finding if the time runs out. */
  late(): Finding;
  /** Closes all sockets. Called once, at the end. */
  close(): void;
}

/** The settings of all queries of a prober. */
export interface AskingOptions {
  /** Milliseconds from the first packet to the end, whatever arrives in between. */
  readonly timeoutMs: number;
  /** The name and contact of the operator, sent to web servers as `User-Agent`. */
  readonly userAgent: string;
}

/** A finding with text that is safe to store and to show: one line of printable ASCII without bars, at most 120 characters. */
export function found(result: ProbeResult, detail: string): Finding {
  return { result, detail: detail.replaceAll(/[^\x20-\x7e]|\|/g, '.').slice(0, 120) };
}

/**
 * Runs one query to its end: returns its finding, or its time-out finding after `timeoutMs`.
 *
 * @returns `undefined`: `signal` aborted first.
 */
export function withinTime(
  start: (settle: (finding: Finding) => void) => Asking,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    let isOver = false;
    const end = (finding: Finding | undefined): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      attempt.close();
      resolve(finding);
    };
    const stop = (): void => end(undefined);
    // A socket may fail inside the call that creates it, so its report is handled after that call.
    const attempt = start((finding) => queueMicrotask(() => end(finding)));
    const timer = setTimeout(() => end(attempt.late()), timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Errors for a missing route: by ICMP from a router, or from our own routing table. */
const NO_ROUTE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN']);

/**
 * What an error of a socket says about the target.
 *
 * @param isConnected whether the target had already accepted the connection: then it can be reached, whatever follows.
 */
export function findingOf(error: Error & { readonly code?: string }, isConnected: boolean): Finding {
  const code = error.code ?? '';
  if (isConnected) {
    const how =
      code === 'ECONNRESET' || code === 'EPIPE' ? 'connection closed without an answer' : code || error.message;
    return found('odd', `connected; ${how}`);
  }
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return found('refused', code);
  if (NO_ROUTE.has(code)) return found('no-route', code);
  if (code === 'ETIMEDOUT') return found('silent', code);
  return { result: undefined, failure: code || error.message };
}
