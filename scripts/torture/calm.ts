import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import type { Started } from './command.ts';
import { isOfTerritory } from './ledger.ts';

/** An undisturbed watch. */
export class Calm {
  readonly #started: Started;
  #forgotten = 0;

  constructor(started: Started) {
    this.#started = started;
  }

  /** Whether it has the tables of all peers. */
  get isWhole(): boolean {
    return this.#started.stderr().includes('24 peers are healed');
  }

  /** Events about territories since the last reset. */
  get reported(): readonly UnroutableEvent[] {
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
