import type { Element } from '../../bgp/element.ts';
import type { ElementSource } from '../../ports.ts';

/** The same source. `note` is called with each element before it is passed on. */
export function noted(source: ElementSource, note: (element: Element) => void): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      for await (const element of source.elements(signal)) {
        note(element);
        yield element;
      }
    },
  };
}
