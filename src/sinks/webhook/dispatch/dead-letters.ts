import type { StateChange } from '../../../spaces.ts';
import { deadChange, MOST_DEAD, type DeadRecord } from '../records.ts';

/** Which dead deadLetters of one endpoint are kept, oldest first: so many, and not one more. */
export class DeadLetters {
  readonly #name: string;
  readonly #most: number;
  /** Ids in the order in which they died. */
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

  /** What keeps one more; the oldest go when there are too many. */
  add(record: DeadRecord): { readonly changes: readonly StateChange[]; readonly forgotten: number } {
    const { id } = record.event;
    this.#ids.delete(id);
    this.#ids.add(id);
    const gone = [...this.#ids].slice(0, Math.max(0, this.#ids.size - this.#most));
    for (const old of gone) this.#ids.delete(old);
    const removals = gone.map((old) => deadChange(this.#name, old, undefined));
    return { changes: [...removals, deadChange(this.#name, id, record)], forgotten: gone.length };
  }

  /** What takes one away, as it is to be sent again. */
  remove(id: string): readonly StateChange[] {
    return this.#ids.delete(id) ? [deadChange(this.#name, id, undefined)] : [];
  }
}
