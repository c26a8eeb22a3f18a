/**
 * Delivers events to webhooks, at least once each.
 *
 *   events --> fan-out --> queue of each endpoint --> sender of each endpoint --> receiver
 *                              ^        |  again, later        |
 *                   by hand ---+        +----------------------+--> dead letters
 *
 * The dispatcher acts only on what is stored. One write stores the queue records of events and the reader's position;
 * one write replaces a queue record by the outcome of its attempt. A process that is killed between sending and
 * recording causes one repeat of the event, under the same id. Everything is written under the lease, so if two
 * processes both believe that they lead, the next write shows one of them that it does not.
 */
import { LinkedAbort } from '../../../lib/linked-abort.ts';
import type { Clock, StateStore } from '../../../ports.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import type { Environment } from '../request/secret.ts';
import type { Resolver } from '../request/target.ts';
import type { Sentence } from '../templates/template.ts';
import { READER } from '../endpoints/records.ts';
import { fanOut, type FanOutMeans } from './fan-out.ts';
import { BatchWriter } from './batch-writer.ts';
import type { DispatchReport } from './report.ts';
import { ActiveEndpoints } from './active-endpoints.ts';
import type { Sender } from './sender.ts';

/** What dispatching webhooks needs. */
export interface DispatchOptions {
  readonly store: StateStore;
  /** Fencing token of the present lease; `undefined`: no other process can write. */
  readonly token: () => number | undefined;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded: the jitter of the schedule. */
  readonly random: () => number;
  readonly resolve: Resolver;
  /** Environment variables, for secrets that are in variables. */
  readonly environment: Environment;
  readonly sentence: Sentence;
  /** Endpoints of the configuration. @default none */
  readonly endpoints?: readonly Endpoint[];
  readonly report: DispatchReport;
  /** Whether a territory is still watched: alerts of others are not repeated. @default all are */
  readonly isWatched?: (territory: string) => boolean;
  /** How often to look for changed endpoints and for requests for deliveries. Milliseconds. @default 1000 */
  readonly lookMs?: number;
  /** Most events in the queue, and most dead letters, of one endpoint. @default 10 000 of each */
  readonly most?: { readonly queued: number; readonly dead: number };
}

const LOOK_MS = 1_000;

/**
 * Runs beside the leader's pipeline, until `signal` aborts or another process leads.
 *
 * It sends only events that are decided after the first endpoint was added. An endpoint that is added later gets the
 * events that are read from then on. Throws only on a bug.
 */
export async function dispatchWebhooks(options: DispatchOptions, signal: AbortSignal): Promise<'fenced' | 'stopped'> {
  const { store, clock, report, endpoints = [], lookMs = LOOK_MS } = options;
  const over = new LinkedAbort(signal);
  const stop = (): void => over.abort();
  let isFenced = false;
  const onFenced = (): void => {
    isFenced = true;
    stop();
  };
  const running = new Running(stop);
  const writer = new BatchWriter({ ...options, onFenced, onBack: () => active.wakeAll() }, over.signal);
  const begin = (sender: Sender): Promise<void> => running.add(sender.run(over.signal));
  const active: ActiveEndpoints = new ActiveEndpoints({ ...options, writer, fromFile: endpoints, begin });

  const keeping = writer.run();
  void running.add(lookout(active, { store, writer, clock, report, lookMs, running }, over.signal));
  await running.ended();
  writer.close();
  await keeping;
  over.release();
  if (running.failure !== undefined) throw running.failure.error;
  return isFenced ? 'fenced' : 'stopped';
}

interface Lookout {
  readonly store: StateStore;
  readonly writer: BatchWriter;
  readonly clock: Clock;
  readonly report: DispatchReport;
  readonly lookMs: number;
  readonly running: Running;
}

/** Looks for changes again and again; events are read as long as there is an endpoint. */
async function lookout(active: ActiveEndpoints, means: Lookout, signal: AbortSignal): Promise<void> {
  const { writer, clock, lookMs } = means;
  let reading: { readonly end: () => void; readonly done: Promise<void> } | undefined;
  for (let looks = 0; !signal.aborted; looks++) {
    await active.look();
    if (!active.isEmpty) reading ??= startReading({ ...means, active }, signal);
    else if (reading !== undefined || looks === 0) {
      reading?.end();
      await reading?.done;
      reading = undefined;
      // Without endpoints, no events are held for the reader. The next endpoint starts with new events.
      const records = await writer.read('readers', [READER]);
      if (records?.length === 1) await writer.keep([{ space: 'readers', key: READER, value: undefined }]);
    }
    await clock.sleep(lookMs, signal);
  }
  await reading?.done;
}

function startReading(means: Lookout & FanOutMeans, signal: AbortSignal) {
  const over = new LinkedAbort(signal);
  const done = means.running.add(fanOut(means, over.signal).finally(() => over.release()));
  return { end: () => over.abort(), done };
}

/** The background tasks. The first failure stops the others. */
class Running {
  failure: { readonly error: unknown } | undefined;
  readonly #tasks = new Set<Promise<void>>();
  readonly #stop: () => void;

  constructor(stop: () => void) {
    this.#stop = stop;
  }

  /** Resolves when the task has ended, also after a failure. */
  add(task: Promise<void>): Promise<void> {
    const ended = task
      .catch((error: unknown) => {
        this.failure ??= { error };
        this.#stop();
      })
      .finally(() => this.#tasks.delete(ended));
    this.#tasks.add(ended);
    return ended;
  }

  /** Waits for all tasks, including those that are added meanwhile. */
  async ended(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }
}
