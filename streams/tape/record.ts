import { elementLine } from '../../src/bgp/element-line.ts';
import type { ElementSource } from '../../src/ports.ts';

/**
 * The same source, but each element is recorded before it is passed on, so the tape contains everything that was
 * applied. `write` gets complete lines with their newline, and is awaited: a slow tape slows the source. `write`
 * handles its own failures; if it rejects, reading ends with that error.
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
