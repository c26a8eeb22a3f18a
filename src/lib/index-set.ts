import { runsText } from './runs.ts';

/** A set of whole numbers from 0 below a fixed end, one bit each: a country may have tens of thousands of networks. */
export class IndexSet {
  readonly #words: Uint32Array;
  #size = 0;
  /** The members as text, once asked for and until they change. */
  #text: string | undefined;

  /** @param end all members are below it. */
  constructor(end: number) {
    this.#words = new Uint32Array(Math.ceil(end / 32));
  }

  get size(): number {
    return this.#size;
  }

  has(index: number): boolean {
    return ((this.#words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  /** @returns whether it was not a member before. */
  add(index: number): boolean {
    if (this.has(index)) return false;
    this.#words[index >>> 5] = (this.#words[index >>> 5] ?? 0) | (1 << (index & 31));
    this.#size++;
    this.#text = undefined;
    return true;
  }

  /** @returns whether it was a member. */
  delete(index: number): boolean {
    if (!this.has(index)) return false;
    this.#words[index >>> 5] = (this.#words[index >>> 5] ?? 0) & ~(1 << (index & 31));
    this.#size--;
    this.#text = undefined;
    return true;
  }

  /** Members, ascending, as runs: `0-3 7`. Cheap while they stay the same. */
  get text(): string {
    return (this.#text ??= runsText([...this.values()]));
  }

  /** Members, ascending. */
  *values(): Generator<number, void> {
    for (const [place, word] of this.#words.entries()) {
      if (word === 0) continue;
      for (let bit = 0; bit < 32; bit++) if ((word & (1 << bit)) !== 0) yield place * 32 + bit;
    }
  }
}
