import { withEither } from '../../../lib/linked-abort.ts';
import { isOn } from '../endpoints/endpoint-store.ts';
import type { QueueRecord } from '../endpoints/records.ts';
import { attemptOnce, type AttemptMeans } from './attempt.ts';
import { WakeSignal } from './wake-signal.ts';
import type { BatchWriter } from './batch-writer.ts';
import type { EndpointQueue } from './endpoint-queue.ts';
import { outcomeOf } from './outcome.ts';
import type { DispatchReport } from './report.ts';
import type { QueuePlace } from './waiting.ts';

/** What a sender needs. */
export interface SenderMeans extends AttemptMeans {
  readonly random: () => number;
  readonly writer: BatchWriter;
  readonly report: DispatchReport;
}

/**
 * Sends the queue of one endpoint, as many events at once as its `concurrency`. An attempt occupies its place until
 * its outcome is stored, so after any failure at most that many events are sent twice.
 */
export class Sender {
  readonly queue: EndpointQueue;
  readonly #means: SenderMeans;
  readonly #wakeSignal: WakeSignal;
  readonly #removed = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #warned = '';

  constructor(queue: EndpointQueue, means: SenderMeans) {
    this.queue = queue;
    this.#means = means;
    this.#wakeSignal = new WakeSignal(means.clock);
  }

  /** Call when there may be work: a new event, a changed endpoint, or the store answers again. */
  wake(): void {
    this.#wakeSignal.wake();
  }

  /** The endpoint was removed: requests under way are aborted, and nothing of them is stored. */
  remove(): void {
    this.#removed.abort();
  }

  /**
   * Runs until the endpoint is removed or `signal` aborts. Afterwards no request is under way. Throws only on a bug.
   */
  async run(signal: AbortSignal): Promise<void> {
    await withEither(signal, this.#removed.signal, (over) => this.#sendAll(over));
  }

  async #sendAll(over: AbortSignal): Promise<void> {
    const { clock } = this.#means;
    while (!over.aborted) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const place = this.#mayBegin ? this.queue.waiting.take(clock.monotonicMs()) : undefined;
      if (place !== undefined) this.#begin(place, over);
      else
        await this.#wakeSignal.wait(over, this.#mayBegin ? this.queue.waiting.dueIn(clock.monotonicMs()) : undefined);
    }
    await Promise.all(this.#underWay);
  }

  get #mayBegin(): boolean {
    const { record } = this.queue;
    return isOn(record) && !this.#means.writer.isAway && this.#underWay.size < record.endpoint.concurrency;
  }

  #begin(place: QueuePlace, over: AbortSignal): void {
    const delivering = this.#deliver(place, over)
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#underWay.delete(delivering);
        this.#wakeSignal.wake();
      });
    this.#underWay.add(delivering);
  }

  async #deliver(place: QueuePlace, over: AbortSignal): Promise<void> {
    const { writer, clock, random } = this.#means;
    const body = await this.#bodyOf(place);
    if (body === undefined || over.aborted) return;
    const { record } = this.queue;
    const means = { ...this.#means, deadlineMs: body.deadlineMs };
    const isPast = this.queue.isPast(body);
    const attempted = isPast ? 'past' : await attemptOnce(record.endpoint, body.event, means, over);
    const attempt = typeof attempted === 'string' ? attempted : attempted.attempt;
    // We aborted this attempt, so its result is unknown and it will be sent again. A complete result is still recorded.
    const isBrokenOff = over.aborted && typeof attempt !== 'string' && !attempt.ok;
    if (isBrokenOff || this.#removed.signal.aborted) return;
    this.#warn(typeof attempted === 'string' ? [] : attempted.warnings);
    const outcome = outcomeOf(body, attempt, { nowMs: clock.wallMs(), random });
    const isSent = typeof attempt !== 'string' && attempt.ok;
    const { changes, afterStored } = this.queue.settle(body, { ...outcome, isSent }, record);
    if (await writer.keep(changes)) afterStored();
  }

  async #bodyOf(place: QueuePlace): Promise<QueueRecord | undefined> {
    const { writer, report } = this.#means;
    const { waiting, name } = this.queue;
    const body = await waiting.body(place, (keys) => writer.read('webhooks/queue', keys));
    if (body === 'stopped') return undefined;
    if (body !== 'vanished' && 'event' in body) return body;
    waiting.remove(place.id);
    if (body === 'vanished') report({ type: 'vanished', endpoint: name, eventId: place.id });
    else report({ type: 'unreadable', ...body });
    return undefined;
  }

  /** Warnings come with each attempt; they are logged when they change. */
  #warn(warnings: readonly string[]): void {
    const text = warnings.join('\n');
    if (text === this.#warned) return;
    this.#warned = text;
    const { report } = this.#means;
    for (const warning of warnings) report({ type: 'warning', endpoint: this.queue.name, warning });
  }
}
