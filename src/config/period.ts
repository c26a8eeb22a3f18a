import { DAY_MS, type EventTime } from '../bgp/time.ts';
import { parseMoment } from '../bgp/moment.ts';

/** How users write a range of time, for messages. */
export const PERIOD_FORM = 'a year, a month, a day or a moment in UTC: 2014, 2014-12, 2014-12-22 or 2014-12-22T16:20';

/** A named range of event time: `until` is not part of it. */
export interface Period {
  readonly text: string;
  readonly from: EventTime;
  readonly until: EventTime;
}

/** Reads `2014`, `2014-12`, `2014-12-22`, or a moment, which lasts a second. Anything else is `undefined`. */
export function parsePeriod(text: string): Period | undefined {
  const [, year = '', month, day] = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(text) ?? [];
  if (year === '') return momentPeriod(text);
  const from = parseMoment(`${year}-${month ?? '01'}-${day ?? '01'}`);
  if (from === undefined) return undefined;
  if (day !== undefined) return { text, from, until: (from + DAY_MS) as EventTime };
  // Month 12 of Date.UTC is January of the next year.
  const until = month === undefined ? Date.UTC(Number(year) + 1, 0) : Date.UTC(Number(year), Number(month));
  return { text, from, until: until as EventTime };
}

function momentPeriod(text: string): Period | undefined {
  const from = parseMoment(text);
  return from === undefined ? undefined : { text, from, until: (from + 1000) as EventTime };
}
