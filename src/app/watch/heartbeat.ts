import { fetchFault } from '../../../streams/http/answer.ts';
import { parseUrl } from '../../lib/http-url.ts';
import { fetchByProxy } from '../../lib/proxy.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { inTime, within } from '../../lib/within.ts';
import type { Clock } from '../../ports.ts';
import { durationText } from '../../report/clock.ts';
import type { Io } from '../io.ts';
import type { Logger } from '../log.ts';

/** The options of the heartbeat. */
export interface HeartbeatSettings {
  /** URL that is called while the watch is well. @default $UNROUTABLE_HEARTBEAT */
  readonly heartbeat?: string;
  /** URL that is called with the reason when it is not well. @default $UNROUTABLE_HEARTBEAT_FAILURE */
  readonly heartbeatFailure?: string;
}

/** The URLs of the heartbeat. */
export interface HeartbeatUrls {
  readonly success: URL;
  readonly failure: URL | undefined;
}

/**
 * The result of one heartbeat. `withheld`: the watch is not well, and there is no failure URL, or it was already
 * called.
 */
export type HeartbeatOutcome = 'success' | 'failure' | 'withheld' | 'unsent';

/** What a heartbeat needs. */
export interface HeartbeatParts {
  readonly urls: HeartbeatUrls;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether this process leads. A standby sends nothing, so that one watch has one heartbeat. */
  readonly isLeader: () => boolean;
  /** Why the watch is not well; `undefined`: it is. May reject, and may hang. */
  readonly unready: () => Promise<string | undefined>;
  readonly note?: ((outcome: HeartbeatOutcome) => void) | undefined;
}

/** How often a heartbeat is sent. Milliseconds. */
export const HEARTBEAT_MS = 30_000;
/** How often to check whether the process was paused. Milliseconds. */
const LOOK_MS = 1_000;
/** A process that was paused for longer than this has missed data. Milliseconds. */
const HELD_UP_MS = 5_000;
/** A program that began to lead, and was not well yet, calls the failure URL only after this time. Milliseconds. */
const START_MS = 60_000;
/** Deadline for the store and for the receiver. Milliseconds. */
const DEADLINE_MS = 10_000;

/** Reads `--heartbeat` and its related options. The URLs are secrets: faults name only their host. */
export function heartbeatUrls(
  settings: HeartbeatSettings,
  { env }: Pick<Io, 'env'>,
): Result<HeartbeatUrls | undefined> {
  const success = settings.heartbeat ?? env['UNROUTABLE_HEARTBEAT'] ?? '';
  const failure = settings.heartbeatFailure ?? env['UNROUTABLE_HEARTBEAT_FAILURE'] ?? '';
  if (success === '')
    return failure === '' ? good(undefined) : bad('usage', '--heartbeat-failure: it needs --heartbeat');
  const read = [success, failure].map((text) => parseUrl(text));
  const isHttp = (url: URL | undefined): url is URL => url !== undefined && /^https?:$/.test(url.protocol);
  const [one, other] = read;
  if (!isHttp(one)) return bad('usage', '--heartbeat: it must be a URL, such as https://hc-ping.com/your-id');
  if (failure === '') return good({ success: one, failure: undefined });
  return isHttp(other)
    ? good({ success: one, failure: other })
    : bad('usage', '--heartbeat-failure: it must be a URL, such as https://hc-ping.com/your-id/fail');
}

/**
 * Calls the success URL every half minute while the watch is well, and not while it is not. Runs until `signal` aborts.
 */
export async function heartbeat(parts: HeartbeatParts, signal: AbortSignal): Promise<void> {
  const { clock, isLeader, note } = parts;
  let startedMs = clock.monotonicMs();
  let dueAt = startedMs;
  let isStarting = true;
  let failed: string | undefined;
  let heldUpMs = 0;
  let looked = startedMs;
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    const now = clock.monotonicMs();
    heldUpMs = Math.max(heldUpMs, now - looked - LOOK_MS);
    looked = now;
    if (signal.aborted || now < dueAt) continue;
    dueAt = now + HEARTBEAT_MS;
    if (!isLeader()) {
      [startedMs, isStarting] = [now, true];
      continue;
    }
    const held = heldUpMs > HELD_UP_MS ? `the program was held up for ${durationText(heldUpMs)}` : undefined;
    heldUpMs = 0;
    const reason = held ?? (await reasonOf(parts, signal));
    isStarting &&= reason !== undefined && now - startedMs < START_MS;
    const isSent = reason === undefined || (reason !== failed && !isStarting);
    const outcome = isSent ? await send(parts, reason, signal) : 'withheld';
    if (isSent && outcome !== 'unsent') failed = reason;
    note?.(outcome);
    // Time spent waiting for answers does not count as a pause.
    looked = clock.monotonicMs();
  }
}

async function reasonOf({ unready, clock }: HeartbeatParts, signal: AbortSignal): Promise<string | undefined> {
  const late = (): string => `the store did not answer within ${durationText(DEADLINE_MS)}`;
  try {
    return await inTime(unready(), { clock, ms: DEADLINE_MS, signal }, late);
  } catch {
    return 'the store does not answer';
  }
}

async function send(
  { urls, log, clock }: HeartbeatParts,
  reason: string | undefined,
  signal: AbortSignal,
): Promise<HeartbeatOutcome> {
  const url = reason === undefined ? urls.success : urls.failure;
  if (reason !== undefined) log.warn({ reason }, `the heartbeat is withheld: ${reason}`);
  if (url === undefined) return 'withheld';
  const init = reason === undefined ? {} : { method: 'POST', body: reason };
  try {
    const answer = await within(clock, DEADLINE_MS, signal, async (limit) => {
      const answered = await fetchByProxy(url, { ...init, redirect: 'manual', signal: limit });
      await answered.body?.cancel();
      return answered;
    });
    if (answer.ok) return reason === undefined ? 'success' : 'failure';
    log.warn(`the heartbeat was not taken: ${url.host} answered ${answer.status}`);
  } catch (error) {
    if (!signal.aborted) log.warn(`the heartbeat was not sent to ${url.host}: ${fetchFault(error)}`);
  }
  return 'unsent';
}
