import { DAY_MS, type EventTime } from '../bgp/time.ts';
import { dayText, type Wall } from './clock.ts';
import type { Span } from './columns.ts';

/** A mark on the time axis: the column under which the moment lies. */
export interface Tick {
  readonly column: number;
  readonly at: EventTime;
}

/** Steps of the axis, in minutes: parts of an hour, hours, days, weeks, 30 days, years of 365 days. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 43_200, 86_400, 172_800].concat(
  [1, 2, 5, 10, 20, 50].map((years) => years * 525_600),
);

/** Least number of columns between two ticks: room for `23 Dec` and a space. */
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

/**
 * Labels under their ticks: the time of day, and the day at midnight. With steps of a day or more: days. With steps of
 * 30 days or more: months.
 */
export function labelRow(ticks: readonly Tick[], columns: number, wall: (at: EventTime) => Wall): string {
  const [first, second] = ticks;
  const days = first === undefined || second === undefined ? 0 : (second.at - first.at) / DAY_MS;
  let row = '';
  for (const { at, column } of ticks) {
    const there = wall(at);
    const label = labelOf(there, days);
    if (column + label.length > columns) break;
    row = row.padEnd(column) + label;
  }
  return row;
}

function labelOf(wall: Wall, days: number): string {
  if (days >= 30) return `${wall.year}-${wall.month}`;
  const clock = wall.time.slice(0, 5);
  return days >= 1 || clock === '00:00' ? dayText(wall) : clock;
}
