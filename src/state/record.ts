import type { Family } from '../bgp/prefix.ts';

/** What the engine stores for each territory and family: the routes of peers, and the latest visibility changes. */
export const VIEW_SPACES = ['routes', 'visibility-log'] as const;

/**
 * What else the engine stores. `voters`: peers and their state. `engine`: the rest of what it continues from.
 * `verdicts`, `incidents`, `reachability`: the present state as events carry it, for readers; the engine never reads them.
 */
export const SINGLE_SPACES = ['voters', 'verdicts', 'incidents', 'reachability', 'engine'] as const;

/** The name of a kind of record that the engine writes. A whole batch replaces these, and `load` reads them. */
export type EngineSpace = `${(typeof VIEW_SPACES)[number]}/${string}/${Family}` | (typeof SINGLE_SPACES)[number];

/**
 * The version of the form in which the engine's state is written. It is increased when records of an older form can no
 * longer be read: 1 until November 2026; 2 since the baseline is a matrix and incidents consist of spans;
 * 3 since sums of visibility are those up to the begin of a level.
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

/** Whether the engine writes this space. Other programs write all others. */
export function isEngineSpace(space: string): space is EngineSpace {
  const slash = space.indexOf('/');
  return OF_ENGINE.has(slash < 0 ? space : space.slice(0, slash));
}
