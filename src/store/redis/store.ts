import type { EventTime } from '../../bgp/time.ts';
import type { Batch, Clock, Committed, Kept, StateStore } from '../../ports.ts';
import { isEngineSpace } from '../../state/record.ts';
import type { Space, StateChange, StateRecord } from '../../spaces.ts';
import type { Keys } from '../keys.ts';
import { byKey } from '../record-order.ts';
import { eventOf, followEvents, readEvents, type StreamEntry } from './events.ts';
import { RedisFailure } from './failure.ts';
import { keepCall, commitReply, type StoreWrite } from './keep.ts';
import { redisLeases } from './leases.ts';
import type { RedisLink } from './link.ts';
import { KEEP, LOAD, TRIM, TRIMMED_AT_ONCE } from './scripts.ts';

/** Tries in case another space is created between listing and reading, which is rare. */
const ATTEMPTS = 10;

/** Deadline for reading everything in one reply: a million records take some seconds. */
const LOAD_MS = 30_000;

/** The parts of a store in Redis. */
export interface StoreParts {
  readonly link: RedisLink;
  readonly keys: Keys;
  readonly clock: Clock;
  /** A commit counts only when a replica has it. */
  readonly waits: boolean;
  /** `read`: reads without scripts, for users and servers that cannot run them. Writing then fails. */
  readonly access: 'write' | 'read';
}

/** A `StateStore` on a server that passed the check. */
// oxlint-disable-next-line max-lines-per-function -- one short method an operation of the port
export function redisStore(name: string, { link, keys, clock, waits, access }: StoreParts): StateStore {
  const keep = async (what: Omit<StoreWrite, 'spaces' | 'touches'>): Promise<Committed> => {
    const isWhole = what.batch?.whole === true;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const spaces = isWhole ? await spacesOf(link, keys) : [];
      const call = keepCall(keys, { ...what, spaces, touches: waits });
      const { reply, replicas } = waits
        ? await link.runAndWait(KEEP, call.keys, call.args)
        : { reply: await link.run(KEEP, call.keys, call.args), replicas: undefined };
      const outcome = commitReply(reply);
      if (outcome === 'again') continue;
      if (outcome.ok && replicas === 0) throw new RedisFailure('unconfirmed', '', true);
      return outcome;
    }
    throw new RedisFailure('busy', 'its spaces change all the time');
  };

  return {
    name,
    leases: redisLeases(link, keys),
    load: () => (access === 'read' ? loadWithoutScript(link, keys) : load(link, keys)),
    commit: ({ changes, ...batch }: Batch, token) => keep({ token, batch, changes }),
    write: (changes: readonly StateChange[], token) => keep({ token, batch: undefined, changes }),

    async read(space, some) {
      const fields =
        some === undefined
          ? await link.call('hgetall', [keys.space(space)], LOAD_MS)
          : await fieldsOf(link, keys.space(space), some);
      return recordsOf(space, fields).sort(byKey);
    },

    events: (after) => readEvents(link, keys, after),
    follow: (after, signal) => followEvents(link, keys, after, { clock, signal }),

    async newest() {
      const [entry] = (await link.call('xrevrange', [keys.events, '+', '-', 'COUNT', 1])) as StreamEntry[];
      return entry && eventOf(entry, keys.events).id;
    },

    async count() {
      return Number(await link.call('xlen', [keys.events]));
    },

    async trim(most) {
      let forgotten = 0;
      for (;;) {
        const gone = Number(await link.run(TRIM, [keys.meta, keys.events, keys.ids, keys.space('readers')], [most]));
        forgotten += gone;
        if (gone < TRIMMED_AT_ONCE) return forgotten;
      }
    },

    close: () => link.close(),
  };
}

/** Sent together. HMGET would be one more command to grant to the ACL user. */
async function fieldsOf(link: RedisLink, hash: string, fields: readonly string[]): Promise<readonly string[]> {
  const unique = [...new Set(fields)];
  const values = await Promise.all(unique.map((field) => link.call('hget', [hash, field])));
  return unique.flatMap((field, i) => (typeof values[i] === 'string' ? [field, values[i]] : []));
}

async function load(link: RedisLink, keys: Keys): Promise<Kept | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const spaces = await spacesOf(link, keys);
    const engine = spaces.filter((space) => isEngineSpace(space));
    const [outcome, meta, ...hashes] = (await link.run(
      LOAD,
      [keys.meta, keys.spaces, ...spaces.map((space) => keys.space(space))],
      spaces.flatMap((space) => [space, isEngineSpace(space) ? '1' : '']),
      LOAD_MS,
    )) as [string, ...unknown[]];
    if (outcome === 'again') continue;

    return stateOf(new Map(pairs(meta)), engine, hashes);
  }
  throw new RedisFailure('busy', 'its spaces change all the time');
}

/**
 * The same with plain commands. A commit changes the number: if it differs after the records were read, they are read
 * again.
 */
async function loadWithoutScript(link: RedisLink, keys: Keys): Promise<Kept | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const engine = (await spacesOf(link, keys)).filter((space) => isEngineSpace(space));
    // Sent together, so that a commit rarely comes between them.
    const reading = metaOf(link, keys);
    const readings = engine.map((space) => link.call('hgetall', [keys.space(space)], LOAD_MS));
    const [before, hashes, after] = await Promise.all([reading, Promise.all(readings), metaOf(link, keys)]);
    if (COMMIT.every((field) => before.get(field) === after.get(field))) return stateOf(after, engine, hashes);
  }
  throw new RedisFailure('busy', 'it is written to all the time');
}

/** Fields that every commit changes. */
const COMMIT = ['number', 'cursor', 'elements'];

async function metaOf(link: RedisLink, keys: Keys): Promise<ReadonlyMap<string, string>> {
  return new Map(pairs(await link.call('hgetall', [keys.meta])));
}

function stateOf(
  meta: ReadonlyMap<string, string>,
  spaces: readonly Space[],
  hashes: readonly unknown[],
): Kept | undefined {
  const number = meta.get('number');
  if (number === undefined) return undefined;
  return {
    number: Number(number),
    cursor: Number(meta.get('cursor')) as EventTime,
    elements: Number(meta.get('elements')),
    records: hashes.flatMap((hash, i) => recordsOf(spaces[i] ?? 'engine', hash)),
  };
}

async function spacesOf(link: RedisLink, keys: Keys): Promise<readonly Space[]> {
  return (await link.call('smembers', [keys.spaces])) as readonly Space[];
}

function recordsOf(space: Space, flat: unknown): StateRecord[] {
  return pairs(flat).map(([key, value]) => ({ space, key, value }));
}

/** Reads a map of Redis: names and values in turn, or an object that ioredis made of them. */
function pairs(reply: unknown): [string, string][] {
  if (!Array.isArray(reply)) return Object.entries((reply ?? {}) as Record<string, string>);
  const flat = reply as readonly string[];
  return flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []));
}
