import { describe, expect, test } from 'vitest';
import { absent, list, map, object, optional, parseRecord, recordText, row, set, word } from '../../src/state/codec.ts';
import {
  asn,
  count,
  flag,
  number,
  path,
  pathId,
  peer,
  prefix,
  rareFlag,
  text,
  time,
  unit,
  units,
} from '../../src/state/values.ts';

const everything = object({
  number,
  count,
  time,
  text,
  flag,
  rare: rareFlag,
  asn,
  peer,
  prefix,
  path,
  units,
  word: word(['up', 'down']),
  list: list(unit),
  set: set(text),
  map: map(asn, time),
  row: row({ on: flag, since: absent(time) }),
  optional: optional(count),
  absent: absent(count),
});

const WRITTEN =
  '{"number":0.5,"count":3,"time":1419264912000,"text":"a","flag":false,"asn":131279,"peer":"rrc00|192.0.2.1|64500",' +
  '"prefix":"175.45.176.0/24","path":"64500 131279","units":"0-1 3","word":"up","list":[0,3],"set":["a","b"],' +
  '"map":[[64500,1419264912000]],"row":[true]}';

test('a schema writes again what it reads, in its own order, without absent fields', () => {
  const value = parseRecord(everything, WRITTEN, 4);
  expect(recordText(everything, value)).toBe(WRITTEN);
  expect(value).toMatchObject({ list: [0, 3], units: [0, 1, 3], row: { on: true }, rare: false, optional: undefined });
  expect(Object.keys(value)).toContain('optional');
  expect(Object.keys(value)).not.toContain('absent');
  expect(Object.keys(value.row)).toEqual(['on']);
});

describe('a value of another form is refused, and the field is named', () => {
  test.each<[string, unknown, string]>([
    ['number', '1', 'number: it is not a number'],
    ['count', -1, 'count: it is not a whole number in range'],
    ['time', 1.5, 'time: it is not a time'],
    ['text', 7, 'text: it is not text'],
    ['flag', 'no', 'flag: it is neither true nor false'],
    ['rare', 1, 'rare: it is neither true nor false'],
    ['asn', 2 ** 32, 'asn: it is not an AS number'],
    ['peer', 'rrc00|192.0.2.1', 'peer: it cannot be rrc00|192.0.2.1'],
    ['prefix', '192.0.2.1/24/1', 'prefix: it cannot be 192.0.2.1/24/1'],
    ['units', '0-4', 'units: 0-4 is not a run of units'],
    ['word', 'sideways', 'word: it is not one of up, down'],
    ['list', [4], 'list: it is not a whole number in range'],
    ['set', {}, 'set: it is not a list'],
    ['map', [[64500]], 'map: it is not a pair'],
    ['row', [true, 1419264912000, 3], 'row: it is not a row of values'],
    ['row', [true, 'now'], 'row: since: it is not a time'],
    ['absent', 'x', 'absent: it is not a whole number in range'],
  ])('%s of %j', (name, value, reason) => {
    const fields = { ...(JSON.parse(WRITTEN) as Record<string, unknown>), [name]: value };
    expect(() => parseRecord(everything, JSON.stringify(fields), 4)).toThrow(reason);
  });

  test('a path identifier beyond 32 bits', () => {
    expect(() => pathId.decode(2 ** 32, 0)).toThrow('in range');
  });
});
