import type { Space } from '../state/record.ts';

/** Of the form in which state is written. A store with a greater one is refused; a smaller one is migrated, or refused. */
export const SCHEMA = 1;

/** Every key and channel begins with it. */
const PREFIX = 'unroutable';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

/**
 * The name of a watch: its territories' ids, unless it was given one. What is watched together is kept under one name,
 * because one commit covers it all.
 */
export function watchName(territories: readonly string[]): string {
  return [...territories].sort().join('+');
}

/** @returns the name, or `undefined` when it cannot be part of a key. */
export function parseWatchName(text: string): string | undefined {
  return NAME.test(text) ? text : undefined;
}

/**
 * Every key this program owns in Redis. Nothing else spells one. The braces are a hash tag: all keys of a watch live in
 * one slot of a cluster, so that one script may write them together.
 */
export function keysOf(name: string) {
  const key = (...parts: readonly string[]): string => [PREFIX, `{${name}}`, ...parts].join(':');
  return {
    /**
     * Hash: schema, number, cursor, elements, and the entry id of the newest event that was trimmed as forgotten. Stands for
     * ever; whoever finds keys without it finds foreign ones.
     */
    meta: key('meta'),
    /** Hash: token, holder. The newest lease there was; never goes back. */
    fence: key('fence'),
    /** String with a time to live: the holder and token of the lease that runs. */
    lease: key('lease'),
    /** Stream of events, the record: one entry per event, field `event` its JSON, field `id` its id. */
    events: key('events'),
    /** Hash: id of each event in the stream to the id of its entry. Trimmed with the stream. */
    ids: key('ids'),
    /** Hash: the records of one space. */
    space: (space: Space): string => key('state', ...space.split('/')),
    /** Set of the spaces that hold anything. */
    spaces: key('spaces'),
    /** What all keys of this watch begin with. */
    all: `${PREFIX}:{${name}}:`,
  } as const;
}

/** The names of all Redis keys of one watch. */
export type Keys = ReturnType<typeof keysOf>;

/** Pub/sub channels: a hint, at most once by nature. All events go to the first, those of a territory to its own as well. */
export const channels = {
  events: `${PREFIX}:events`,
  ofTerritory: (id: string): string => `${PREFIX}:events:${id}`,
} as const;
