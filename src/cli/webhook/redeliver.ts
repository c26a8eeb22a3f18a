import type { UnroutableEvent } from '../../detect/events/event.ts';
import { UnknownEvent } from '../../ports.ts';
import { counted } from '../../report/printable.ts';
import { askDelivery, deadLetters, isOn } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { passes } from '../../sinks/webhook/filter.ts';
import type { EndpointRecord } from '../../sinks/webhook/endpoints/records.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain } from '../../app/io.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { stateText } from './list.ts';
import { SYSTEM, withEndpoint, type OpenWebhooks, type WebhookOptions, type Caller } from './store.ts';

/** What to send again: exactly one of these. */
export interface RedeliverOptions {
  /** The id of one event. */
  readonly id?: string;
  /** All dead letters. */
  readonly dead?: boolean;
  /** All events after this one that pass its filter. */
  readonly since?: string;
}

/**
 * `unroutable webhook redeliver NAME ID|--dead|--since ID`. The events keep their ids, so that a receiver can drop
 * duplicates.
 */
export async function redeliver(
  name: string,
  again: RedeliverOptions,
  options: WebhookOptions,
  { io, means: { clock } = SYSTEM }: Caller,
): Promise<ExitStatus> {
  const asked = [again.id, again.dead, again.since].filter((choice) => choice !== undefined);
  if (asked.length !== 1) return failed(bad('usage', 'webhook redeliver: name an event, or --dead, or --since ID'), io);
  return withEndpoint(name, options, { io, clock }, async (webhooks, record) => {
    const chosen = await choose(webhooks, record, again);
    if (!chosen.ok) return failed(chosen, io);
    for (const event of chosen.value) {
      await askDelivery(webhooks.store, name, { event, by: 'redelivery', nowMs: clock.wallMs() });
    }
    io.stdout.write(`webhook ${name}: ${counted(chosen.value.length, 'event')} will be sent again\n`);
    if (!isOn(record)) complain(io, `webhook ${name} is ${stateText(record)}; nothing is sent until it is enabled`);
    if ((await webhooks.store.leases.holder()) === undefined)
      complain(io, 'there is no leader: it is sent when `watch` runs');
    return EXIT.done;
  });
}

async function choose(
  { store }: OpenWebhooks,
  { endpoint }: EndpointRecord,
  { id, dead, since }: RedeliverOptions,
): Promise<Result<readonly UnroutableEvent[]>> {
  const letters = (await deadLetters(store, endpoint.name)).found.map(({ event }) => event);
  if (dead === true) return good(letters);
  const chosen: UnroutableEvent[] = [];
  try {
    for await (const event of store.events(since)) {
      if (id === undefined ? passes(event, endpoint.filter) : event.id === id) chosen.push(event);
      if (event.id === id) break;
    }
  } catch (error) {
    if (!(error instanceof UnknownEvent)) throw error;
    return bad('usage', `--since ${since}: ${error.message}`);
  }
  if (id === undefined) return good(chosen);
  // A dead letter stays after its event was trimmed from the stream.
  const event = chosen[0] ?? letters.find((letter) => letter.id === id);
  return event === undefined ? bad('usage', new UnknownEvent(id).message) : good([event]);
}
