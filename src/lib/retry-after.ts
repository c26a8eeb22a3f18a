/** The longest wait that a server may ask for, by default. Milliseconds. */
export const LONGEST_WAIT_MS = 24 * 3_600_000;

const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';

/**
 * The three forms of RFC 9110 section 5.6.7: IMF-fixdate, RFC 850's, asctime's. Other forms that Date.parse accepts are
 * refused.
 */
const HTTP_DATES: readonly RegExp[] = [
  new RegExp(`^[A-Z][a-z]{2}, \\d{2} (?:${MONTHS}) \\d{4} \\d{2}:\\d{2}:\\d{2} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, \\d{2}-(?:${MONTHS})-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (?:${MONTHS}) [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}$`),
];

/**
 * How long a server asks to wait before the next request: `Retry-After` (RFC 9110 section 10.2.3), seconds or an HTTP
 * date.
 *
 * @param text the header; absent when the answer has none.
 * @param nowMs our wall clock, for dates; milliseconds since 1970.
 * @param longestMs longer waits are cut to this, so that a wrong clock does not stop us for days.
 * @returns milliseconds from now, never below 0; `undefined`: neither seconds nor a date.
 */
export function retryAfterMs(
  text: string | null | undefined,
  nowMs: number,
  longestMs = LONGEST_WAIT_MS,
): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (/^\d+$/.test(trimmed)) return Math.min(Number(trimmed) * 1000, longestMs);
  if (!HTTP_DATES.some((form) => form.test(trimmed))) return undefined;
  const at = Date.parse(trimmed.endsWith('GMT') ? trimmed : `${trimmed} GMT`);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at - nowMs, 0), longestMs);
}
