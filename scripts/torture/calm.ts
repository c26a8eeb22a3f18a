import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { Started } from './command.ts';
import { isOfTerritory } from './ledger.ts';

/** A watcher that nobody strikes. */
export class Calm {
  readonly #started: Started;
  #forgotten = 0;

  constructor(started: Started) {
    this.#started = started;
  }

  /** It has all peers' tables. */
  get isWhole(): boolean {
    return this.#started.stderr().includes('24 peers are healed');
  }

  /** Of the territories, since it was last told to forget. */
  get told(): readonly UnroutableEvent[] {
    return this.#all.slice(this.#forgotten);
  }

  forget(): void {
    this.#forgotten = this.#all.length;
  }

  async end(): Promise<void> {
    this.#started.child.kill('SIGKILL');
    await this.#started.ended;
  }

  get #all(): readonly UnroutableEvent[] {
    return this.#started.lines.map((line) => JSON.parse(line) as UnroutableEvent).filter(isOfTerritory);
  }
}
