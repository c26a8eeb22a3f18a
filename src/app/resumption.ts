import { parseCollector, type Collector } from '../bgp/peer.ts';
import { parsePrefix } from '../bgp/prefix.ts';
import type { Keeping } from '../pipeline.ts';
import type { Kept } from '../ports.ts';
import type { Resumption } from './feed/types.ts';

/** The position of the store without its records: the engine has them, so a second copy would waste memory. */
export function positionOf({ number, elements, cursor }: Kept): NonNullable<Keeping['position']> {
  return { number, elements, cursor };
}

/** The collectors and prefixes in the stored state. */
export function resumptionOf({ cursor, records }: Kept): Resumption {
  const collectors = new Set<Collector>();
  const prefixes = new Map<string, NonNullable<ReturnType<typeof parsePrefix>>>();
  for (const { space, key } of records) {
    const [name, , , text] = key.split('|');
    if (space === 'voters') {
      const collector = parseCollector(name ?? '');
      if (collector !== undefined) collectors.add(collector);
    } else if (space.startsWith('routes/')) {
      const prefix = parsePrefix(text?.split('#')[0] ?? '');
      if (prefix !== undefined) prefixes.set(prefix.text, prefix);
    }
  }
  return { cursor, collectors: [...collectors], prefixes: [...prefixes.values()] };
}
