import type { Element } from '../../src/bgp/element.ts';
import type { ElementSource } from '../../src/ports.ts';

/** A source that yields the elements that the test passes, when the test passes them. */
export class Hand implements ElementSource {
  readonly name: string;
  isRead = false;
  isStopped = false;
  readonly #elements: Element[] = [];
  #isEnded = false;
  #bell: (() => void) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  send(...elements: Element[]): void {
    this.#elements.push(...elements);
    this.#bell?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#bell?.();
  }

  async *elements(signal: AbortSignal): AsyncGenerator<Element> {
    this.isRead = true;
    signal.addEventListener('abort', () => {
      this.isStopped = true;
      this.#bell?.();
    });
    while (!signal.aborted) {
      const next = this.#elements.shift();
      if (next !== undefined) yield next;
      else if (this.#isEnded) return;
      else await new Promise<void>((resolve) => (this.#bell = resolve));
    }
  }
}
