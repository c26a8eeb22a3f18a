import { describe, expect, test } from 'vitest';
import type { Collector } from '../../../src/bgp/peer.ts';
import {
  dumpBefore,
  filesOfWindow,
  type ArchiveFile,
  type EventWindow,
  type UpdateFile,
} from '../../../streams/archive/layout.ts';

const DAY = '2014-12-22';

/** `16:30` of the day, or a whole date. */
function ms(time: string): number {
  return Date.parse(time.includes('T') ? `${time}Z` : `${DAY}T${time}Z`);
}

function file(kind: 'rib' | 'updates', time: string): ArchiveFile {
  return { collector: 'rrc00' as Collector, kind, start: ms(time), url: time, place: time };
}

const dumps = (...times: readonly string[]): ArchiveFile[] => times.map((time) => file('rib', time));

/** `16:30-16:35` */
const updates = (...times: readonly string[]): UpdateFile[] =>
  times.map((span) => {
    const [start = '', end = ''] = span.split('-');
    return { ...file('updates', start), end: ms(end) };
  });

const between = (from: string, until: string): EventWindow => ({ fromMs: ms(from), untilMs: ms(until) });
const named = (files: readonly ArchiveFile[]): string[] => files.map(({ url }) => url);

const DUMPS = dumps('00:00', '08:00', '16:00');
const UPDATES = updates('07:55-08:00', '08:00-08:05', '08:05-08:10', '15:55-16:00', '16:00-16:05', '16:05-16:10');

describe('the files of a window are the last dump before it, the dumps inside, and the updates since that dump', () => {
  test.each([
    ['a dump inside', '15:00', '16:02', ['08:00', '16:00', '08:00', '08:05', '15:55', '16:00']],
    ['no dump inside', '15:00', '15:58', ['08:00', '08:00', '08:05', '15:55']],
    ['a begin at the moment of a dump', '16:00', '16:02', ['16:00', '16:00']],
    ['an end at the moment of a dump', '15:00', '16:00', ['08:00', '16:00', '08:00', '08:05', '15:55', '16:00']],
    ['one moment', '08:06', '08:06', ['08:00', '08:00', '08:05']],
    ['a time after all files', '20:00', '21:00', ['16:00', '16:00', '16:05']],
  ])('%s', (_, from, until, expected) => {
    expect(named(filesOfWindow(DUMPS, UPDATES, between(from, until)))).toEqual(expected);
  });

  test.each([
    ['no dump at all', [], '08:02', ['08:00', '08:05']],
    ['the first dump inside', dumps('08:06'), '08:02', ['08:06', '08:00', '08:05']],
    ['the last dump a day and a second before', dumps('2014-12-21T08:01:59'), '08:02', ['08:00', '08:05']],
  ])('without a dump before it, the updates that reach into it: %s', (_, some, from, expected) => {
    expect(dumpBefore(some, ms(from))).toBeUndefined();
    expect(named(filesOfWindow(some, UPDATES, between(from, '08:10')))).toEqual(expected);
  });

  test('a dump of exactly a day before is the dump before it', () => {
    const [dump] = dumps('2014-12-21T08:00');
    expect(dumpBefore(dump === undefined ? [] : [dump], ms('08:00'))).toBe(dump);
  });

  test('an update file that begins in time is one of them, though its end is not known', () => {
    const unknown = updates('08:00-08:00', '08:05-08:05', '08:10-08:10');
    expect(named(filesOfWindow(dumps('08:05'), unknown, between('08:05', '08:12')))).toEqual([
      '08:05',
      '08:05',
      '08:10',
    ]);
  });

  test('nothing of a window before all files, and nothing of no files', () => {
    expect(filesOfWindow(dumps('16:00'), UPDATES, between('06:00', '07:00'))).toEqual([]);
    expect(filesOfWindow([], [], between('06:00', '07:00'))).toEqual([]);
  });
});
