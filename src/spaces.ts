import type { Family } from './bgp/prefix.ts';
import { parseJson } from './lib/json.ts';
import { SINGLE_SPACES, VIEW_SPACES, type EngineChange, type EngineRecord, type EngineSpace } from './state/record.ts';

/**
 * The spaces of a store: the one list of what is stored beside events. A space is a Redis hash, or a range of keys in
 * the folder store. docs/redis.md has the key names and lifetimes. The engine's own spaces are in `state/record.ts`.
 */

/** History for each territory and family: minutes, hours and days (docs/history.md), and incidents, open and closed. */
const HISTORY_SPACES = ['history', 'past-incidents'] as const;

/** Spaces that `export` carries to another store, after the engine's and the history. */
export const CARRIED_SPACES = [
  /** The last event that each reader has dealt with, by the reader's name. */
  'readers',
  'webhooks/endpoints',
  /** Deliveries that wait, by `endpoint/event id`. */
  'webhooks/queue',
  /** Deliveries that were asked for by hand, until the leader has taken them over. */
  'webhooks/asked',
  'webhooks/log',
  'webhooks/dead',
] as const;

/** Spaces that belong to the processes of one place, and stay there. */
const LOCAL_SPACES = [
  /** Running programs, by their id: the leader, standbys, who is ready. */
  'instances',
  /** What a replay into this store reads, so that it continues with the same input only. */
  'replay',
  /** Drills that were asked for and have not begun, by their id. */
  'drills',
] as const;

/** The name of a kind of record in a store. */
export type Space =
  | EngineSpace
  | `${(typeof HISTORY_SPACES)[number]}/${string}/${Family}`
  | (typeof CARRIED_SPACES)[number]
  | (typeof LOCAL_SPACES)[number];

/** A record of a store that changed. `value` is JSON; `undefined`: the record is removed. */
export type StateChange = EngineChange<Space>;

/** A record of a store. */
export type StateRecord = EngineRecord<Space>;

/** First parts of the names of all spaces, as docs/redis.md lists them. */
export const ALL_SPACES: readonly string[] = [
  ...VIEW_SPACES,
  ...SINGLE_SPACES,
  ...HISTORY_SPACES,
  ...CARRIED_SPACES,
  ...LOCAL_SPACES,
];

const PER_VIEW: ReadonlySet<string> = new Set([...VIEW_SPACES, ...HISTORY_SPACES]);
const NAMED: ReadonlySet<string> = new Set([...SINGLE_SPACES, ...CARRIED_SPACES]);

/** Whether a text names a space that is carried from store to store. */
export function isCarriedSpace(text: string): text is Space {
  if (NAMED.has(text)) return true;
  const [begin = '', ...rest] = text.split('/');
  return PER_VIEW.has(begin) && /^[^/\0]+\/ipv[46]$/.test(rest.join('/'));
}

/** The history spaces of every territory and family that has a verdict. */
export function historySpaces(records: readonly StateRecord[]): readonly Space[] {
  const subjects = records.filter(({ space }) => space === 'verdicts').map(({ key }) => key as `${string}/${Family}`);
  return subjects.sort().flatMap((subject) => HISTORY_SPACES.map((begin): Space => `${begin}/${subject}`));
}

/**
 * The record of a reader.
 *
 * @param name of the reader.
 * @param id of the last event that it has dealt with; `undefined`: before the oldest stored event.
 */
export function readerChange(name: string, id: string | undefined): StateChange {
  return { space: 'readers', key: name, value: JSON.stringify(id ?? null) };
}

/** The id of the last event that a reader has dealt with, from its record; `undefined` before the oldest. */
export function readerPosition(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const id = parseJson(value);
  return typeof id === 'string' ? id : undefined;
}
