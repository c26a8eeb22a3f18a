import type { ProbeResult } from '../../src/bgp/probe.ts';

/** What one question led to. */
export type Finding =
  | { readonly result: ProbeResult; readonly detail: string }
  /** We could not ask: of the target this says nothing. `failure` says why. */
  | { readonly result: undefined; readonly failure: string };

/** A question under way. */
export interface Asking {
  /** What to report when the time is up. */
  late(): Finding;
  /** Gives back all sockets. Called once, at the end. */
  close(): void;
}

/** What every question of one prober shares. */
export interface AskingOptions {
  /** Milliseconds from the first packet to the end, whatever arrives in between. */
  readonly timeoutMs: number;
  /** Who asks, with a contact: sent to web servers as `User-Agent`. */
  readonly userAgent: string;
}

/** A finding with text that is safe to store and to show: one line of printable ASCII without bars, at most 120 characters. */
export function found(result: ProbeResult, detail: string): Finding {
  return { result, detail: detail.replaceAll(/[^\x20-\x7e]|\|/g, '.').slice(0, 120) };
}

/**
 * Runs one question to its end: its own finding, or what it reports when `timeoutMs` have passed.
 *
 * @returns `undefined` when `signal` aborted first.
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
    // A socket may fail within the call that makes it: what it reports is taken after that.
    const attempt = start((finding) => queueMicrotask(() => end(finding)));
    const timer = setTimeout(() => end(attempt.late()), timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Errors that say that our packet found no way: by ICMP from a router, or from our own routing table. */
const NO_ROUTE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN']);

/**
 * What an error of a socket says of the target.
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
