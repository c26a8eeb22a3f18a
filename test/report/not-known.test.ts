import { expect, test } from 'vitest';
import { HistoryRecorder } from '../../src/app/output/history-recorder.ts';
import { chartLines } from '../../src/report/chart.ts';
import { createClock } from '../../src/report/clock.ts';
import { noPaint } from '../../src/report/paint.ts';
import { clock, Day, peers, UNITS } from '../support/day.ts';

/** Twelve hours of North Korea in sixty columns of twelve minutes: below the title, ten rows of the area and the lifelines. */
function chartOf(happens: (day: Day) => void): string[] {
  const recorder = new HistoryRecorder();
  const day = new Day({ watch: (engine) => recorder.watch(engine) });
  happens(day);
  const [seen] = recorder.seen;
  return chartLines(seen?.history.bins ?? [], {
    title: 'North Korea, IPv4',
    span: { from: clock('12:00'), to: clock('+1 00:00') },
    end: day.engine.now ?? clock('12:00'),
    clock: createClock(undefined),
    thresholds: [],
    width: 77,
    charset: 'ascii',
    paint: noPaint,
  })
    .slice(2, 16)
    .map((row) => row.slice(16));
}

test('a hole in the files of all collectors is not known: neither lost nor 0 %', () => {
  const rows = chartOf((day) => {
    day.dump('12:00', peers(20)).withdraw('16:00', peers(20)).tick('17:00').gap('17:00', 'rrc00');
    day.dump('20:00', peers(20)).tick('23:59');
  });
  for (const row of rows.slice(0, 9)) expect(row).toMatch(/^#{20}.{5,6}\/{14,15}#{20}$/);
  for (const row of rows.slice(10)) expect(row).toMatch(/^#{20}\+?\.{5,6}\/{14,15}#{20}$/);
});

test('a network without any route so far is not known to be lost; after its first route it is', () => {
  const rows = chartOf((day) => {
    day.dump('12:00', peers(20), UNITS.slice(0, 3));
    day.announce('16:00', peers(20), [UNITS[3]]).tick('18:00').withdraw('20:00', peers(20), [UNITS[3]]).tick('23:59');
  });
  expect(rows[10]).toMatch(/^#{60}$/);
  expect(rows[13]).toMatch(/^\/{20}[+#]#{19}[+.]\.{19}$/);
});

test('after the last record nothing is known, whatever was so before', () => {
  const rows = chartOf((day) => void day.dump('12:00', peers(20)).tick('18:00'));
  for (const row of rows) expect(row).toMatch(/^#{30,31}\/{29,30}$/);
});
