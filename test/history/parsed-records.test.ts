import { expect, test } from 'vitest';
import { timelineText, timelineView } from '../../src/http/timeline-view.ts';
import { ParsedRecords } from '../../src/history/parsed-records.ts';
import type { Reader } from '../../src/history/stored.ts';
import { outageStore } from '../http/scene.ts';

const RANGE = { from: Date.UTC(2014, 11, 22, 12) as never, until: Date.UTC(2014, 11, 22, 16) as never };

test('the text of a timeline is that of its view, at every resolution, the first time and later', async () => {
  const store = await outageStore();
  const reader: Reader = { read: (space, keys) => store.read(space, keys), parsed: new ParsedRecords() };
  for (const resolution of ['exact', 'minute', 'hour', 'day'] as const) {
    const view = JSON.stringify(await timelineView(store, { ...RANGE, resolution }));
    const texts = [await timelineText(reader, { ...RANGE, resolution })];
    texts.push(await timelineText(reader, { ...RANGE, resolution }));
    expect([resolution, texts]).toEqual([resolution, [view, view]]);
  }
});

test('a record is parsed once as long as its text is the same, and again when it is another', () => {
  const records = new ParsedRecords();
  let parsed = 0;
  const read = (text: string) =>
    records.bucketsOf('KP/ipv4 d 2014', text, () => {
      parsed++;
      return [];
    });
  const first = read('a');
  expect(read('a')).toBe(first);
  expect(parsed).toBe(1);
  expect(read('b')).not.toBe(first);
  read('a');
  expect(parsed).toBe(3);
});

test('the oldest records are dropped when there are too many characters', () => {
  const records = new ParsedRecords();
  let parsed = 0;
  const read = (place: string, chars: number) =>
    records.bucketsOf(place, 'x'.repeat(chars), () => {
      parsed++;
      return [];
    });
  for (const place of ['a', 'b', 'c']) read(place, 900_000);
  read('c', 900_000);
  read('b', 900_000);
  expect(parsed).toBe(3);
  read('a', 900_000);
  expect(parsed).toBe(4);
  read('too long for all', 3_000_000);
  read('too long for all', 3_000_000);
  expect(parsed).toBe(6);
});
