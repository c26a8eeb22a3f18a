import { randomBytes } from 'node:crypto';
import { marked, type Drill } from '../../app/drill/fake-outage.ts';
import type { UnroutableEvent } from '../../detect/events/event.ts';
import { sentence } from '../../report/words.ts';
import { askDelivery, deliveries, isOn, withdrawAsk } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { outgoingOf, readyEndpoint } from '../../sinks/webhook/endpoints/ready.ts';
import type { EndpointRecord, LogRecord } from '../../sinks/webhook/endpoints/records.ts';
import { DEADLINE_MS } from '../../sinks/webhook/request/schedule.ts';
import { send } from '../../sinks/webhook/request/send.ts';
import { inYaml } from '../../sinks/webhook/request/spelling.ts';
import { drillEvents } from '../../app/drill/drill-events.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { clocksOf } from '../../app/output/formatters.ts';
import { outcomeText, stateText } from './list.ts';
import { inOptions } from './spelling.ts';
import { SYSTEM, withEndpoint, type OpenWebhooks, type Means, type WebhookOptions } from './store.ts';

type Outcome = Pick<LogRecord, 'ok' | 'status' | 'ms' | 'reason'>;

/** The options of `webhook test`. */
export interface TestOptions extends WebhookOptions {
  /** Deadline for the receiver, milliseconds, at most `DEADLINE_MS`. @default DEADLINE_MS */
  readonly timeout?: number;
}

/**
 * Time for the leader to notice the request (2 s), and to finish other deliveries. Milliseconds, added to the
 * receiver's deadline.
 */
const PATIENCE_MS = 10_000;
const LOOK_MS = 250;

/**
 * `unroutable webhook test NAME`: sends one marked event, whatever the filter says, and prints the result. The leader
 * sends it, from the same machine as all events; without a leader, this process does.
 */
export function testWebhook(name: string, options: TestOptions, io: Io, means: Means = SYSTEM): Promise<ExitStatus> {
  const { timeout: deadlineMs = DEADLINE_MS } = options;
  return withEndpoint(name, options, { io, clock: means.clock }, async (webhooks, record) => {
    if (!isOn(record)) {
      complain(io, `webhook ${name} is ${stateText(record)}: ${wayOn(record)}`);
      return EXIT.notReady;
    }
    const event = testEvent(webhooks, means.clock.wallMs());
    const isLed = (await webhooks.store.leases.holder()) !== undefined;
    const outcome = await (isLed ? byLeader : byUs)(webhooks, { record, event, io, means, deadlineMs });
    if (!outcome.ok) return failed(outcome, io);
    const sender = isLed ? '' : ', sent by this command, because there is no leader';
    if (outcome.value.ok) {
      io.stdout.write(`webhook ${name}: ${outcomeText(outcome.value)}${sender}\n`);
      return EXIT.done;
    }
    complain(io, `webhook ${name}: ${outcomeText(outcome.value)}${sender}`);
    return EXIT.notReady;
  });
}

interface Test {
  readonly record: EndpointRecord;
  readonly event: UnroutableEvent;
  readonly io: Io;
  readonly means: Means;
  readonly deadlineMs: number;
}

function wayOn({ endpoint, from }: EndpointRecord): string {
  return from === 'file' && endpoint.disabled
    ? 'its file says `disabled: true`'
    : `unroutable webhook enable ${endpoint.name}`;
}

/** An event that a drill's territory is routable again: the end of an outage leaves no alert open. */
function testEvent({ selection }: OpenWebhooks, nowMs: number): UnroutableEvent {
  const [watched] = selection.territories;
  if (watched === undefined) throw new Error('nothing is watched');
  const drill: Drill = { id: randomBytes(8).toString('hex'), territory: watched.territory.id, atMs: nowMs };
  const restored = drillEvents(drill, watched.territory).filter(({ type }) => type === 'country.restored');
  const [event] = marked(drill, restored);
  if (event === undefined) throw new Error('a drill has no end');
  return event;
}

async function byLeader(webhooks: OpenWebhooks, test: Test): Promise<Result<Outcome>> {
  const { record, event, io, means, deadlineMs } = test;
  const { name } = record.endpoint;
  await askDelivery(webhooks.store, name, { event, by: 'test', nowMs: means.clock.wallMs(), deadlineMs });
  const outcome = await loggedOutcome(webhooks, test);
  if (outcome !== undefined) return good(outcome);
  const { asked } = await deliveries(webhooks.store, name);
  // Withdraw the request, so that it is not sent later.
  await withdrawAsk(webhooks.store, name, event.id);
  if (io.signal.aborted) return bad('interrupted');
  const isTaken = asked.every((ask) => ask.event.id !== event.id);
  const why = isTaken ? 'other attempts are still under way' : 'does the leader send webhooks?';
  return bad('notReady', `webhook ${name}: no outcome within ${(deadlineMs + PATIENCE_MS) / 1000} s; ${why}`);
}

/** The log entry of the attempt; `undefined`: there was none in time, or we were stopped. */
async function loggedOutcome(
  { store }: OpenWebhooks,
  { record, event, io, means, deadlineMs }: Test,
): Promise<Outcome | undefined> {
  const { clock } = means;
  const until = clock.monotonicMs() + deadlineMs + PATIENCE_MS;
  while (!io.signal.aborted) {
    const { log } = await deliveries(store, record.endpoint.name);
    const found = log.find(({ eventId }) => eventId === event.id);
    if (found !== undefined || clock.monotonicMs() > until) return found;
    await clock.sleep(LOOK_MS, io.signal);
  }
  return undefined;
}

async function byUs(webhooks: OpenWebhooks, { record, event, io, means, deadlineMs }: Test): Promise<Result<Outcome>> {
  const { clock, resolve } = means;
  const { endpoint, from } = record;
  const readied = await readyEndpoint(endpoint, io.env, from === 'file' ? inYaml : inOptions);
  if (!readied.ok) return bad('usage', ...readied.faults);
  const { ready } = readied;
  const clocks = clocksOf(webhooks.selection);
  const outgoing = outgoingOf(ready, event, {
    sentence: (one) => sentence(one, clocks),
    wallMs: clock.wallMs(),
  });
  if (outgoing === undefined) return bad('usage', `webhook ${endpoint.name}: its template has no use for the test`);
  const { rules, ca } = ready;
  const attempt = await send(outgoing, { clock, resolve, rules, ca, deadlineMs }, io.signal);
  return io.signal.aborted && !attempt.ok ? bad('interrupted') : good(attempt);
}
