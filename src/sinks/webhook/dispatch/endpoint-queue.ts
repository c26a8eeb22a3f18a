import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { Clock } from '../../../ports.ts';
import type { StateChange } from '../../../spaces.ts';
import { GONE_REASON } from '../endpoints/endpoint-store.ts';
import {
  goneChange,
  logChange,
  MOST_QUEUED,
  queueChange,
  type AskRecord,
  type DeadRecord,
  type EndpointRecord,
  type LogRecord,
  type QueueRecord,
} from '../endpoints/records.ts';
import { DeadLetters } from './dead-letters.ts';
import type { AttemptOutcome } from './outcome.ts';
import type { DispatchReport } from './report.ts';
import { removal, AlertStates } from './alert-states.ts';
import { Waiting, type Now } from './waiting.ts';

/** What the queue of one endpoint needs. */
export interface EndpointQueueOptions {
  readonly clock: Clock;
  readonly report: DispatchReport;
  /** Whether a territory is still watched: alerts of others are not repeated. @default all are */
  readonly isWatched?: ((territory: string) => boolean) | undefined;
  /** Most events in the queue, and most dead letters. @default MOST_QUEUED, MOST_DEAD */
  readonly most?: { readonly queued: number; readonly dead: number } | undefined;
}

/** Changes to store, and what to do after they are stored. */
export interface Plan {
  readonly changes: readonly StateChange[];
  readonly afterStored: () => void;
}

/** The outcome of an attempt. */
interface Settled extends AttemptOutcome {
  /** The receiver has it. */
  readonly isSent: boolean;
}

interface Restored {
  readonly queued?: QueueRecord;
  readonly log?: LogRecord;
  /** Id of a dead letter. */
  readonly dead?: string;
}

const NOTHING: Plan = { changes: [], afterStored: () => undefined };

/** One endpoint: its queue, its log, its dead letters. It changes in memory only after the store has the change. */
export class EndpointQueue {
  readonly waiting: Waiting;
  readonly #deadLetters: DeadLetters;
  readonly #alerts: AlertStates;
  readonly #options: EndpointQueueOptions;
  #record: EndpointRecord;
  #nextPlace = 0;
  #nextLog = 0;
  /** Events that will join the queue when they are stored. */
  #coming = 0;

  constructor(record: EndpointRecord, options: EndpointQueueOptions) {
    this.#record = record;
    this.#options = options;
    this.waiting = new Waiting(record.endpoint.name);
    this.#deadLetters = new DeadLetters(record.endpoint.name, options.most?.dead);
    this.#alerts = new AlertStates(options.isWatched);
  }

  get name(): string {
    return this.#record.endpoint.name;
  }

  get record(): EndpointRecord {
    return this.#record;
  }

  set record(record: EndpointRecord) {
    this.#record = record;
  }

  /** Whether the queue is full. */
  get isFull(): boolean {
    return this.waiting.size + this.#coming >= this.#mostQueued;
  }

  /** Adds a stored record. Add dead letters in the order in which their events were given up. */
  restore({ queued, log, dead }: Restored): void {
    if (queued !== undefined) {
      this.#nextPlace = Math.max(this.#nextPlace, queued.n + 1);
      this.waiting.put(queued, this.#now());
      this.#alerts.restore(queued, this.#record.endpoint);
    }
    if (log !== undefined) this.#nextLog = Math.max(this.#nextLog, log.n + 1);
    if (dead !== undefined) this.#deadLetters.note(dead);
  }

  /** Puts an event into the queue; an event that is already there stays as it is. */
  enqueue(event: UnroutableEvent): Plan {
    if (this.waiting.has(event.id)) return NOTHING;
    if (this.isFull) return this.#refuse(event, `${String(this.#mostQueued)} events wait already`);
    return this.#put(this.#fresh(event));
  }

  /** Queues an event for delivery now, on request. An event that is being sent is not queued again. */
  ask({ event, by, deadlineMs }: AskRecord): Plan {
    if (this.waiting.isTaken(event.id)) return NOTHING;
    const limit = deadlineMs === undefined ? {} : { deadlineMs };
    const { changes, afterStored } = this.#put({ ...this.#fresh(event), by, ...limit });
    return { changes: [...changes, ...this.#deadLetters.remove(event.id)], afterStored };
  }

  /** Whether the event is outdated: a later event of the same alert was delivered. */
  isPast(record: QueueRecord): boolean {
    return this.#alerts.isPast(record, this.#record.endpoint);
  }

  /** Takes the outcome of an attempt. @param tried the endpoint's record at the start of the attempt */
  settle(record: QueueRecord, outcome: Settled, tried: EndpointRecord): Plan {
    const { event } = record;
    if (record.by === 'repeat' && !outcome.gone) return this.#settleRepeat(record, outcome, tried);
    const { dead, gone } = outcome;
    const sent = outcome.isSent ? this.#alerts.delivered(record, tried.endpoint, outcome.log.atMs) : {};
    const waits = sent.waits ?? outcome.waits;
    const { changes, reportAttempt } = this.#logged(outcome.log);
    const { atMs, attempt, reason = '' } = outcome.log;
    const letter = dead ? this.#bury({ event, attempts: attempt, diedAtMs: atMs, reason }) : [];
    const mark = gone ? [goneChange(this.name, { ofMs: tried.sinceMs, atMs })] : [];
    const past = removal(this.name, sent.past);
    return {
      changes: [queueChange(this.name, event.id, waits), ...changes, ...letter, ...mark, ...past],
      afterStored: () => {
        if (sent.past !== undefined) this.waiting.remove(sent.past);
        this.#goOn(event.id, waits);
        reportAttempt();
        if (gone) this.#switchOff(tried);
      },
    };
  }

  /** A repeat with the same result as the last one is not logged: it would fill the log, once a minute. */
  #settleRepeat(record: QueueRecord, outcome: Settled, tried: EndpointRecord): Plan {
    const { atMs, ok } = outcome.log;
    const { id } = record.event;
    const waits = ok
      ? outcome.isSent
        ? this.#alerts.delivered(record, tried.endpoint, atMs).waits
        : undefined
      : this.#alerts.failed(record, tried.endpoint, outcome);
    const isNew = ok ? outcome.isSent && record.last?.reason !== undefined : record.last?.reason === undefined;
    const { dead: _, nextAtMs: __, ...log } = outcome.log;
    const next = ok || waits === undefined ? {} : { nextAtMs: waits.nextAtMs };
    const { changes, reportAttempt } = isNew
      ? this.#logged({ ...log, ...next })
      : { changes: [], reportAttempt: () => undefined };
    return {
      changes: isNew || waits === undefined ? [queueChange(this.name, id, waits), ...changes] : [],
      afterStored: () => {
        this.#goOn(id, waits);
        reportAttempt();
        if (this.#alerts.isUnwatched(record)) this.#warnUnwatched(id);
      },
    };
  }

  #warnUnwatched(id: string): void {
    const warning = `webhook ${this.name}: the alert of ${id} is not sent again: its territory is no longer watched here`;
    this.#options.report({ type: 'warning', endpoint: this.name, warning });
  }

  #logged(said: AttemptOutcome['log']) {
    const log: LogRecord = { ...said, n: this.#nextLog++ };
    const reportAttempt = (): void => this.#options.report({ type: 'attempt', endpoint: this.name, attempt: log });
    return { changes: [logChange(this.name, log)], reportAttempt };
  }

  #goOn(id: string, waits: QueueRecord | undefined): void {
    if (waits === undefined) this.waiting.remove(id);
    else this.waiting.put(waits, this.#now());
  }

  get #mostQueued(): number {
    return this.#options.most?.queued ?? MOST_QUEUED;
  }

  #fresh(event: UnroutableEvent): QueueRecord {
    const nowMs = this.#options.clock.wallMs();
    return { event, n: this.#nextPlace++, queuedAtMs: nowMs, attempts: 0, nextAtMs: nowMs };
  }

  #put(record: QueueRecord): Plan {
    this.#coming++;
    return {
      changes: [queueChange(this.name, record.event.id, record)],
      afterStored: () => {
        this.#coming--;
        this.waiting.put(record, this.#now());
      },
    };
  }

  #refuse(event: UnroutableEvent, reason: string): Plan {
    const diedAtMs = this.#options.clock.wallMs();
    return {
      changes: this.#bury({ event, attempts: 0, diedAtMs, reason }),
      afterStored: () => this.#options.report({ type: 'refused', endpoint: this.name, eventId: event.id, reason }),
    };
  }

  #bury(record: DeadRecord): readonly StateChange[] {
    const { changes, forgotten } = this.#deadLetters.add(record);
    if (forgotten > 0) this.#options.report({ type: 'forgotten', endpoint: this.name, deadLetters: forgotten });
    return changes;
  }

  /** Has no effect if an operator switched the endpoint meanwhile. */
  #switchOff({ sinceMs }: EndpointRecord): void {
    if (this.#record.sinceMs !== sinceMs || this.#record.state === 'off') return;
    this.#record = { ...this.#record, state: 'off', reason: GONE_REASON };
    this.#options.report({ type: 'endpoint', endpoint: this.name, is: 'off', reason: GONE_REASON });
  }

  #now(): Now {
    const { clock } = this.#options;
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
  }
}
