import { z } from 'zod';
import { parseMoment } from '../bgp/moment.ts';

const MOMENT_FAULT = 'a time is needed, such as 2014-12-22T16:15:00Z, that a collector can write';

/** A moment in the form of the command line, always with a time of day. The same parser checks the calendar. */
const moment = z
  .string()
  .max(40)
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}/, { error: MOMENT_FAULT, abort: true })
  .transform((text, context) => {
    const at = parseMoment(text);
    if (at !== undefined) return at;
    context.issues.push({ code: 'custom', message: MOMENT_FAULT, input: text });
    return z.NEVER;
  });

const territory = z
  .string()
  .max(64)
  .regex(/^[^/]+$/, { error: 'the id of a territory is needed, such as KP' })
  .optional();
const family = z.enum(['ipv4', 'ipv6']).optional();
const view = { territory, family };
const span = { from: moment.optional(), until: moment.optional() };
const limit = (most: number) => z.coerce.number().int().min(1).max(most).optional();

/** The parameters of each path of the API. */
export const questions = {
  none: z.strictObject({}),
  view: z.strictObject(view),
  territory: z.strictObject({ territory }),
  incidents: z.strictObject({ ...view, ...span, limit: limit(1000) }),
  timeline: z.strictObject({ ...view, ...span, resolution: z.enum(['exact', 'minute', 'hour', 'day']).optional() }),
  span: z.strictObject({ ...view, ...span }),
  moment: z.strictObject({ ...view, at: moment.optional() }),
  events: z.strictObject({ after: z.string().max(128).optional(), limit: limit(1000) }),
  stream: z.strictObject({ after: z.string().max(128).optional() }),
  uptime: z.strictObject({ ...view, ...span, by: z.enum(['month', 'year']).optional() }),
} as const;

/** The parameters of each route as types, by name. */
export type Questions = { readonly [Name in keyof typeof questions]: z.infer<(typeof questions)[Name]> };
