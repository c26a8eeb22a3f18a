import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { Clock } from '../../../ports.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { outgoingOf, readyEndpoint } from '../endpoints/ready.ts';
import type { Environment } from '../request/secret.ts';
import { send, type Attempt } from '../request/send.ts';
import type { Outgoing } from '../request/outgoing.ts';
import type { Resolver } from '../request/target.ts';
import type { Sentence } from '../templates/template.ts';

/** What an attempt needs besides its endpoint. */
export interface AttemptMeans {
  readonly clock: Clock;
  readonly resolve: Resolver;
  readonly environment: Environment;
  readonly sentence: Sentence;
  /** @default DEADLINE_MS */
  readonly deadlineMs?: number | undefined;
}

/** The result of one attempt to deliver. */
export interface Attempted {
  readonly attempt: Attempt;
  readonly warnings: readonly string[];
}

/**
 * Sends an event once. Secrets are read again for each attempt, so that a rotation needs no restart. A missing secret
 * is an ordinary failure, because it may exist at the next attempt.
 *
 * @returns `unwanted`: the template has no use for the event, and nothing was sent.
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
    // An event of another version that this one cannot render. The error is not logged, because it may quote a secret.
    return failed(false, 'request: the event cannot be put into the form of this endpoint');
  }
  if (outgoing === undefined) return 'unwanted';
  const attempt = await send(outgoing, { clock, resolve, deadlineMs, rules: ready.rules, ca: ready.ca }, signal);
  return { attempt, warnings };
}

function failed(retry: boolean, reason: string): Attempted {
  return { attempt: { ok: false, retry, reason, ms: 0 }, warnings: [] };
}
