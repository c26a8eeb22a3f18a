import { expect, test } from 'vitest';
import { keysOf } from '../../../src/store/keys.ts';
import { keepCall, type StoreWrite } from '../../../src/store/redis/keep.ts';
import { batch, change, event } from '../../contract/fixtures.ts';

const keys = keysOf('KP');
const NOTHING: StoreWrite = { token: undefined, batch: undefined, changes: [], spaces: [], touches: false };

test('every key of a commit is named to Redis, has the watch as its hash tag, and is spelled by keys.ts', () => {
  const changes = [change('voters', 'a', '1'), change('routes/KP/ipv4', 'b', undefined)];
  const call = keepCall(keys, { ...NOTHING, batch: batch(1, { events: [event(1)] }), changes, spaces: ['engine'] });
  expect(call.keys).toEqual([
    'unroutable:{KP}:meta',
    'unroutable:{KP}:fence',
    'unroutable:{KP}:events',
    'unroutable:{KP}:ids',
    'unroutable:{KP}:spaces',
    'unroutable:{KP}:state:engine',
    'unroutable:{KP}:state:voters',
    'unroutable:{KP}:state:routes:KP:ipv4',
  ]);
});

test('an event is published on the channel of its territory; one of the observer only on that of all', () => {
  const ofTerritory = { ...event(2), source: '/territories/KP' };
  const { args } = keepCall(keys, { ...NOTHING, batch: batch(1, { events: [event(1), ofTerritory] }) });
  expect(args[7]).toBe('unroutable:events');
  expect(args.slice(-7)).toEqual([
    2,
    'event-1',
    '',
    JSON.stringify(event(1)),
    'event-2',
    'unroutable:events:KP',
    JSON.stringify(ofTerritory),
  ]);
});

test('a commit of a million records can be sent, a greater one is refused before it is', () => {
  const changes = Array.from({ length: 1_060_000 }, (_, i) => change('voters', String(i), ''));
  expect(keepCall(keys, { ...NOTHING, changes: changes.slice(0, 1_000_000) }).args.length).toBeGreaterThan(2_000_000);
  expect(() => keepCall(keys, { ...NOTHING, changes })).toThrow(expect.objectContaining({ kind: 'too-large' }));
});
