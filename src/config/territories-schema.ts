import * as z from 'zod';
import { asnOf, parseAsn, type Asn } from '../bgp/asn.ts';
import type { Prefix } from '../bgp/prefix.ts';
import { isTimeZone } from '../report/clock.ts';
import { isWholeBlock, SHORTEST_COVERING } from '../territory/territory.ts';
import { parseCidr } from './cidr.ts';
import { DURATION_FORM, parseDuration } from './duration.ts';
import { POLICY_SETTINGS, VOTING_SETTINGS, type Kind, type Setting } from './settings.ts';

/** `policyFaults` checks the ranges. */
const KINDS: Readonly<Record<Kind, z.ZodType<number | undefined>>> = {
  share: z.number().optional(),
  count: z.number().optional(),
  // A number is accepted here, so that the fault asks for the unit and not for quotes.
  duration: z
    .union([z.string(), z.number()], `is not ${DURATION_FORM}`)
    .transform((given, context): number => {
      const ms = typeof given === 'number' ? undefined : parseDuration(given);
      if (ms !== undefined) return ms;
      context.addIssue({ code: 'custom', message: `is not ${DURATION_FORM}`, input: given });
      return z.NEVER;
    })
    .optional(),
};

/** The form of a territories file. What no field can say alone (overlaps, one id twice) is checked after it. */
export const territoriesSchema = z.strictObject({
  territories: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,31}$/, 'is not an id: 1 to 32 capital letters, digits and -'),
        name: z.string().regex(/^(?! )[^\p{Cc}\p{Cs}]{1,80}(?<! )$/u, 'is not a name: 1 to 80 characters on one line'),
        blocks: z.array(block()).min(1, 'is empty: without a block there is nothing to watch'),
        origins: z.array(origin()).default([]),
        timeZone: z.string().refine(isTimeZone, 'is not a time zone such as Asia/Pyongyang').optional(),
        policy: settings(POLICY_SETTINGS).optional(),
      }),
    )
    .min(1, 'is empty: without a territory there is nothing to watch'),
  voting: settings(VOTING_SETTINGS).optional(),
});

/** A territories file after the schema has read it. */
export type TerritoriesDocument = z.output<typeof territoriesSchema>;

function block() {
  return z.string().transform((text, context): Prefix => {
    const cidr = parseCidr(text);
    if (cidr.ok && isWholeBlock(cidr.prefix)) return cidr.prefix;
    const reason = cidr.ok ? `is larger than a /${SHORTEST_COVERING}` : cidr.reason;
    context.addIssue({ code: 'custom', message: reason, input: text });
    return z.NEVER;
  });
}

/** `131279` or `AS131279`. */
function origin() {
  return z.union([z.number(), z.string()], 'is not an AS number').transform((value, context): Asn => {
    const asn = typeof value === 'number' ? asnOf(value) : parseAsn(value);
    if (asn !== undefined && asn > 0) return asn;
    context.addIssue({ code: 'custom', message: 'is not an AS number', input: value });
    return z.NEVER;
  });
}

function settings<Key extends string>(table: readonly Setting<Key>[]) {
  return z.strictObject(Object.fromEntries(table.map(({ name, kind }) => [name, KINDS[kind]])));
}
