import type { Space } from '../visibility/record.ts';

/** First parts of the engine's spaces: what a whole batch replaces, and what is loaded. */
const ENGINE: ReadonlySet<string> = new Set(['routes', 'sights', 'voters', 'verdicts', 'incidents', 'engine']);

export function isEngineSpace(space: Space): boolean {
  const slash = space.indexOf('/');
  return ENGINE.has(slash < 0 ? space : space.slice(0, slash));
}

/** The order in which records of a space are read: that of JavaScript's strings, in every store. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The id at which a reader stands, of the record it wrote in `readers`; `undefined` when it tells none. */
export function readerPosition(value: string): string | undefined {
  try {
    const id: unknown = JSON.parse(value);
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
