import { eventTimeOf, type EventTime } from './time.ts';

/** How moments are written, for messages. */
export const MOMENT_FORM =
  'a time in UTC such as 2014-12-22T16:15:00Z, 2014-12-22T16:15 or 2014-12-22, or in seconds since 1970';

const FORM = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Reads an RFC 3339 time; without an offset it is UTC, never the machine's zone. A day that the calendar does not have
 * is `undefined`, as is anything else.
 */
export function parseMoment(text: string): EventTime | undefined {
  if (/^\d{9,10}$/.test(text)) return eventTimeOf(Number(text) * 1000);
  const [, day, minute = '00:00', second = ':00', offset = 'Z'] = FORM.exec(text) ?? [];
  if (day === undefined) return undefined;
  // Date.parse takes 30 February for 2 March.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  const ms = Date.parse(`${day}T${minute}${second}${offset}`);
  return Number.isNaN(ms) ? undefined : eventTimeOf(ms);
}
