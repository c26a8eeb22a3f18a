import { wallText } from '../../report/clock.ts';
import { deadLetters, deliveries } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import type { AskRecord, DeadRecord, LogRecord, QueueRecord } from '../../sinks/webhook/endpoints/records.ts';
import { counted, jsonText, printable } from '../../report/printable.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import type { Io } from '../../app/io.ts';
import { outcomeText, stateText, type ListOptions } from './list.ts';
import { SYSTEM, printUnreadable, withEndpoint, type Means } from './store.ts';

/** The options of `webhook deliveries`. */
export interface DeliveriesOptions extends ListOptions {
  /** Only failed attempts. */
  readonly failed?: boolean;
}

/** `unroutable webhook deliveries NAME`: prints the attempts, oldest first, and the waiting events. */
export function printDeliveries(
  name: string,
  options: DeliveriesOptions,
  io: Io,
  { clock }: Means = SYSTEM,
): Promise<ExitStatus> {
  return withEndpoint(name, { ...options, access: 'read' }, { io, clock }, async ({ store }, record) => {
    const { log, waiting, asked, unreadable } = await deliveries(store, name);
    printUnreadable(unreadable, io);
    const attempts = log.filter(({ ok }) => !ok || options.failed !== true).toReversed();
    if (options.format === 'json') {
      const document = {
        endpoint: name,
        attempts,
        waiting: waiting.map(waitingDocument),
        asked: asked.map(askedDocument),
      };
      io.stdout.write(`${jsonText(document, 2)}\n`);
      return EXIT.done;
    }
    const lines = [
      `webhook ${name}, ${stateText(record)}: ${counted(attempts.length, options.failed === true ? 'failed attempt' : 'attempt')}, ${waiting.length + asked.length} waiting`,
      ...attempts.map(attemptText),
      ...waiting.map(waitingText),
      ...asked.map(({ event, by }) => `  waiting  ${event.id}  ${event.type}: ${by}, until there is a leader`),
    ];
    io.stdout.write(`${lines.map(printable).join('\n')}\n`);
    return EXIT.done;
  });
}

/** `unroutable webhook dead-letters NAME`: prints the dead letters, oldest first. */
export function printDeadLetters(
  name: string,
  options: ListOptions,
  io: Io,
  { clock }: Means = SYSTEM,
): Promise<ExitStatus> {
  return withEndpoint(name, { ...options, access: 'read' }, { io, clock }, async ({ store }) => {
    const { found, unreadable } = await deadLetters(store, name);
    printUnreadable(unreadable, io);
    if (options.format === 'json') io.stdout.write(`${jsonText(found, 2)}\n`);
    else io.stdout.write(deadText(name, found));
    return EXIT.done;
  });
}

function attemptText(record: LogRecord): string {
  const { atMs, eventId, type, drill, attempt, nextAtMs, dead, ...outcome } = record;
  const mark = drill === true ? 'DRILL: ' : '';
  const next = nextAtMs === undefined ? (dead === true ? '; dead letter' : '') : `; next at ${wallText(nextAtMs)}`;
  return `  ${wallText(atMs)}  ${eventId}  ${mark}${type}, attempt ${attempt}: ${outcomeText(outcome)}${next}`;
}

function waitingText({ event, attempts, nextAtMs, by }: QueueRecord): string {
  if (by === 'repeat')
    return `  delivered  ${event.id}  ${event.type}: sent again at ${wallText(nextAtMs)}, as it lasts`;
  return `  waiting  ${event.id}  ${event.type}: attempt ${attempts + 1} at ${wallText(nextAtMs)}`;
}

function deadText(name: string, found: readonly DeadRecord[]): string {
  const lines = [
    `webhook ${name}: ${counted(found.length, 'dead letter')}`,
    ...found.map(
      ({ event, attempts, diedAtMs, reason }) =>
        `  ${wallText(diedAtMs)}  ${event.id}  ${event.type}: ${reason}, after ${counted(attempts, 'attempt')}`,
    ),
    ...(found.length === 0 ? [] : [`  unroutable webhook redeliver ${name} --dead   sends them again`]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function waitingDocument({ event, ...rest }: QueueRecord): unknown {
  return { eventId: event.id, type: event.type, ...rest };
}

function askedDocument({ event, ...rest }: AskRecord): unknown {
  return { eventId: event.id, type: event.type, ...rest };
}
