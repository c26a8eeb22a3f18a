import type { UnroutableEvent } from '../../detect/events/event.ts';
import type { Batch, Committed } from '../../ports.ts';
import type { EventTime } from '../../bgp/time.ts';
import { isEngineSpace } from '../../state/record.ts';
import type { Space, StateChange } from '../../spaces.ts';
import { channels, SCHEMA, type Keys } from '../keys.ts';
import { RedisFailure } from './failure.ts';
import type { Arg } from './link.ts';

/** What to store: a batch, or only records. */
export interface StoreWrite {
  readonly token: number | undefined;
  readonly batch: Omit<Batch, 'changes'> | undefined;
  readonly changes: readonly StateChange[];
  /** The spaces that a whole batch may replace: all existing ones. */
  readonly spaces: readonly Space[];
  /** Writes even if the batch is already stored, so that WAIT covers it. */
  readonly touches: boolean;
}

/** One call of a Lua script: its keys and arguments. */
export interface Call {
  readonly keys: readonly string[];
  readonly args: readonly Arg[];
}

/**
 * Most values of one call: a million records. Redis needs some seconds for this, serves no other client meanwhile, and
 * needs the memory twice.
 */
const MAX_ARGS = 2_100_000;

/** The keys and arguments of a call of KEEP. @throws RedisFailure `too-large` */
export function keepCall(keys: Keys, { token, batch, changes, spaces, touches }: StoreWrite): Call {
  const parts = bySpace(changes, spaces);
  const events = batch?.events ?? [];
  const args: Arg[] = [
    token ?? '',
    SCHEMA,
    batch?.number ?? '',
    batch?.cursor ?? '',
    batch?.elements ?? '',
    batch?.whole === true ? '1' : '',
    touches ? '1' : '',
    channels.events,
    parts.size,
  ];
  for (const [space, { sets, dels }] of parts) {
    args.push(space, isEngineSpace(space) ? '1' : '', sets.size, dels.size);
    for (const [key, value] of sets) args.push(key, value);
    for (const key of dels) args.push(key);
  }
  args.push(events.length);
  for (const event of events) args.push(event.id, channelOf(event), JSON.stringify(event));
  if (args.length > MAX_ARGS) throw new RedisFailure('too-large', `${args.length} values, ${MAX_ARGS} at most`);
  return {
    keys: [
      keys.meta,
      keys.fence,
      keys.events,
      keys.ids,
      keys.spaces,
      ...[...parts.keys()].map((space) => keys.space(space)),
    ],
    args,
  };
}

/**
 * Reads the reply of KEEP; `again`: there are spaces that the call did not name. @throws RedisFailure when other data
 * is at our keys
 */
export function commitReply(reply: unknown): Committed | 'again' {
  const [outcome, ...details] = reply as [string, ...string[]];
  switch (outcome) {
    case 'ok':
      return { ok: true };
    case 'fenced':
      return { ok: false, reason: 'fenced' };
    case 'lost': {
      const [found = '0', cursor = ''] = details;
      return {
        ok: false,
        reason: 'lost',
        found: Number(found),
        cursor: cursor === '' ? undefined : (Number(cursor) as EventTime),
      };
    }
    case 'again':
      return 'again';
    default:
      throw obstacle(outcome, details);
  }
}

/** The failure for a script that found other data at our keys. It wrote nothing then. */
export function obstacle(outcome: string, [first = '', second = '']: readonly string[]): RedisFailure {
  switch (outcome) {
    case 'type':
      return new RedisFailure('wrongtype', `${first} is a ${second}`);
    case 'foreign':
      return new RedisFailure('foreign', first);
    case 'schema':
      return new RedisFailure('schema', `schema ${first}, ours is ${SCHEMA}`);
    default:
      return new RedisFailure('other', `a script gave ${outcome}`);
  }
}

interface BatchPart {
  readonly sets: Map<string, string>;
  readonly dels: Set<string>;
}

/** If several changes have the same place, the last one counts. */
function bySpace(changes: readonly StateChange[], spaces: readonly Space[]): Map<Space, BatchPart> {
  const parts = new Map<Space, BatchPart>(spaces.map((space) => [space, { sets: new Map(), dels: new Set() }]));
  for (const { space, key, value } of changes) {
    const part = parts.get(space) ?? { sets: new Map<string, string>(), dels: new Set<string>() };
    parts.set(space, part);
    if (value === undefined) {
      part.sets.delete(key);
      part.dels.add(key);
    } else {
      part.dels.delete(key);
      part.sets.set(key, value);
    }
  }
  return parts;
}

/** '' for events about our own view, which have no territory. */
function channelOf({ source }: UnroutableEvent): string {
  const id = /^\/territories\/(.+)$/.exec(source)?.[1];
  return id === undefined ? '' : channels.ofTerritory(id);
}
