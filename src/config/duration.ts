import { DAY_MS, HOUR_MS, MINUTE_MS } from '../bgp/time.ts';
import { LONGEST_MS } from '../policy/ranges.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: MINUTE_MS, min: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** How durations are written, for messages. */
export const DURATION_FORM = 'a duration such as 500ms, 30s, 5m, 1h30m or 1d, at most 365d';

/** Reads `30s`, `5m`, `1h30m`, `0s`: whole numbers with units, largest first. `undefined` for anything else. Milliseconds. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,12}(?:ms|s|min|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|min|m|h|d)/g)) {
    const size = UNITS[unit ?? ''] ?? Number.NaN;
    if (!(size < last)) return undefined;
    last = size;
    sum += Number(count) * size;
  }
  return sum <= LONGEST_MS ? sum : undefined;
}

/** The inverse of `parseDuration`: `90_000` is `1m30s`. */
export function durationArgument(ms: number): string {
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}
