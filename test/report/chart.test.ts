import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventTime } from '../../src/bgp/time.ts';
import type { Verdict } from '../../src/detect/events/event.ts';
import { ticksOf } from '../../src/report/axis.ts';
import { chartLines, type ChartOptions } from '../../src/report/chart.ts';
import { createClock } from '../../src/report/clock.ts';
import { columnsOf } from '../../src/report/columns.ts';
import { History } from '../../src/report/history.ts';
import { noPaint } from '../../src/report/paint.ts';

const NOON = Date.UTC(2014, 11, 22, 12);
const UNITS = [176, 177, 178, 179].map((n) => `175.45.${n}.0/24`);

/** What was seen from a minute after noon on: all units alike. */
type Step = readonly [minute: number, share: number | undefined, verdict?: Verdict];

function historyOf(steps: readonly Step[]): History {
  const history = new History();
  for (const [minute, share, verdict = 'routable'] of steps) {
    const units = UNITS.map((unit) => ({ unit, share }));
    history.add({ at: at(minute), verdict, share, voters: 40, units });
  }
  return history;
}

function at(minute: number): EventTime {
  return (NOON + minute * 60_000) as EventTime;
}

function chart(steps: readonly Step[], options: Partial<ChartOptions> = {}): string[] {
  return chartLines(historyOf(steps).bins, {
    title: 'North Korea, IPv4',
    span: { from: at(0), to: at(600) },
    clock: createClock('Asia/Pyongyang'),
    thresholds: [0.9, 0.5, 0.1],
    width: 80,
    charset: 'ascii',
    paint: noPaint,
    ...options,
  }).slice();
}

const OUTAGE: readonly Step[] = [
  [0, undefined, 'unknown'],
  [10, 1],
  [255, 0.03, 'unroutable'],
  [400, 0.75, 'degraded'],
  [500, 1],
];

describe('a chart of an outage', () => {
  test('has the area with its thresholds, a lifeline a network, and both clocks', () => {
    expect(chart(OUTAGE)).toEqual([
      'North Korea, IPv4',
      '2014-12-22 12:00:00 UTC to 2014-12-22 22:00:00 UTC, share that has a route',
      '          100 % //########################:                         :##########',
      '           90 % //########################:-------------------------:##########',
      '                //########################:                         :##########',
      '                //########################:               #####################',
      '                //########################:               #####################',
      '           50 % //########################:---------------#####################',
      '                //########################:               #####################',
      '                //########################:               #####################',
      '                //########################:               #####################',
      '           10 % //########################:---------------#####################',
      ...UNITS.map((unit) => `${unit} //########################+...............#####################`),
      '                +-----------+------------+-----------+------------+------------',
      '            UTC 12:00       14:00        16:00       18:00        20:00',
      '      Pyongyang 21:00       23:00        01:00       03:00        05:00',
      '                # seen by most  . by fewer  + : both in that time  / not known',
    ]);
  });

  test('in UTF-8 has eighths of a cell', () => {
    const [top = ''] = chart([[0, 0.97]], { charset: 'unicode' }).slice(2);
    expect(top).toMatch(/▆{60}/);
  });

  test('unknown time is hatched, not empty: blind is not dark', () => {
    const rows = chart([[0, undefined, 'unknown']]).slice(2, 16);
    for (const row of rows) expect(row.slice(16)).toMatch(/^\/+$/);
  });

  test('time before the first record and after the last is not known, and not routable', () => {
    const rows = chart([[120, 1]], { end: at(480) }).slice(2, 16);
    for (const row of rows) expect(row.slice(16)).toMatch(/^\/{12}#{38,39}\/{12,13}$/);
  });

  test('too few voters for less than the hold: the verdict stays, and what is seen is not known', () => {
    const rows = chart([
      [0, 1],
      [300, undefined],
      [480, 1],
    ]).slice(2, 16);
    for (const row of rows) expect(row.slice(16)).toMatch(/^#{31,32}\/{18,20}#{12,13}$/);
  });

  test('a drop that is known shows in a column in which something else is not', () => {
    const rows = chart([
      [0, 1],
      [301, 0.2, 'degraded'],
      [302, undefined, 'degraded'],
      [303, 1, 'routable'],
    ]);
    expect(rows[6]).toMatch(/#:#/);
  });

  test('a drop of one second shows, in a chart of ten hours', () => {
    const rows = chart([
      [0, 1],
      [300, 0, 'unroutable'],
      [300 + 1 / 60, 1],
    ]);
    expect(rows[2]).toContain(':');
    expect(rows[12]).toMatch(/#\+#/);
  });

  test('fits the width asked for, whatever was seen', () => {
    const step = fc.tuple(
      fc.integer({ min: 0, max: 100_000 }),
      fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      fc.constantFrom<Verdict>('unknown', 'routable', 'degraded', 'unroutable'),
    );
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 40, max: 200 }),
        fc.integer({ min: 1, max: 200_000 }),
        (steps, width, minutes) => {
          const sorted = steps.toSorted((a, b) => a[0] - b[0]);
          const lines = chart(sorted, { width, span: { from: at(0), to: at(minutes) } });
          for (const line of lines.slice(2, -1)) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test('more networks than fit: those seen least, and how many more', () => {
    const history = new History();
    const units = Array.from({ length: 20 }, (_, i) => ({ unit: `10.0.${i}.0/24`, share: i === 13 ? 0 : 1 }));
    history.add({ at: at(0), verdict: 'degraded', share: 0.95, voters: 40, units });
    const lines = chartLines(history.bins, {
      title: 'T',
      span: { from: at(0), to: at(600) },
      clock: createClock(undefined),
      thresholds: [],
      width: 80,
      charset: 'ascii',
      paint: noPaint,
    }).join('\n');
    expect(lines).toMatch(/10\.0\.13\.0\/24 \.{20}/);
    expect(lines).toContain('and 14 more networks');
  });
});

describe('the time axis', () => {
  test('has whole steps of UTC with room for their labels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000_000_000 }),
        fc.integer({ min: 60, max: 30 * 365 * 86_400 }),
        fc.integer({ min: 20, max: 180 }),
        (from, seconds, columns) => {
          const span = { from: (from * 1000) as EventTime, to: ((from + seconds) * 1000) as EventTime };
          const ticks = ticksOf(span, columns);
          expect(ticks.length).toBeLessThanOrEqual(columns / 8 + 1);
          for (const tick of ticks) {
            expect(tick.at % 60_000).toBe(0);
            expect(tick.column).toBeLessThan(columns);
          }
        },
      ),
    );
  });
});

describe('a history', () => {
  test('of any length stays within its bound, and keeps the lowest and the last value', () => {
    const history = new History();
    for (let second = 0; second < 50_000; second++) {
      const share = second === 31_415 ? 0.25 : 1;
      history.add({ at: (NOON + second * 1000) as EventTime, verdict: 'routable', share, voters: 40, units: [] });
    }
    expect(history.bins.length).toBeLessThanOrEqual(4096);
    expect(Math.min(...history.bins.map(({ range }) => range?.lowest ?? 1))).toBe(0.25);
    expect(history.bins.at(-1)?.share).toBe(1);
    const froms = history.bins.map(({ from }) => from);
    expect(froms).toEqual(froms.toSorted((a, b) => a - b));
  });

  test('holds its last value where nothing was received, and not the extremes before', () => {
    const columns = columnsOf(
      historyOf([
        [0, 1],
        [100, 0.2],
        [100, 0.6],
      ]).bins,
      { from: at(0), to: at(600) },
      6,
    );
    expect(columns.map((bin) => bin?.range?.lowest)).toEqual([1, 0.2, 0.6, 0.6, 0.6, 0.6]);
    expect(columns.map((bin) => bin?.range?.highest)).toEqual([1, 0.6, 0.6, 0.6, 0.6, 0.6]);
  });
});
