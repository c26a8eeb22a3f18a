import * as z from 'zod';
import { asnOf, parseAsn } from '../../src/bgp/asn.ts';
import { asPathOf, type AsPath } from '../../src/bgp/as-path.ts';
import { parseCollector, type Collector } from '../../src/bgp/peer.ts';
import { canonicalAddress, parsePrefix, type Prefix } from '../../src/bgp/prefix.ts';
import { eventTimeOf, type EventTime } from '../../src/bgp/time.ts';

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?Z?$/;

/** ISO 8601 without a zone, which RIPEstat means as UTC. Never `Date.parse` as it is: that would read local time. */
export function parseTime(text: string): EventTime | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds = '00', fraction = ''] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(ms) ? undefined : eventTimeOf(ms + Number(`0${fraction}`) * 1000);
}

/** `RRC00`, `rrc00` or the number 0, as the calls name a collector: `rrc00`. */
export function parseRrc(text: string): Collector | undefined {
  const digits = /^(?:rrc)?(\d{1,3})$/i.exec(text)?.[1];
  return digits === undefined ? undefined : parseCollector(`rrc${digits.padStart(2, '0')}`);
}

/** Where a route was seen. The answer lacks the AS, which is in `rrc-info`. */
export interface SourceId {
  readonly collector: Collector;
  /** Canonical. */
  readonly address: string;
}

/** `00-111.91.233.1`: RRC number, then the peer's address. */
export function parseSourceId(text: string): SourceId | undefined {
  const dash = text.indexOf('-');
  const collector = parseRrc(text.slice(0, Math.max(0, dash)));
  const address = canonicalAddress(text.slice(dash + 1));
  return collector === undefined || address === undefined ? undefined : { collector, address };
}

/** A list of AS numbers, an AS_SET as a nested list or as `{64500,64501}`. `undefined`: it cannot be read. */
export function pathOf(entries: readonly unknown[]): AsPath | undefined {
  return asPathOf(
    entries.map((entry) => (typeof entry === 'string' ? (SET.exec(entry)?.[1]?.split(',') ?? entry) : entry)),
    (member) =>
      typeof member === 'string' ? parseAsn(member) : typeof member === 'number' ? asnOf(member) : undefined,
  );
}

const SET = /^[{[](.+)[}\]]$/;

/** `34854 6939 1853 1205`, as the looking glass writes it. */
export function parsePath(text: string): AsPath | undefined {
  return pathOf(text.split(/ +/).filter((word) => word !== ''));
}

/** A time of RIPEstat. */
export const time = (): z.ZodType<EventTime, string> => field(parseTime, 'is not a time such as 2025-06-11T08:00:00');

/** A collector as RIPEstat names it. */
export const rrc = (): z.ZodType<Collector, string> => field(parseRrc, 'is not a collector such as RRC00');

/** A peer as RIPEstat names it. */
export const sourceId = (): z.ZodType<SourceId, string> => field(parseSourceId, 'is not a source such as 00-192.0.2.1');

/** An IP address. */
export const address = (): z.ZodType<string, string> => field(canonicalAddress, 'is not an IP address');

/** A prefix. */
export const prefix = (): z.ZodType<Prefix, string> => field(parsePrefix, 'is not a prefix');

function field<T>(parse: (text: string) => T | undefined, fault: string): z.ZodType<T, string> {
  return z.string().transform((text, context): T => {
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: fault, input: text });
    return z.NEVER;
  });
}
