import { channels, SCHEMA, type Keys } from '../keys.ts';
import type { Check } from './check.ts';
import type { Arg, RedisLink } from './link.ts';
import { LOOK } from './scripts.ts';

/** Checks what is at our keys, and whether this user has the rights that we need there. @throws RedisFailure */
export async function checkPlace(link: RedisLink, keys: Keys, waits: boolean): Promise<readonly Check[]> {
  const places: readonly (readonly [key: string, type: string])[] = [
    [keys.meta, 'hash'],
    [keys.fence, 'hash'],
    [keys.lease, 'string'],
    [keys.events, 'stream'],
    [keys.ids, 'hash'],
    [keys.spaces, 'set'],
  ];
  const commands = commandsOf(keys, waits).flatMap((words) => [words.length, ...words]);
  const [types, schema, forbidden] = (await link.run(
    LOOK,
    places.map(([key]) => key),
    commands,
  )) as [readonly string[], string, readonly string[]];
  const foreign = places.find(([, type], i) => types[i] !== 'none' && types[i] !== type);
  const orphan = places.find((_, i) => types[i] !== 'none');
  return [
    rightsCheck(forbidden),
    foreign === undefined
      ? keysCheck(schema, orphan?.[0])
      : refusal(
          `${foreign[0]} is not a ${foreign[1]}: something else uses it: remove it, or give this watch another name`,
        ),
  ];
}

function rightsCheck(forbidden: readonly string[]): Check {
  if (forbidden.length === 0) return { check: 'rights', level: 'ok', text: 'rights: all that is needed' };
  const names = [...new Set(forbidden)].map((name) => name.toUpperCase()).join(', ');
  return {
    check: 'rights',
    level: 'refuse',
    text: `rights: this user may not do ${names} on our keys and channels: grant the rights that docs/redis.md lists under “ACL user”`,
  };
}

/** The same check for readers, with only the commands that reading needs. @throws RedisFailure */
export async function checkPlaceToRead(link: RedisLink, keys: Keys): Promise<readonly Check[]> {
  const [schema] = await Promise.all([
    link.call('hget', [keys.meta, 'schema']),
    link.call('get', [keys.lease]),
    link.call('xlen', [keys.events]),
  ]);
  return [keysCheck(typeof schema === 'string' ? schema : '', undefined)];
}

function keysCheck(schema: string, orphan: string | undefined): Check {
  if (schema === String(SCHEMA)) return { check: 'keys', level: 'ok', text: `keys: ours, schema ${SCHEMA}` };
  if (schema === '') {
    return orphan === undefined
      ? { check: 'keys', level: 'ok', text: 'keys: none yet' }
      : refusal(`${orphan} is there and does not say that it is ours: remove it, or give this watch another name`);
  }
  const other =
    Number(schema) > SCHEMA
      ? `they are of a newer version of this program (schema ${schema}, ours is ${SCHEMA}): use that one`
      : `they are of an older version of this program, whose state this one cannot read (schema ${schema}, ours is ${SCHEMA}): use that one, or give this watch another name`;
  return { ...refusal(other), isOtherVersion: true };
}

function refusal(text: string): Check {
  return { check: 'keys', level: 'refuse', text: `keys: ${text}` };
}

/** Every command that we send, with keys and channels of the kinds that we use. */
function commandsOf(keys: Keys, waits: boolean): readonly (readonly Arg[])[] {
  const space = keys.space('voters');
  return [
    ...[keys.meta, keys.fence, keys.ids, space].flatMap((key) => [
      ['hset', key, 'f', 'v'],
      ['hget', key, 'f'],
    ]),
    ...[keys.meta, keys.fence, keys.lease, keys.events, keys.ids, keys.spaces, space].map((key) => ['type', key]),
    ['hgetall', keys.meta],
    ['hexists', keys.ids, 'f'],
    ['hdel', keys.ids, 'f'],
    ['hgetall', space],
    ['hvals', space],
    ['hdel', space, 'f'],
    ['del', space],
    ['exists', space],
    ['sadd', keys.spaces, 'm'],
    ['srem', keys.spaces, 'm'],
    ['sismember', keys.spaces, 'm'],
    ['smembers', keys.spaces],
    ['get', keys.lease],
    ['set', keys.lease, 'v', 'PX', 1],
    ['pexpire', keys.lease, 1],
    ['pttl', keys.lease],
    ['del', keys.lease],
    ['xadd', keys.events, '*', 'f', 'v'],
    ['xrange', keys.events, '-', '+'],
    ['xrevrange', keys.events, '+', '-'],
    ['xlen', keys.events],
    ['xtrim', keys.events, 'MAXLEN', 0],
    ['xread', 'STREAMS', keys.events, '0'],
    ['xinfo', 'GROUPS', keys.events],
    ['xpending', keys.events, 'g'],
    ['time'],
    ...[channels.events, channels.ofTerritory('XX')].map((channel) => ['publish', channel, 'm']),
    ['evalsha', '0', 1, keys.meta],
    ['eval', '0', 1, keys.meta],
    ...(waits ? [['wait', 1, 1]] : []),
  ];
}
