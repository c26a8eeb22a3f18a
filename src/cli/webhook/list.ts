import { wallText } from '../../report/clock.ts';
import { deadLetters, deliveries, isOn, listEndpoints } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { shownEndpoint } from '../../sinks/webhook/endpoints/endpoint.ts';
import type { EndpointFilter } from '../../sinks/webhook/filter.ts';
import type { EndpointRecord, LogRecord } from '../../sinks/webhook/endpoints/records.ts';
import { counted, jsonText, listed, printable } from '../../report/printable.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import type { Io } from '../../app/io.ts';
import { placeOf } from './secret.ts';
import { SYSTEM, printUnreadable, withWebhooks, type OpenWebhooks, type Means, type WebhookOptions } from './store.ts';

/** The options of `webhook list`. */
export interface ListOptions extends WebhookOptions {
  readonly format?: 'text' | 'json';
}

interface Listed {
  readonly record: EndpointRecord;
  readonly waiting: number;
  readonly dead: number;
  readonly last: LogRecord | undefined;
}

/** `unroutable webhook list`: prints the state of each webhook. */
export function listWebhooks(options: ListOptions, io: Io, { clock }: Means = SYSTEM): Promise<ExitStatus> {
  return withWebhooks({ ...options, access: 'read' }, { io, clock }, async (webhooks) => {
    const { found, unreadable } = await listEndpoints(webhooks.store);
    printUnreadable(unreadable, io);
    const all = await Promise.all(found.map((record) => standing(webhooks, record)));
    const isLed = (await webhooks.store.leases.holder()) !== undefined;
    io.stdout.write(options.format === 'json' ? `${jsonText(all.map(documentOf), 2)}\n` : textOf(webhooks, all, isLed));
    return EXIT.done;
  });
}

/** A filter in words. */
export function filterText({ territories, types, minSeverity }: EndpointFilter): string {
  return [
    types === undefined ? 'all events' : listed(types),
    ...(territories === undefined ? [] : [`of ${listed(territories)}`]),
    ...(minSeverity === undefined ? [] : [`from ${minSeverity} on`]),
  ].join(', ');
}

/** `200 in 42 ms`, `status: 500, after 35 ms`; if the template has no use for the event, why nothing was sent. */
export function outcomeText({ ok, status, ms, reason }: Pick<LogRecord, 'ok' | 'status' | 'ms' | 'reason'>): string {
  if (ok) return reason ?? `${status ?? 'delivered'} in ${ms} ms`;
  return `${reason ?? 'failed'}, after ${ms} ms`;
}

/** `on`, `off: 410 Gone`. */
export function stateText(record: EndpointRecord): string {
  if (isOn(record)) return 'on';
  return `off: ${record.endpoint.disabled && record.state === 'on' ? 'disabled in its configuration' : (record.reason ?? 'by hand')}`;
}

async function standing({ store }: OpenWebhooks, record: EndpointRecord): Promise<Listed> {
  const { name } = record.endpoint;
  const { log, waiting, asked } = await deliveries(store, name);
  const dead = await deadLetters(store, name);
  return { record, waiting: waiting.length + asked.length, dead: dead.found.length, last: log[0] };
}

function documentOf({ record, waiting, dead, last }: Listed): unknown {
  const { endpoint, ...rest } = record;
  return { ...rest, isOn: isOn(record), endpoint: shownEndpoint(endpoint), waiting, dead, ...(last && { last }) };
}

function textOf({ name, store }: OpenWebhooks, all: readonly Listed[], isLed: boolean): string {
  const lines = [
    `${name} in ${store.name}: ${counted(all.length, 'webhook')}${isLed ? '' : '; there is no leader, so nothing is sent now'}`,
    ...all.flatMap(blockOf),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function blockOf({ record, waiting, dead, last }: Listed): readonly string[] {
  const { endpoint, from } = record;
  const { name, url, filter, template, secrets } = shownEndpoint(endpoint);
  return [
    `${name}  ${stateText(record)}${from === 'file' ? ', from the file' : ''}`,
    `  sends to   ${typeof url === 'string' ? url : `the URL in ${placeOf(url)}`}, as ${template.preset}`,
    `  what       ${filterText(filter)}`,
    `  signed     ${secrets.length === 0 ? 'no' : `with the secret in ${secrets.map(placeOf).join(' and in ')}`}`,
    `  waiting    ${waiting}`,
    `  given up   ${dead}`,
    `  last       ${last === undefined ? 'nothing yet' : `${wallText(last.atMs)}, ${last.type}: ${outcomeText(last)}`}`,
  ];
}
