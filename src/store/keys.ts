import type { Space } from '../spaces.ts';

/** Version of the format of the store. A newer store is refused; an older one is migrated or refused. */
export const SCHEMA = 1;

/** Prefix of every key and channel. */
const PREFIX = 'unroutable';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

/**
 * The default name of a watch: the ids of its territories. Territories that are watched together share one name,
 * because one commit covers them all.
 */
export function watchName(territories: readonly string[]): string {
  return [...territories].sort().join('+');
}

/** @returns the name; `undefined` if it cannot be part of a key. */
export function parseWatchName(text: string): string | undefined {
  return NAME.test(text) ? text : undefined;
}

/**
 * Every key this program owns in Redis. No other module writes key names. The braces are a hash tag: all keys of a watch
 * are in one slot of a cluster, so that one script can write them together.
 */
export function keysOf(name: string) {
  const key = (...parts: readonly string[]): string => [PREFIX, `{${name}}`, ...parts].join(':');
  return {
    /**
     * Hash: schema, number, cursor, elements, and the entry id of the newest trimmed event. It always exists; keys
     * without it are foreign.
     */
    meta: key('meta'),
    /** Hash: token and holder of the newest lease. Never goes back. */
    fence: key('fence'),
    /** String with a time to live: holder and token of the present lease. */
    lease: key('lease'),
    /** Stream of events, the record: one entry per event, field `event` its JSON, field `id` its id. */
    events: key('events'),
    /** Hash: id of each event in the stream to the id of its entry. Trimmed with the stream. */
    ids: key('ids'),
    /** Hash: the records of one space. */
    space: (space: Space): string => key('state', ...space.split('/')),
    /** Set of the spaces that are not empty. */
    spaces: key('spaces'),
    /** The prefix of all keys of this watch. */
    all: `${PREFIX}:{${name}}:`,
  } as const;
}

/** The names of all Redis keys of one watch. */
export type Keys = ReturnType<typeof keysOf>;

/**
 * Pub/sub channels: a hint, delivered at most once. All events go to the first channel; events of a territory also go
 * to its own.
 */
export const channels = {
  events: `${PREFIX}:events`,
  ofTerritory: (id: string): string => `${PREFIX}:events:${id}`,
} as const;
