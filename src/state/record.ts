import type { Family } from '../bgp/prefix.ts';

/**
 * The place of a kind of record: a Redis hash, or a range of keys in the folder store. docs/redis.md lists names and
 * lifetimes; only `store/keys.ts` makes keys of them.
 */
export type Space =
  /** Route of one session, by `collector|address|asn|prefix` (and `#path id`). */
  | `routes/${string}/${Family}`
  /** The latest changes of voters' sight, by their number modulo the number that is kept. */
  | `visibility-log/${string}/${Family}`
  /** Peers and how far each can be believed, by `collector|address|asn`. */
  | 'voters'
  /** How each territory stands, by `KP/ipv4`: for people and programs, never read back by us. */
  | 'verdicts'
  /** The open incident of a territory as events carry it, by `KP/ipv4`: as above. */
  | 'incidents'
  /** Whether services of a territory answer, by its id, as events carry it: as above. */
  | 'reachability'
  /** What the engine goes on from, by the part that it is of. */
  | 'engine'
  /** What was seen over time, by kind of record and UTC time: see docs/history.md. */
  | `history/${string}/${Family}`
  /** Incidents as events carry them, open and closed, by begin and id. */
  | `past-incidents/${string}/${Family}`
  /** Programs at work, by their id: who leads, who follows, who is ready. */
  | 'instances'
  /** What a replay into this store reads, so that it goes on with the same and nothing else. */
  | 'replay'
  /** Who reads the events, by name: the id of the last event that was dealt with. */
  | 'readers'
  /** Drills that were asked for and not held yet, by their id. */
  | 'drills'
  /** Webhook endpoints, by name; what is to be sent, by `endpoint/event id`; what was sent, and what was given up. */
  | 'webhooks/endpoints'
  | 'webhooks/queue'
  /** Events that someone wants sent to an endpoint now, by `endpoint/event id`, until whoever leads has taken them over. */
  | 'webhooks/asked'
  | 'webhooks/log'
  | 'webhooks/dead';

/**
 * The form in which the engine's state is written, counted up when records of an older one cannot be read any more:
 * 1 until November 2026, 2 since the baseline is a matrix and incidents are made of spans.
 */
export const STATE_FORMAT = 2;

/** One place of the state as it is now. `value` is JSON; `undefined`: there is nothing any more. */
export interface StateChange {
  readonly space: Space;
  readonly key: string;
  readonly value: string | undefined;
}

/** A stored record of the state. */
export interface StateRecord {
  readonly space: Space;
  readonly key: string;
  readonly value: string;
}

/** First parts of the names of the spaces that the engine writes: what a whole batch replaces, and what is loaded. */
export const ENGINE_SPACES = [
  'routes',
  'visibility-log',
  'voters',
  'verdicts',
  'incidents',
  'reachability',
  'engine',
] as const;

const OF_ENGINE: ReadonlySet<string> = new Set(ENGINE_SPACES);

/** Whether the engine writes this space; all else in a store is for others. */
export function isEngineSpace(space: Space): boolean {
  const slash = space.indexOf('/');
  return OF_ENGINE.has(slash < 0 ? space : space.slice(0, slash));
}
