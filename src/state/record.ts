import type { Family } from '../bgp/prefix.ts';

/** What the engine stores for each territory and family: the routes of peers, and the latest visibility changes. */
export const VIEW_SPACES = ['routes', 'visibility-log'] as const;

/**
 * The other spaces of the engine. `voters`: peers and their state. `engine`: the rest of its state. `verdicts`,
 * `incidents`, `reachability`: the present state in the form that events carry, for readers; the engine never reads
 * these.
 */
export const SINGLE_SPACES = ['voters', 'verdicts', 'incidents', 'reachability', 'engine'] as const;

/** The name of a kind of record that the engine writes. A whole batch replaces all of these, and `load` reads them. */
export type EngineSpace = `${(typeof VIEW_SPACES)[number]}/${string}/${Family}` | (typeof SINGLE_SPACES)[number];

/**
 * The version of the format of the engine's state. It increases when older records can no longer be read. 1: until
 * November 2026. 2: the baseline is a matrix, and incidents consist of spans. 3: sums of visibility end at the start of
 * a level.
 */
export const STATE_FORMAT = 3;

/** A record of the engine's state that changed. `value` is JSON; `undefined`: the record is removed. */
export interface EngineChange<S extends string = EngineSpace> {
  readonly space: S;
  readonly key: string;
  readonly value: string | undefined;
}

/** A stored record of the engine's state. */
export interface EngineRecord<S extends string = EngineSpace> {
  readonly space: S;
  readonly key: string;
  readonly value: string;
}

const OF_ENGINE: ReadonlySet<string> = new Set([...VIEW_SPACES, ...SINGLE_SPACES]);

/** Whether the engine writes this space. Other parts of the program write all others. */
export function isEngineSpace(space: string): space is EngineSpace {
  const slash = space.indexOf('/');
  return OF_ENGINE.has(slash < 0 ? space : space.slice(0, slash));
}
