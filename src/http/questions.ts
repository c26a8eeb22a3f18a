import { z } from 'zod';
import type { EventTime } from '../bgp/time.ts';
import { LAST_EVENT_TIME } from '../bgp/time.ts';

const moment = z
  .string()
  .max(40)
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}/, { error: 'a time is needed, such as 2014-12-22T16:15:00Z' })
  .refine((text) => Number.isFinite(Date.parse(text)) && isDay(text.slice(0, 10)), {
    error: 'a time is needed, such as 2014-12-22T16:15:00Z',
  })
  .transform((text) => Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`))
  .refine((at) => at >= 0 && at <= LAST_EVENT_TIME, { error: 'it is not a time that a collector can write' })
  .transform((at) => at as EventTime);

/** Whether there is such a day: `Date.parse` takes 30 February for 2 March. */
function isDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

const territory = z
  .string()
  .max(64)
  .regex(/^[^/]+$/, { error: 'the id of a territory is needed, such as KP' })
  .optional();
const family = z.enum(['ipv4', 'ipv6']).optional();
const view = { territory, family };
const span = { from: moment.optional(), until: moment.optional() };
const limit = (most: number) => z.coerce.number().int().min(1).max(most).optional();

/** What each address of the API may be asked. */
export const questions = {
  none: z.strictObject({}),
  view: z.strictObject(view),
  territory: z.strictObject({ territory }),
  incidents: z.strictObject({ ...view, ...span, limit: limit(1000) }),
  timeline: z.strictObject({ ...view, ...span, resolution: z.enum(['exact', 'minute', 'hour', 'day']).optional() }),
  span: z.strictObject({ ...view, ...span }),
  moment: z.strictObject({ ...view, at: moment.optional() }),
  events: z.strictObject({ after: z.string().max(128).optional(), limit: limit(1000) }),
  uptime: z.strictObject({ ...view, ...span, by: z.enum(['month', 'year']).optional() }),
  badge: z.strictObject(view),
} as const;

/** The parameters of each route as types, by name. */
export type Questions = { readonly [Name in keyof typeof questions]: z.infer<(typeof questions)[Name]> };
