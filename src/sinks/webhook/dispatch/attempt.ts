import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { Clock } from '../../../ports.ts';
import type { Endpoint } from '../endpoint.ts';
import { outgoingOf, readyEndpoint } from '../ready.ts';
import type { Environment } from '../secret.ts';
import { send, type Attempt } from '../send.ts';
import type { Outgoing } from '../outgoing.ts';
import type { Resolver } from '../target.ts';
import type { Sentence } from '../templates/template.ts';

/** What an attempt is made with besides its endpoint. */
export interface AttemptMeans {
  readonly clock: Clock;
  readonly resolve: Resolver;
  readonly environment: Environment;
  readonly sentence: Sentence;
  /** @default DEADLINE_MS */
  readonly deadlineMs?: number | undefined;
}

/** What came of one attempt to deliver. */
export interface Attempted {
  readonly attempt: Attempt;
  readonly warnings: readonly string[];
}

/**
 * Sends an event once. Secrets are read for this attempt and none other, so that a rotation needs no restart; one that is
 * missing is a failure like any other, as it may be there the next time.
 *
 * @returns `unwanted` when the template has no use for the event, and nothing was sent.
 */
export async function attemptOnce(
  endpoint: Endpoint,
  event: UnroutableEvent,
  { clock, resolve, environment, sentence, deadlineMs }: AttemptMeans,
  signal: AbortSignal,
): Promise<Attempted | 'unwanted'> {
  const readied = await readyEndpoint(endpoint, environment);
  if (!readied.ok) return failed(true, readied.faults.join('; '));
  const { ready, warnings } = readied;
  let outgoing: Outgoing | undefined;
  try {
    outgoing = outgoingOf(ready, event, { sentence, wallMs: clock.wallMs() });
  } catch {
    // An event of another version, which this one cannot put into words. What was thrown may quote a secret.
    return failed(false, 'request: the event cannot be put into the form of this endpoint');
  }
  if (outgoing === undefined) return 'unwanted';
  const attempt = await send(outgoing, { clock, resolve, deadlineMs, rules: ready.rules, ca: ready.ca }, signal);
  return { attempt, warnings };
}

function failed(retry: boolean, reason: string): Attempted {
  return { attempt: { ok: false, retry, reason, ms: 0 }, warnings: [] };
}
