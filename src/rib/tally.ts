import type { Asn } from '../bgp/asn.ts';

/**
 * Counts, for each mark, the peer ASes that show it. An AS with several sessions counts once, as long as one of them
 * shows the mark.
 */
export class Tally {
  readonly #marks = new Map<string, Map<Asn, number>>();
  /** Marks whose count may have changed since `takeTouched`. */
  readonly #touched = new Set<string>();
  /** Number of marks per AS; only ASes that show any. */
  readonly #shown = new Map<Asn, number>();

  add(mark: string, asn: Asn): void {
    let sessions = this.#marks.get(mark);
    if (sessions === undefined) this.#marks.set(mark, (sessions = new Map()));
    const count = sessions.get(asn) ?? 0;
    sessions.set(asn, count + 1);
    if (count > 0) return;
    this.#touched.add(mark);
    this.#shown.set(asn, (this.#shown.get(asn) ?? 0) + 1);
  }

  remove(mark: string, asn: Asn): void {
    const sessions = this.#marks.get(mark);
    const count = sessions?.get(asn) ?? 0;
    if (sessions === undefined || count === 0) throw new Error(`mark ${mark} of AS${asn} was never added`);
    if (count > 1) {
      sessions.set(asn, count - 1);
      return;
    }
    sessions.delete(asn);
    if (sessions.size === 0) this.#marks.delete(mark);
    this.#touched.add(mark);
    const shown = (this.#shown.get(asn) ?? 0) - 1;
    if (shown > 0) this.#shown.set(asn, shown);
    else this.#shown.delete(asn);
  }

  /** ASes that show some mark. */
  asns(): IterableIterator<Asn> {
    return this.#shown.keys();
  }

  count(mark: string): number {
    return this.#marks.get(mark)?.size ?? 0;
  }

  /** ASes that show this mark. */
  holders(mark: string): Iterable<Asn> {
    return this.#marks.get(mark)?.keys() ?? [];
  }

  /** Marks that some AS shows, in arbitrary order. */
  marks(): IterableIterator<string> {
    return this.#marks.keys();
  }

  /** Whether `takeTouched` would return anything. */
  get isTouched(): boolean {
    return this.#touched.size > 0;
  }

  /** Each mark once, in arbitrary order. Call this regularly: marks are stored until then. */
  takeTouched(): readonly string[] {
    if (this.#touched.size === 0) return [];
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }
}
