import type { Brand } from './brand.ts';

/** An AS number: four octets, RFC 6793. */
export type Asn = Brand<number, 'Asn'>;

/** Takes the place of a four-octet AS in a two-octet field, RFC 6793 section 9. It does not identify an AS. */
export const AS_TRANS = 23456 as Asn;

const MAX_ASN = 0xffff_ffff;

/** Reads "64496" or "AS64496"; anything else is `undefined`. */
export function parseAsn(text: string): Asn | undefined {
  const digits = /^(?:AS)?(\d{1,10})$/i.exec(text)?.[1];
  return digits === undefined ? undefined : asnOf(Number(digits));
}

/** A number from a wire field, or `undefined` when it is not an AS number. */
export function asnOf(value: number): Asn | undefined {
  return Number.isInteger(value) && value >= 0 && value <= MAX_ASN ? (value as Asn) : undefined;
}
