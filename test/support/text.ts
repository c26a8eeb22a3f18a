import { Writable } from 'node:stream';

/** A stream that records its text. */
export class Text extends Writable {
  text = '';
  /** Called with the whole text after each write. */
  onText: (text: string) => void;
  readonly #waiting = new Set<() => void>();

  constructor(onText: (text: string) => void = () => undefined) {
    super();
    this.onText = onText;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    for (const look of this.#waiting) look();
    this.onText(this.text);
    done();
  }

  /** Resolves with the first match in its present or future text. */
  until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = pattern.exec(this.text)?.[0];
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
