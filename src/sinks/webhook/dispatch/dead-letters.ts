import type { StateChange } from '../../../spaces.ts';
import { deadChange, MOST_DEAD, type DeadRecord } from '../endpoints/records.ts';

/** The stored dead letters of one endpoint, oldest first, up to a limit. */
export class DeadLetters {
  readonly #name: string;
  readonly #most: number;
  /** Ids, in the order in which their events were given up. */
  readonly #ids = new Set<string>();

  constructor(name: string, most: number = MOST_DEAD) {
    this.#name = name;
    this.#most = most;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Notes a stored dead letter. Call in the order in which they became dead letters. */
  note(id: string): void {
    this.#ids.add(id);
  }

  /** The changes that store one more dead letter, and remove the oldest if there are too many. */
  add(record: DeadRecord): { readonly changes: readonly StateChange[]; readonly forgotten: number } {
    const { id } = record.event;
    this.#ids.delete(id);
    this.#ids.add(id);
    const gone = [...this.#ids].slice(0, Math.max(0, this.#ids.size - this.#most));
    for (const old of gone) this.#ids.delete(old);
    const removals = gone.map((old) => deadChange(this.#name, old, undefined));
    return { changes: [...removals, deadChange(this.#name, id, record)], forgotten: gone.length };
  }

  /** The change that removes a dead letter that will be sent again. */
  remove(id: string): readonly StateChange[] {
    return this.#ids.delete(id) ? [deadChange(this.#name, id, undefined)] : [];
  }
}
