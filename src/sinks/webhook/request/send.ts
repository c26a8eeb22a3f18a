import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../../ports.ts';
import { connect, type Trust } from './connect.ts';
import { errorText } from './error-text.ts';
import type { Outgoing } from './outgoing.ts';
import { refusalText } from './refusal-text.ts';
import { aborted } from '../../../lib/abort.ts';
import { retryAfterMs } from '../../../lib/retry-after.ts';
import { within } from '../../../lib/within.ts';
import { DEADLINE_MS } from './schedule.ts';
import { parseTarget, vetTarget, type Resolver, type Target, type TargetRules } from './target.ts';

/** The result of one attempt. `ms`: its duration on the monotonic clock. */
export type Attempt =
  | { readonly ok: true; readonly status: number; readonly ms: number }
  | {
      readonly ok: false;
      /** False: the request itself is wrong, so a retry would fail, too. `disable`: the receiver answered 410. */
      readonly retry: boolean | 'disable';
      /** For people and the log: the stage and a code, without any secret. */
      readonly reason: string;
      readonly status?: number;
      /** The wait that the receiver asked for, capped. The schedule does not go below it. */
      readonly retryAfterMs?: number;
      readonly ms: number;
    };

/** What sending needs from outside: clock, name resolver, certificates. */
export interface SendMeans extends Trust {
  readonly clock: Clock;
  readonly resolve: Resolver;
  readonly rules: TargetRules;
  /** Milliseconds for the whole attempt: name resolution, connection, TLS, headers and body. @default DEADLINE_MS */
  readonly deadlineMs?: number | undefined;
}

/** Most bytes of a response that are read and discarded before the connection is dropped. */
const MOST_RESPONSE_BYTES = 64 * 1024;

/** Most bytes of a response's headers; more end the attempt. */
const MOST_HEADER_BYTES = 16 * 1024;

/** Longest wait for the body of a refusal after its headers. Milliseconds. */
const REFUSAL_MS = 1_000;

/** Statuses whose `Retry-After` counts: Standard Webhooks names 429, 502 and 504, RFC 9110 section 10.2.3 names 503. */
const THROTTLING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

type Outcome = Attempt extends infer Each ? (Each extends Attempt ? Omit<Each, 'ms'> : never) : never;

/**
 * Sends once and returns the result. Never throws, and leaves nothing open. Does not follow redirects.
 *
 * A status other than 2xx is a failure; the reason includes the first characters of its body if they come within a
 * second. A 2xx is a success if its response is complete, or longer than is read. A 2xx whose response breaks off, or
 * is not complete by the deadline, is a failure: the receiver may not have stored the event. When `signal` aborts, the
 * attempt counts as failed and will be repeated, although the receiver may have the event.
 */
export async function send(outgoing: Outgoing, means: SendMeans, signal: AbortSignal): Promise<Attempt> {
  const { clock, deadlineMs = DEADLINE_MS } = means;
  const startMs = clock.monotonicMs();
  return within(clock, deadlineMs, signal, async (limit) => {
    const outcome = await attempt(outgoing, means, limit);
    const ms = Math.round(clock.monotonicMs() - startMs);
    // A status that has arrived decides the outcome, even if the deadline passes while the body is read.
    if (outcome.ok || outcome.status !== undefined || !limit.aborted) return { ...outcome, ms };
    const why = signal.aborted ? 'stopped' : `not done within ${deadlineMs / 1000} s`;
    return { ...outcome, reason: `${outcome.reason.split(':')[0]}: ${why}`, ms };
  });
}

async function attempt(outgoing: Outgoing, means: SendMeans, signal: AbortSignal): Promise<Outcome> {
  const { rules, resolve, clock } = means;
  if (signal.aborted) return failed('start: not done');
  const parsed = parseTarget(outgoing.url, rules);
  if (!parsed.ok) return { ok: false, retry: false, reason: `url: ${parsed.reason}` };
  const { target } = parsed;
  const vetted = await Promise.race([vetTarget(target, rules, resolve), aborted(signal)]);
  if (vetted === 'aborted') return failed('name: not done');
  // The name may resolve to other addresses next time, so even a refused name is tried again.
  if (!vetted.ok) return failed(`${vetted.why === 'refused' ? 'address' : 'name'}: ${vetted.reason}`);
  const connected = await connect(target, vetted.addresses, means, signal);
  if (!connected.ok) return failed(connected.reason);
  try {
    return await exchange(connected.socket, { outgoing, target, clock }, signal);
  } catch (error) {
    // Node refuses a header's name or value; the configuration should have refused it.
    return { ok: false, retry: false, reason: `request: ${errorText(error)}` };
  } finally {
    connected.socket.destroy();
  }
}

interface Exchange {
  readonly outgoing: Outgoing;
  readonly target: Target;
  readonly clock: Clock;
}

function exchange(socket: Socket, { outgoing, target, clock }: Exchange, signal: AbortSignal): Promise<Outcome> {
  const { method, headers, body } = outgoing;
  return new Promise((resolve) => {
    let isAnswered = false;
    const broken = (reason: string): void => {
      if (!isAnswered) resolve(failed(reason));
    };
    let isRefused = false;
    const late = (): void => {
      if (!isRefused) resolve(failed('response: not done'));
    };
    signal.addEventListener('abort', late, { once: true });
    const sending = request({
      // With its own connection, Node uses no agent, and therefore no pool and no proxy.
      createConnection: () => socket,
      method,
      path: `${target.url.pathname}${target.url.search}`,
      headers: { ...headers, host: target.url.host, 'content-length': body.length },
      setHost: false,
      maxHeaderSize: MOST_HEADER_BYTES,
    });
    sending.on('error', (error) => broken(`response: ${errorText(error)}`));
    sending.on('close', () => broken('response: the connection was closed'));
    sending.on('upgrade', ({ statusCode = 0 }) => resolve(outcomeOf(statusCode, undefined)));
    sending.on('response', (response) => {
      isAnswered = true;
      const wait = retryAfterMs(response.headers['retry-after'], clock.wallMs());
      const outcome = outcomeOf(response.statusCode ?? 0, wait);
      isRefused = !outcome.ok;
      if (outcome.ok) void drained(response).then((fault) => resolve(fault === undefined ? outcome : failed(fault)));
      else void explained(outcome, response, { outgoing, target, clock }, signal).then(resolve);
    });
    sending.end(body);
  });
}

function outcomeOf(status: number, wait: number | undefined): Outcome {
  if (status >= 200 && status <= 299) return { ok: true, status };
  const isRedirect = status >= 300 && status <= 399;
  return {
    ok: false,
    retry: status === 410 ? 'disable' : true,
    reason: `status: ${status}${isRedirect ? ', redirects are not followed' : ''}`,
    status,
    ...(wait !== undefined && THROTTLING.has(status) ? { retryAfterMs: wait } : {}),
  };
}

/** The same failure with the first characters of the receiver's answer, which may name the cause. */
async function explained<Failed extends Extract<Outcome, { ok: false }>>(
  outcome: Failed,
  response: IncomingMessage,
  { outgoing, clock }: Exchange,
  signal: AbortSignal,
): Promise<Failed> {
  const text = await within(clock, REFUSAL_MS, signal, (limit) => refusalText(response, outgoing, limit));
  return text === '' ? outcome : { ...outcome, reason: `${outcome.reason}: ${text}` };
}

/** Reads and discards a response, up to the limit. Returns what is wrong if it broke off before its end. */
function drained(response: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= MOST_RESPONSE_BYTES) resolve(undefined);
    });
    response.on('end', () => resolve(undefined));
    // Also when the response is closed before its end, which Node reports as ECONNRESET.
    response.on('error', (error) => resolve(`response: ${errorText(error)}`));
  });
}

function failed(reason: string): Outcome {
  return { ok: false, retry: true, reason };
}
