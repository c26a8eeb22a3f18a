import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CSV_COLUMNS, csvHeader, csvRow } from '../../src/report/csv.ts';
import { lastIncidents } from '../../src/report/verdicts.ts';
import { createTimeline } from '../../src/report/timeline.ts';
import { createClock } from '../../src/report/clock.ts';
import { noPaint } from '../../src/report/paint.ts';
import { wrapped } from '../../src/report/wrap.ts';
import { Day, peers, UNITS } from '../support/day.ts';

/** A day on which all is lost for twenty minutes; the incident closes half an hour later. */
function outage() {
  const day = new Day().dump('12:00', peers(20));
  for (const peer of peers(20)) day.withdraw('16:15', [peer], UNITS);
  for (const peer of peers(20)) day.announce('16:35', [peer], UNITS);
  return day.tick('18:00').events;
}

/** Splits as RFC 4180 reads: quotes around a field, doubled within. */
function fields(row: string): string[] {
  return [...row.replace(/\r\n$/, '').matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
}

describe('CSV of a real run', () => {
  const rows = outage().map((event) => fields(csvRow(event)));
  const column = (name: (typeof CSV_COLUMNS)[number]) => CSV_COLUMNS.indexOf(name);

  test('every row has every column, in the order of the header', () => {
    expect(csvHeader()).toBe(`${CSV_COLUMNS.join(',')}\r\n`);
    for (const row of rows) expect(row).toHaveLength(CSV_COLUMNS.length);
  });

  test('a verdict, a network and an incident fill their columns', () => {
    const of = (type: string) => rows.find((row) => row[column('type')] === type);
    expect(of('country.unroutable')?.[column('verdict')]).toBe('unroutable');
    expect(of('unit.lost')?.[column('unit')]).toMatch(/^175\.45\.17\d\.0\/24$/);
    expect(of('incident.closed')?.[column('duration_ms')]).toBe(String(20 * 60_000));
    expect(of('incident.closed')?.[column('incident_shape')]).toBe('cliff');
  });
});

describe('the timeline for people', () => {
  const lines = createTimeline({
    clocks: () => createClock('Asia/Pyongyang'),
    paint: noPaint,
    width: 80,
    degradedBelow: () => 0.9,
  })(outage());

  test('has a line a day, then what happened, without what says nothing new', () => {
    const text = lines.join('\n');
    expect(lines[0]).toBe('2014-12-22 UTC');
    expect(lines.filter((line) => /^ {2}\d\d:/.test(line)).map((line) => line.slice(2, 60))).toEqual([
      expect.stringMatching(/^16:15:30 {2}North Korea has been unroutable since 2014/),
      expect.stringMatching(/^16:36:00 {2}North Korea has been routable again since 20/),
      expect.stringMatching(/^17:05:00 {2}The incident is over: North Korea was unrou/),
    ]);
    expect(text).toContain('- Onset: a cliff, all at once;');
    expect(text).not.toContain('was lost at');
  });

  test('no line is wider than asked for', () => {
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});

test('an incident is shown as last reported', () => {
  const incidents = lastIncidents(outage());
  expect(incidents).toHaveLength(1);
  expect(incidents[0]).toMatchObject({ state: 'closed', territory: 'KP', family: 'ipv4', worst: 'unroutable' });
});

describe('wrapping', () => {
  test('keeps every word, in order, and breaks no number from its unit', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 10, max: 100 }), (words, width) => {
        const text = words.join(' ');
        const lines = wrapped(text, width);
        expect(lines.join(' ')).toBe(text);
        for (const line of lines) expect(line.length <= width || !/ (?!(?:d|h|s|min)\b)/.test(line)).toBe(true);
      }),
    );
    expect(wrapped('lasted 9 h 31 min, no more', 10)).toEqual(['lasted', '9 h 31 min,', 'no more']);
    expect(wrapped('in 5 min 10 s and 20 s', 13)).toEqual(['in 5 min 10 s', 'and 20 s']);
  });
});
