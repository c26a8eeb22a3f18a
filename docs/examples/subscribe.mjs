// Prints the events of unroutable that Redis has, a line of JSON each. Needs Node.js and ioredis.
//
//   node subscribe.mjs hints                  what is published from now on; what is missed is gone
//   node subscribe.mjs follow [EVENT-ID]      all stored events, or all after this event, and new ones
//   node subscribe.mjs work GROUP CONSUMER    what no other consumer of the group has, until it is acknowledged
//
// REDIS_URL is redis://127.0.0.1:6379 by default, WATCH the ids of all that is watched: KP, or JP+KP.
import { Redis } from 'ioredis';

const watch = process.env.WATCH ?? 'KP';
const events = `unroutable:{${watch}}:events`;
const ids = `unroutable:{${watch}}:ids`;
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
  // Wait for a Redis that is away. A link is dead if not even the end of a BLOCK arrives.
  maxRetriesPerRequest: null,
  socketTimeout: 15_000,
});
redis.on('error', (error) => console.error(`redis: ${error.message}`));

/** Pub/sub. Never ends. */
async function hints() {
  redis.on('message', (_, event) => handle(JSON.parse(event)));
  await redis.subscribe('unroutable:events'); // or unroutable:events:KP
}

/** The stream, from the beginning or after an event. Never ends. */
async function follow(after) {
  let entry = after === undefined ? '0' : await redis.hget(ids, after);
  if (entry === null) throw new Error(`${after} is no longer stored, or never was`);
  const last = new Map();
  for (;;) {
    const reply = await redis.xread('COUNT', 100, 'BLOCK', 5000, 'STREAMS', events, entry);
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      const event = eventIn(fields);
      const before = last.get(event.source);
      if (before !== undefined && event.previousid !== before) console.error(`a hole after ${before}`);
      last.set(event.source, event.id);
      handle(event);
      entry = id;
    }
  }
}

/** The stream, shared in a consumer group. Never ends. */
async function work(group, consumer) {
  await createGroup(group);
  // First what this consumer was given and did not acknowledge, then what is new.
  for (let from = '0'; ;) {
    try {
      const reply = await redis.xreadgroup(
        ...['GROUP', group, consumer, 'COUNT', 100, 'BLOCK', 5000, 'STREAMS', events, from],
      );
      const entries = reply?.[0]?.[1] ?? [];
      await handleAll(group, entries);
      if (entries.length > 0) continue;
      from = '>';
      // What another consumer was given a minute ago and never acknowledged.
      const [, orphans] = await redis.xautoclaim(events, group, consumer, 60_000, '0-0', 'COUNT', 100);
      await handleAll(group, orphans);
    } catch (error) {
      if (!/^(NOGROUP|UNBLOCKED)/.test(error.message)) throw error;
      await createGroup(group); // Redis was emptied: all stored events come again.
    }
  }
}

/** At 0, so that it gets what was there before. Without MKSTREAM: the stream is made by unroutable alone. */
async function createGroup(group) {
  for (;;) {
    try {
      return await redis.xgroup('CREATE', events, group, '0');
    } catch (error) {
      if (error.message.startsWith('BUSYGROUP')) return;
      if (!error.message.includes('requires the key to exist')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000)); // until the first event
    }
  }
}

async function handleAll(group, entries) {
  for (const [id, fields] of entries) {
    if (fields === null) console.error(`entry ${id} was deleted before it was handled`);
    else handle(eventIn(fields));
    await redis.xack(events, group, id);
  }
}

function eventIn(fields) {
  return JSON.parse(fields[fields.indexOf('event') + 1]);
}

/** Yours. Keep event.id together with what you do, in one transaction: the same event may come again. */
function handle(event) {
  console.log(JSON.stringify(event));
}

const [mode, ...args] = process.argv.slice(2);
await { hints, follow, work }[mode](...args);
