import { u16, u32 } from '../../streams/mrt/record/octets.ts';
import { TYPE } from '../../streams/mrt/record/record-types.ts';
import type { OurRow } from './our-rows.ts';

/** A place where bgpdump 1.6.2 (Debian) prints something else than what the bytes say, described so that it can be predicted. */
export interface Quirk {
  /** Which side is right, and why. */
  readonly why: string;
  /** What bgpdump prints for a row of ours: another text, or `undefined` for no row. The same text: no quirk here. */
  readonly printed: (row: OurRow) => string | undefined;
}

const STATE_CHANGE_AS4 = 5;
const ENTRY = 2;

export const QUIRKS = {
  'legacy-withdrawal': {
    why:
      'For a withdrawal of the obsolete type 5 (RFC 6396 appendix B.2) bgpdump prints the address of the peer where the ' +
      'prefix belongs, with the length of the prefix. Ours is right: it is what the bytes say.',
    printed: ({ text, record }) =>
      u16(record, 4) === TYPE.bgp && text.startsWith('W|')
        ? text.replace(/^(W\|\d+\|([^|]*)\|.*\|)[^/]*/, '$1$2')
        : text,
  },
  'state-without-addresses': {
    why:
      'FRR writes STATE_CHANGE_AS4 without interface, family and addresses for a connection that is not a peer yet: two AS ' +
      'numbers and two states. bgpdump knows that form from Zebra with two-octet AS numbers alone and skips it. Either ' +
      'reading is harmless: RFC 6396 section 4.4.1 has no such record, and it never touches Established.',
    printed: ({ text, record }) =>
      u16(record, 4) === TYPE.bgp4mp && u16(record, 6) === STATE_CHANGE_AS4 && u32(record, 8) === 12 ? undefined : text,
  },
  'bgp4mp-entry': {
    why:
      'BGP4MP_ENTRY (RFC 6396 appendix B.4), OpenBGPD\'s "table-mp": bgpdump says "not implemented yet". Ours is right: ' +
      'the same table is in the TABLE_DUMP that the daemon wrote beside it, see the test on it.',
    printed: ({ text, record }) => (u16(record, 4) === TYPE.bgp4mp && u16(record, 6) === ENTRY ? undefined : text),
  },
  'host-bits': {
    why:
      "Debian's 1.6.2 prints the bits beyond the length of a prefix, 11.13.0.0/13. Ours is right, they are irrelevant " +
      "(RFC 4271 section 4.3), and bgpdump's own expected text says 11.8.0.0/13, too.",
    printed: ({ text }) => text.replace('|12.0.1.63|7018|11.8.0.0/13|', '|12.0.1.63|7018|11.13.0.0/13|'),
  },
} as const satisfies Readonly<Record<string, Quirk>>;

export type QuirkName = keyof typeof QUIRKS;

export interface Predicted {
  readonly rows: readonly string[];
  /** How many rows each quirk touched. */
  readonly touched: Readonly<Partial<Record<QuirkName, number>>>;
}

/** What bgpdump prints where ours are right. */
export function predict(rows: readonly OurRow[], quirks: readonly QuirkName[]): Predicted {
  const predicted: string[] = [];
  const touched: Partial<Record<QuirkName, number>> = {};
  for (const row of rows) {
    let text: string | undefined = row.text;
    for (const name of quirks) {
      const printed: string | undefined = QUIRKS[name].printed(row);
      if (printed === row.text) continue;
      text = printed;
      touched[name] = (touched[name] ?? 0) + 1;
    }
    if (text !== undefined) predicted.push(text);
  }
  return { rows: predicted, touched };
}
