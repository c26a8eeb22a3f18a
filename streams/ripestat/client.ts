import { parseUrl } from '../../src/lib/http-url.ts';
import { retryAfterMs } from '../../src/lib/retry-after.ts';
import { within } from '../../src/lib/within.ts';
import type { Clock } from '../../src/ports.ts';
import { isPassing } from '../http/answer.ts';
import { fetchText, type Fetched } from '../http/fetch-text.ts';
import { persistently, type Tried } from '../http/persistently.ts';
import { openEnvelope } from './envelope.ts';
import { done, failed, type Outcome } from './fault.ts';
import { Slots } from './slots.ts';

/** The options of the RIPEstat client. */
export interface RipestatOptions {
  readonly clock: Clock;
  /** 0 up to 1, for jitter: many clients that fail together must not come back together. */
  readonly random: () => number;
  /** https, or http on loopback. @default https://stat.ripe.net */
  readonly baseUrl?: string;
  /** Deadline of one request with all retries, including the wait for a slot. Milliseconds. @default 90_000 */
  readonly deadlineMs?: number;
  /** Deadline of one attempt. Milliseconds. @default 30_000 */
  readonly attemptMs?: number;
  /**
   * Most bytes of one answer, unpacked. `rrc-info` has half a megabyte, a prefix in `bgp-state` 0.3. @default
   * 33_554_432
   */
  readonly maxBytes?: number;
}

/** Asks RIPEstat, politely. */
export interface RipestatClient {
  /** The `data` of one call. With `keep`, a recent earlier answer may be returned. Never rejects. */
  get(call: string, parameters: Readonly<Record<string, string>>, options: GetOptions): Promise<Outcome<unknown>>;
  /** Drops all cached answers, because one of them may be wrong. */
  forget(): void;
}

/** The options of one call. */
export interface GetOptions {
  readonly signal: AbortSignal;
  /** Absent: the answer is not cached. */
  readonly keep?: Keep;
}

/** Which answers are cached for the next call of the same kind, and for how long. */
export interface Keep {
  /** Milliseconds. */
  readonly forMs: number;
  /** False: the answer is well-formed and cannot be true. Such an answer is returned but not cached. */
  readonly isPlausible: (data: unknown) => boolean;
}

/** RIPEstat's rule: "please limit to 8 concurrent requests coming from one IP address". */
export const MAX_AT_ONCE = 8;
const MAX_ATTEMPTS = 5;
/** The wait before the nth retry is up to this, doubled each time. Milliseconds. */
const WAITS = { leastMs: 0, firstMs: 1_000, mostMs: 60_000 };
const MAX_CACHED = 16;
const MAX_BYTES = 32 * 2 ** 20;

interface Cached {
  readonly at: number;
  readonly outcome: Outcome<unknown>;
}

/** A client of the RIPEstat data API that keeps its rules on parallel calls and retries. */
export function createRipestatClient(options: RipestatOptions): RipestatClient {
  return new Client(options);
}

class Client implements RipestatClient {
  readonly #clock: Clock;
  readonly #options: RipestatOptions;
  readonly #slots = new Slots(MAX_AT_ONCE);
  /** In order of use, oldest first. */
  readonly #cache = new Map<string, Cached>();

  constructor(options: RipestatOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  async get(
    call: string,
    parameters: Readonly<Record<string, string>>,
    { signal, keep }: GetOptions,
  ): Promise<Outcome<unknown>> {
    const url = urlOf(this.#options.baseUrl ?? 'https://stat.ripe.net', call, parameters);
    if (typeof url === 'string') return failed('configuration', call, url);

    const cached = this.#cache.get(url.href);
    const ageMs = cached === undefined ? Infinity : this.#clock.monotonicMs() - cached.at;
    if (cached !== undefined && keep !== undefined && ageMs < keep.forMs) return cached.outcome;
    const outcome = await this.#within(call, url, signal);
    if (outcome.ok && keep?.isPlausible(outcome.value) === true) this.#keep(url.href, outcome);
    return outcome;
  }

  forget(): void {
    this.#cache.clear();
  }

  #keep(key: string, outcome: Outcome<unknown>): void {
    this.#cache.delete(key);
    this.#cache.set(key, { at: this.#clock.monotonicMs(), outcome });
    const oldest = this.#cache.keys().next().value;
    if (this.#cache.size > MAX_CACHED && oldest !== undefined) this.#cache.delete(oldest);
  }

  /** All attempts at one question, within its deadline. */
  async #within(call: string, url: URL, signal: AbortSignal): Promise<Outcome<unknown>> {
    const ms = this.#options.deadlineMs ?? 90_000;
    return within(this.#clock, ms, signal, async (limit) => {
      const outcome = await this.#attempts(call, url, limit, this.#clock.monotonicMs() + ms);
      if (signal.aborted) return failed('aborted', call, 'the request was cancelled');
      if (limit.aborted && !outcome.ok && outcome.fault.kind === 'aborted')
        return failed('slow', call, `no whole answer within ${ms / 1000} s`);
      return outcome;
    });
  }

  #attempts(call: string, url: URL, limit: AbortSignal, untilMs: number): Promise<Outcome<unknown>> {
    const attempt = async (tries: number): Promise<Tried<Outcome<unknown>>> => {
      const fetched = await this.#attempt(url, limit);
      if (limit.aborted) return { outcome: failed('aborted', call, 'out of time'), againMs: undefined };
      return this.#classify(call, fetched, tries);
    };
    const how = { clock: this.#clock, random: this.#options.random, waits: WAITS, attempts: MAX_ATTEMPTS, untilMs };
    return persistently(attempt, how, limit);
  }

  async #attempt(url: URL, limit: AbortSignal): Promise<Fetched | 'timeout'> {
    if (!(await this.#slots.take(limit))) return 'timeout';
    try {
      return await within(this.#clock, this.#options.attemptMs ?? 30_000, limit, async (signal) => {
        const fetched = await fetchText(url, { maxBytes: this.#options.maxBytes ?? MAX_BYTES }, signal);
        return signal.aborted && fetched.kind === 'broken' ? 'timeout' : fetched;
      });
    } finally {
      this.#slots.give();
    }
  }

  #classify(call: string, fetched: Fetched | 'timeout', attempt: number): Tried<Outcome<unknown>> {
    const tries = attempt === 1 ? '' : ` (asked ${attempt} times)`;
    if (fetched === 'timeout') return { outcome: failed('slow', call, `no answer${tries}`), againMs: 0 };
    if (fetched.kind === 'broken')
      return { outcome: failed('unreachable', call, `${fetched.reason}${tries}`), againMs: 0 };
    if (fetched.kind === 'too-large') {
      const most = (this.#options.maxBytes ?? MAX_BYTES) / 2 ** 20;
      return { outcome: failed('too-large', call, `its answer is larger than ${most} MiB`), againMs: undefined };
    }
    const { status, text, retryAfter } = fetched;
    const againMs = retryAfterMs(retryAfter, this.#clock.wallMs()) ?? 0;
    if (status === 429) {
      const asks = againMs > 0 ? `, and asks to wait ${Math.ceil(againMs / 1000)} s` : '';
      return { outcome: failed('busy', call, `HTTP 429: too many requests${tries}${asks}`), againMs };
    }
    if (isPassing(status)) return { outcome: failed('failing', call, `HTTP ${status}${tries}`), againMs };
    if (status !== 200) return { outcome: failed('refused', call, `HTTP ${status}`), againMs: undefined };

    const outcome = openEnvelope(call, text);
    // An incomplete or foreign body with status 200 is often a temporary fault of a proxy.
    const mayPass = !outcome.ok && (outcome.fault.kind === 'unreadable' || outcome.fault.kind === 'failing');
    return { outcome, againMs: mayPass ? 0 : undefined };
  }
}

/** The address of a call, or why there is none. */
function urlOf(baseUrl: string, call: string, parameters: Readonly<Record<string, string>>): URL | string {
  if (parseUrl(baseUrl) === undefined) return `${baseUrl} is not a web address`;
  const url = new URL(`data/${call}/data.json`, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    return `${baseUrl} is not https, and http is for loopback only`;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  // Without this parameter, answers above a soft limit contain a warning and no data.
  url.searchParams.set('data_overload_limit', 'ignore');
  url.searchParams.set('sourceapp', 'unroutable');
  return url;
}

/** Runs requests in parallel. The first fault is the result of all. */
export async function all<T>(questions: readonly Promise<Outcome<T>>[]): Promise<Outcome<readonly T[]>> {
  const outcomes = await Promise.all(questions);
  const values: T[] = [];
  const warnings = new Set<string>();
  for (const outcome of outcomes) {
    if (!outcome.ok) return outcome;
    values.push(outcome.value);
    for (const warning of outcome.warnings) warnings.add(warning);
  }
  return done(values, [...warnings]);
}
