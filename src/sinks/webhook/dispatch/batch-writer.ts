import { setImmediate } from 'node:timers/promises';
import { backOffMs } from '../../../lib/back-off.ts';
import { messageOf } from '../../../lib/message-of.ts';
import type { Clock, StateStore } from '../../../ports.ts';
import type { Space, StateChange, StateRecord } from '../../../spaces.ts';
import { WakeSignal } from './wake-signal.ts';
import type { DispatchReport } from './report.ts';

/** What a batch writer needs. */
export interface BatchWriterOptions {
  readonly store: StateStore;
  readonly token: () => number | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: DispatchReport;
  /** Another process leads. */
  readonly onFenced: () => void;
  /** The store answers again. */
  readonly onBack: () => void;
}

interface Pending {
  readonly changes: readonly StateChange[];
  readonly done: (isStored: boolean) => void;
}

/** Most records in one write. Changes of several endpoints and of the reader are written together. */
const MOST_CHANGES = 2_000;

/** Waits between attempts while the store does not answer. */
const WAITS = { firstMs: 200, mostMs: 10_000 };

/**
 * The only writer to the store. It writes changes in order, each group completely or not at all. While one write is
 * under way it collects the next. While the store does not answer, it waits.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  readonly #signal: AbortSignal;
  readonly #pending: Pending[] = [];
  readonly #wakeSignal: WakeSignal;
  readonly #closed = new AbortController();
  readonly #failures = { read: 0, write: 0 };
  #isOver = false;

  constructor(options: BatchWriterOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#wakeSignal = new WakeSignal(options.clock);
  }

  /**
   * The last read or write failed, so a delivery could not be recorded now. Reads and writes are tracked separately: a
   * full disk can be read and not written.
   */
  get isAway(): boolean {
    return this.#failures.read + this.#failures.write > 0;
  }

  /**
   * Resolves when the changes are stored, or with `false` when they will not be: we were stopped, or another process
   * leads.
   */
  keep(changes: readonly StateChange[]): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false);
    return new Promise((done) => {
      this.#pending.push({ changes, done });
      this.#wakeSignal.wake();
    });
  }

  /** Reads until the store answers; `undefined`: `signal` aborted before. */
  async read(space: Space, keys?: readonly string[]): Promise<readonly StateRecord[] | undefined> {
    return this.patiently(() => this.#options.store.read(space, keys));
  }

  /** Repeats an action until the store answers; `undefined`: `signal` aborted before. */
  async patiently<T>(ask: () => Promise<T>): Promise<T | undefined> {
    while (!this.#signal.aborted) {
      try {
        const answer = await ask();
        this.#wentWell('read');
        return answer;
      } catch (error) {
        await this.waitAfter(error);
      }
    }
    return undefined;
  }

  /** Writes until it is closed. Changes that come after `signal` aborted are tried once. */
  async run(): Promise<void> {
    while (!this.#isOver && (this.#pending.length > 0 || !this.#closed.signal.aborted)) {
      if (this.#pending.length > 0) await this.#write();
      else await this.#wakeSignal.wait(this.#closed.signal);
      // With a store that writes synchronously, a backlog would otherwise block the event loop.
      await setImmediate();
    }
    this.#isOver = true;
    for (const { done } of this.#pending.splice(0)) done(false);
  }

  /** Call when no more changes will come. */
  close(): void {
    this.#closed.abort();
  }

  /** Waits after a failure of the store: longer each time, with jitter, at most until `signal` aborts. */
  async waitAfter(error: unknown, what: 'read' | 'write' = 'read'): Promise<void> {
    const { clock, random, report } = this.#options;
    if (!this.isAway) report({ type: 'away', reason: messageOf(error) });
    this.#failures[what]++;
    await clock.sleep(backOffMs(this.#failures[what], WAITS, random), this.#signal);
  }

  async #write(): Promise<void> {
    const { store, token } = this.#options;
    const isLast = this.#signal.aborted;
    const taken = this.#take();
    try {
      const committed = await store.write(
        taken.flatMap(({ changes }) => changes),
        token(),
      );
      if (!committed.ok) {
        this.#isOver = true;
        this.#options.onFenced();
      }
      for (const { done } of taken) done(committed.ok);
      this.#wentWell('write');
    } catch (error) {
      if (isLast) {
        for (const { done } of taken) done(false);
        return;
      }
      this.#pending.unshift(...taken);
      await this.waitAfter(error, 'write');
    }
  }

  #take(): Pending[] {
    let changes = 0;
    let parts = 0;
    for (const part of this.#pending) {
      changes += part.changes.length;
      if (parts > 0 && changes > MOST_CHANGES) break;
      parts++;
    }
    return this.#pending.splice(0, parts);
  }

  #wentWell(what: 'read' | 'write'): void {
    if (this.#failures[what] === 0) return;
    this.#failures[what] = 0;
    if (this.isAway) return;
    this.#options.report({ type: 'back' });
    this.#options.onBack();
  }
}
