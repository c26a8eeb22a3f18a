import { asPathOf, type AsPath } from '../../src/bgp/as-path.ts';
import { asnOf, type Asn } from '../../src/bgp/asn.ts';
import { eventTimeOf, type EventTime } from '../../src/bgp/time.ts';

/**
 * Readers of single fields of a message. Each takes any JSON value and returns our type or `undefined`. They never
 * throw, and read only as deep as the field is nested.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The largest BGP message (65,535 bytes, RFC 8654) carries no more AS numbers than this, and no more NLRI. */
const MAX_PATH_ENTRIES = 16_384;

/** No route collector is older. An earlier time comes from a clock that was never set. */
const FIRST_COLLECTOR_MS = Date.UTC(1990, 0, 1);

/** Timestamps are decimal fractions in binary floating point: a microsecond corrects the rounding error. */
const ONE_MICROSECOND = 0.001;

/** The value when it is a JSON object; otherwise `undefined`. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/**
 * Converts seconds with a fraction to milliseconds. A value in milliseconds by mistake is later than any MRT time, and
 * is refused.
 */
export function timestampOf(value: unknown): EventTime | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const ms = value * 1000 + ONE_MICROSECOND;
  return ms < FIRST_COLLECTOR_MS ? undefined : eventTimeOf(ms);
}

/** A string of digits, as in the live feed, or a number, as in some captures. */
export function asnField(value: unknown): Asn | undefined {
  if (typeof value === 'number') return asnOf(value);
  if (typeof value !== 'string' || !/^\d{1,10}$/.test(value)) return undefined;
  return asnOf(Number(value));
}

/** AS numbers; an AS_SET is an array inside, which comes back sorted upward. AS 0 is malformed, RFC 7607 section 2. */
export function pathField(value: unknown): AsPath | undefined {
  if (!isWithin(value)) return undefined;
  // An AS_SET has members.
  const isWhole = value.every((entry) => !Array.isArray(entry) || (entry.length > 0 && isWithin(entry)));
  return isWhole ? asPathOf(value, memberOf) : undefined;
}

function isWithin(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= MAX_PATH_ENTRIES;
}

function memberOf(value: unknown): Asn | undefined {
  return typeof value === 'number' && value !== 0 ? asnOf(value) : undefined;
}
