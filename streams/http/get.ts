import { LinkedAbort } from '../../src/lib/linked-abort.ts';
import { fetchByProxy } from '../../src/lib/proxy.ts';
import { retryAfterMs } from '../../src/lib/retry-after.ts';
import type { Clock } from '../../src/ports.ts';
import { bodyOf, fetchFault, isPassing } from './answer.ts';
import { persistently, type Tried } from './persistently.ts';

/** Asks servers of archives, politely: with growing waits after failures, and pauses when a server asks for one. */
export interface PoliteHttp {
  readonly clock: Clock;
  /** 0 up to 1, for jitter. */
  readonly random: () => number;
  /** User-Agent: the program and a contact. */
  readonly userAgent: string;
  /** Attempts at one request. @default 5 */
  readonly attempts?: number;
  /** An attempt fails if the server sends nothing for this long. Milliseconds. @default 30_000 */
  readonly idleMs?: number;
  /**
   * When a host that asked for a pause may be asked again, by host; monotonic milliseconds. All concurrent requests of
   * a run share it.
   */
  readonly pauses?: Map<string, number>;
  /** Called before a request is repeated. */
  readonly report?: (said: { readonly url: string; readonly reason: string; readonly waitMs: number }) => void;
}

/** An HTTP request that failed, for people. */
export type HttpFault = {
  readonly ok: false;
  /** `absent`: the server says that there is no such file. `failed`: it could not be fetched now. */
  readonly kind: 'absent' | 'failed';
  /** For people: `HTTP 503`, `connection refused`. */
  readonly reason: string;
  /** The server refuses this request, and a repetition would be refused, too. */
  readonly isFinal?: boolean;
};

/** A response, or why there is none. */
export type HttpAnswer = { readonly ok: true; readonly response: Response; readonly stalled: Watchdog } | HttpFault;

/** Ends a request that makes no progress. Call `feed` for each piece that arrives, and `end` at its end. */
export interface Watchdog {
  readonly signal: AbortSignal;
  feed(): void;
  end(): void;
}

const WAITS = { firstMs: 1_000, mostMs: 60_000 };
/** The longest pause that we accept, an hour. A longer one counts as a failure. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Sends one GET. The body is the caller's to read and to cancel; `stalled` must be fed and ended. */
export async function request(
  url: string,
  headers: Readonly<Record<string, string>>,
  http: PoliteHttp,
  signal: AbortSignal,
): Promise<HttpAnswer & { readonly retryAfterMs?: number | undefined }> {
  const stalled = watchdog(http, signal);
  try {
    const response = await fetchByProxy(url, {
      headers: { 'user-agent': http.userAgent, 'accept-encoding': 'identity', ...headers },
      signal: stalled.signal,
    });
    stalled.feed();
    if (response.ok || response.status === 304 || response.status === 416) return { ok: true, response, stalled };
    stalled.end();
    await response.body?.cancel();
    return { ok: false, ...refusalOf(response, http) };
  } catch (error) {
    stalled.end();
    return {
      ok: false,
      kind: 'failed',
      reason: stalled.signal.aborted && !signal.aborted ? STALLED : fetchFault(error),
    };
  }
}

function refusalOf({ status, headers }: Response, { clock }: PoliteHttp) {
  const asked = retryAfterMs(headers.get('retry-after'), clock.wallMs(), LONGEST_RETRY_AFTER_MS);
  const kind = status === 404 || status === 410 ? ('absent' as const) : ('failed' as const);
  return { kind, reason: `HTTP ${status}`, isFinal: !isPassing(status), retryAfterMs: asked };
}

/** The reason for a request whose server stopped sending. */
export const STALLED = 'the server sent nothing for too long';

/**
 * Repeats an attempt at a URL while it fails and another try may help.
 *
 * @returns the last outcome: a success, `absent`, or the last failure.
 */
export function politely<T extends { readonly ok: true }>(
  url: string,
  attempt: () => Promise<T | (HttpFault & { readonly retryAfterMs?: number | undefined })>,
  http: PoliteHttp,
  signal: AbortSignal,
): Promise<T | HttpFault> {
  const { clock, attempts = 5, pauses, report } = http;
  const tried = async (): Promise<Tried<T | HttpFault>> => {
    await hostReady(url, http, signal);
    const outcome = await attempt();
    if (outcome.ok) return { outcome, againMs: undefined };
    const { kind, isFinal = false, retryAfterMs: asked } = outcome;
    if (asked !== undefined) pauses?.set(new URL(url).host, clock.monotonicMs() + asked);
    return { outcome, againMs: kind === 'absent' || isFinal ? undefined : (asked ?? 0) };
  };
  const onWait = (waitMs: number, outcome: T | HttpFault): void => {
    if (!outcome.ok) report?.({ url, reason: outcome.reason, waitMs });
  };
  return persistently(tried, { clock, random: http.random, waits: WAITS, attempts, onWait }, signal);
}

/** Waits until the host may be asked again. A pause in any answer holds for all requests to the host. */
async function hostReady(url: string, { pauses, clock }: PoliteHttp, signal: AbortSignal): Promise<void> {
  const leftMs = (pauses?.get(new URL(url).host) ?? 0) - clock.monotonicMs();
  if (leftMs > 0) await clock.sleep(leftMs, signal);
}

/** Reads a page of text of at most `maxBytes`. */
export async function getText(
  url: string,
  maxBytes: number,
  http: PoliteHttp,
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly text: string } | HttpFault> {
  return politely<{ readonly ok: true; readonly text: string }>(
    url,
    () => readText(url, maxBytes, http, signal),
    http,
    signal,
  );
}

async function readText(
  url: string,
  maxBytes: number,
  http: PoliteHttp,
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly text: string } | HttpFault> {
  const answer = await request(url, {}, http, signal);
  if (!answer.ok) return answer;
  const { response, stalled } = answer;
  try {
    const body = await bodyOf(response, maxBytes, () => stalled.feed());
    if (body === undefined) return fault(`the answer is larger than ${maxBytes} bytes`);
    return { ok: true, text: new TextDecoder().decode(body) };
  } catch (error) {
    return fault(fetchFault(error));
  } finally {
    stalled.end();
  }
}

/** A failure that another try may repair. */
export function fault(reason: string): HttpFault {
  return { ok: false, kind: 'failed', reason };
}

function watchdog({ clock, idleMs = 30_000 }: PoliteHttp, signal: AbortSignal): Watchdog {
  const stalled = new LinkedAbort(signal);
  const ended = new LinkedAbort(signal);
  let fedAt = clock.monotonicMs();
  const watch = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const leftMs = fedAt + idleMs - clock.monotonicMs();
      if (leftMs <= 0) return stalled.abort(new Error(STALLED));
      await clock.sleep(leftMs, ended.signal);
    }
  };
  void watch();
  return {
    signal: stalled.signal,
    feed: () => (fedAt = clock.monotonicMs()),
    end() {
      ended.abort();
      stalled.release();
    },
  };
}
