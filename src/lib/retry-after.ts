/** Longest `Retry-After` that is taken for a number of seconds. */
const MAX_SECONDS = 86_400;

/**
 * How long a server asks us to wait, RFC 9110 section 10.2.3.
 *
 * @param text the header: seconds, or a date; `undefined` when there is none
 * @param nowMs our wall clock, for dates; milliseconds since 1970
 * @returns milliseconds from now; 0 when it says nothing that can be read
 */
export function retryAfterMs(text: string | undefined, nowMs: number): number {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_SECONDS) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.min(Math.max(0, at - nowMs), MAX_SECONDS * 1000);
}
