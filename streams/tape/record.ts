import { elementLine } from '../../src/bgp/element-line.ts';
import type { ElementSource } from '../../src/ports.ts';

/**
 * The same source, which also writes down each element before it hands it on: what was acted upon is on the tape.
 * `write` gets whole lines with their newline, and is waited for: a slow tape holds the source. It deals with its own
 * failures; when it rejects, the reading ends with that.
 */
export function record(source: ElementSource, write: (line: string) => Promise<void> | void): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      for await (const element of source.elements(signal)) {
        const written = write(`${elementLine(element)}\n`);
        if (written !== undefined) await written;
        yield element;
      }
    },
  };
}
