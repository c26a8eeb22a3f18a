/** More distinct reasons than this are counted together: reasons come from us, record types from the file. */
const MAX_REASONS = 64;

/** Counts messages that were not served, by reason. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(reason: string): void {
    const known = this.#counts.has(reason) || this.#counts.size < MAX_REASONS ? reason : 'other reasons';
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
  }

  /** The most common first. */
  get all(): readonly (readonly [reason: string, count: number])[] {
    return [...this.#counts].sort(([, a], [, b]) => b - a);
  }
}
