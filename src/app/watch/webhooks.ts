import type { UnroutableEvent } from '../../detect/events/event.ts';
import { bad, type Failure } from '../../lib/result.ts';
import type { Clock, StateStore } from '../../ports.ts';
import { sentence } from '../../report/words.ts';
import { dispatchWebhooks } from '../../sinks/webhook/dispatch/dispatch.ts';
import type { WebhookReport } from '../../sinks/webhook/dispatch/report.ts';
import { deliveries, isOn, listEndpoints } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import type { Endpoint } from '../../sinks/webhook/endpoints/endpoint.ts';
import { READER, type LogRecord } from '../../sinks/webhook/endpoints/records.ts';
import { readerPosition } from '../../spaces.ts';
import type { Environment } from '../../sinks/webhook/request/secret.ts';
import { systemResolver } from '../../sinks/webhook/request/target.ts';
import type { Selection } from '../../config/selection.ts';
import { clocksOf } from '../output/formatters.ts';
import { wallText } from '../../report/clock.ts';
import { logReport, type Logger, type LogLine, type LogLines } from '../log.ts';

/** What the webhooks of a watch need, apart from the store. */
export interface WebhookParts {
  /** Endpoints of the file. */
  readonly endpoints: readonly Endpoint[];
  readonly environment: Environment;
  /** Also called with each report, for the metrics. */
  readonly note?: ((report: WebhookReport) => void) | undefined;
}

/** Webhooks that are being delivered. */
export interface Delivering {
  /** Call when a recording has ended: events without an attempt are still sent, for a limited time. */
  drained(signal: AbortSignal): Promise<void>;
  /** Aborts requests under way; the next leader sends them again. */
  end(): Promise<void>;
}

/** What delivering webhooks needs. */
export interface DeliveringParts extends WebhookParts {
  readonly store: StateStore;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly token: () => number | undefined;
}

/** The limit of that time. Milliseconds. */
const DRAIN_MS = 10_000;
const LOOK_MS = 100;

/** Sends webhooks beside the pipeline while we lead. */
export function deliverWebhooks(parts: DeliveringParts): Delivering {
  const { store, selection, clock, log, token, endpoints, environment, note } = parts;
  const clocks = clocksOf(selection);
  const ended = new AbortController();
  const dispatching = dispatchWebhooks(
    {
      ...{ store, token, clock, environment, endpoints, random: Math.random, resolve: systemResolver },
      isWatched: (id) => selection.territories.some(({ territory }) => territory.id === id),
      sentence: (event: UnroutableEvent) => sentence(event, clocks),
      report: (report) => {
        logReport(log, WEBHOOK_LINES, report);
        note?.(report);
      },
    },
    ended.signal,
  )
    // A bug in the dispatch is logged; it does not end the watch.
    .catch((error: unknown) => log.error(`webhooks are no longer sent; this is a bug: ${String(error)}`));
  return {
    async drained(signal) {
      const until = clock.monotonicMs() + DRAIN_MS;
      for (;;) {
        try {
          if (!(await isWaiting(store, await store.newest()))) return;
        } catch {
          // The store does not answer, which was reported. It may be back in time.
        }
        if (clock.monotonicMs() >= until) break;
        await clock.sleep(LOOK_MS, signal);
        if (signal.aborted) return;
      }
      log.warn(
        'webhooks: not all events of the recording were sent in time; the next watch on this store sends the rest',
      );
    },
    async end() {
      ended.abort();
      await dispatching;
    },
  };
}

/** Finds names in the file that a command has also added: such a name would be ambiguous. */
export async function namedTwice(
  { endpoints }: Pick<WebhookParts, 'endpoints'>,
  store: StateStore,
  file: string | undefined,
): Promise<Failure | undefined> {
  if (file === undefined || endpoints.length === 0) return undefined;
  const { found } = await listEndpoints(store);
  const names = new Set(found.filter(({ from }) => from === 'command').map(({ endpoint }) => endpoint.name));
  const twice = endpoints.filter(({ name }) => names.has(name));
  if (twice.length === 0) return undefined;
  const faultOf = ({ name }: Endpoint): string =>
    `${file}: webhook ${name}: \`webhook add\` has added one of this name; rename this one, or remove that one with: unroutable webhook remove ${name}`;
  return bad('configuration', ...twice.map(faultOf));
}

/** Whether an event up to this one has not been tried yet. */
async function isWaiting(store: StateStore, newest: string | undefined): Promise<boolean> {
  const { found } = await listEndpoints(store);
  const on = found.filter(isOn);
  if (on.length === 0) return false;
  const [reader] = await store.read('readers', [READER]);
  if (newest !== undefined && readerPosition(reader?.value) !== newest) return true;
  const queues = await Promise.all(on.map(({ endpoint }) => deliveries(store, endpoint.name)));
  return queues.some(({ waiting, asked }) => asked.length > 0 || waiting.some(({ attempts }) => attempts === 0));
}

/** Log lines about webhooks. They contain neither URLs nor headers. */
const WEBHOOK_LINES: LogLines<WebhookReport> = {
  attempt: ({ endpoint, attempt }) => attemptLine(endpoint, attempt),
  endpoint({ endpoint, is, reason, dropped = 0 }) {
    const why = reason === undefined ? '' : `: ${reason}`;
    const lost = dropped === 0 ? '' : `, with ${dropped} events in its queue`;
    return [is === 'off' ? 'warn' : 'info', { webhook: endpoint }, `webhook ${endpoint} is ${is}${why}${lost}`];
  },
  warning: (report) => ['warn', { webhook: report.endpoint }, report.warning],
  refused: ({ endpoint, eventId, reason }) => [
    'error',
    { webhook: endpoint, event: eventId },
    `webhook ${endpoint}: ${eventId} is not delivered: ${reason}`,
  ],
  forgotten: ({ endpoint, deadLetters }) => [
    'warn',
    { webhook: endpoint },
    `webhook ${endpoint}: ${deadLetters} dead letters are removed, because there are too many`,
  ],
  nowhere: ({ endpoint, eventId }) => [
    'warn',
    { webhook: endpoint, event: eventId },
    `${eventId} was requested for a webhook that does not exist: ${endpoint}`,
  ],
  vanished: ({ endpoint, eventId }) => [
    'warn',
    { webhook: endpoint, event: eventId },
    `webhook ${endpoint}: ${eventId} is no longer in the queue: the store lost it`,
  ],
  unreadable: ({ space, key, reason }) => ['error', { space, key }, `${space} ${key}: ${reason}`],
  hole: ({ after }) => [
    'warn',
    { after },
    'webhooks: some events were removed before they were read; the stored events are sent',
  ],
  away: ({ reason }) => ['error', {}, `webhooks: ${reason}; nothing is sent until the store answers`],
  back: () => ['info', {}, 'webhooks: the store answers again'],
};

function attemptLine(webhook: string, attempt: LogRecord): LogLine {
  const { eventId, type, drill, ok, status, ms, reason, nextAtMs, dead } = attempt;
  const mark = drill === true ? 'DRILL: ' : '';
  const fields = { webhook, event: eventId, attempt: attempt.attempt, status, ms };
  if (ok) {
    const answer = reason === undefined ? `: ${status} in ${ms} ms` : `: ${reason}`;
    return ['info', fields, `${mark}webhook ${webhook} got ${type}${answer}`];
  }
  const next = nextAtMs === undefined ? '' : `, next attempt at ${wallText(nextAtMs)}`;
  const then = dead === true ? ', given up' : next;
  return ['warn', fields, `${mark}webhook ${webhook} did not get ${type}: ${reason}${then}`];
}
