import type { EventTime } from '../bgp/time.ts';
import { dayText, type Wall } from './clock.ts';
import type { Span } from './columns.ts';

/** A mark on the time axis: the column under which the moment lies. */
export interface Tick {
  readonly column: number;
  readonly at: EventTime;
}

/** Steps people count time in, in minutes. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 43_200, 86_400, 172_800, 525_600,
];

/** Columns between two ticks at least, so that `23 Dec` and a space fit. */
const TICK_COLUMNS = 8;

/** Ticks at whole steps of UTC, as close together as their labels allow. */
export function ticksOf({ from, to }: Span, columns: number): readonly Tick[] {
  const perColumn = (to - from) / columns;
  const minutes = STEPS.find((step) => step * 60_000 >= perColumn * TICK_COLUMNS) ?? STEPS.at(-1) ?? 1;
  const step = minutes * 60_000;
  const ticks: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at < to; at += step) {
    ticks.push({ at: at as EventTime, column: Math.floor((at - from) / perColumn) });
  }
  return ticks;
}

/** Labels under their ticks: the time of day, at midnight the day; from one tick a day on, days alone. */
export function labelRow(ticks: readonly Tick[], columns: number, wall: (at: EventTime) => Wall): string {
  const [first, second] = ticks;
  const daily = first !== undefined && second !== undefined && second.at - first.at >= 86_400_000;
  let row = '';
  for (const { at, column } of ticks) {
    const there = wall(at);
    const clock = there.time.slice(0, 5);
    const label = daily || clock === '00:00' ? dayText(there) : clock;
    if (column + label.length > columns) break;
    row = row.padEnd(column) + label;
  }
  return row;
}
