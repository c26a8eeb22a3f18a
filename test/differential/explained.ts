import type { Mend } from './mends.ts';
import type { QuirkName } from './quirks.ts';

/**
 * Everything in which a file is not read in the same way by bgpdump 1.6.2 and by us. A file that is not listed gives the
 * same rows in the same order on both sides, without damage and without a problem. Counts are exact, so that an entry
 * that explains nothing any more fails like a difference that nothing explains.
 */
export interface Explained {
  readonly why: string;
  /** How bgpdump is given the file, when it cannot read it as it is. */
  readonly mend?: Mend;
  /** Rows that bgpdump prints in another way. */
  readonly quirks?: Readonly<Partial<Record<QuirkName, number>>>;
  /** Problems that we report, of the file as it is. */
  readonly problems?: Readonly<Record<string, number>>;
  /** Bytes of the unpacked file that are not a record: from, up to. */
  readonly damage?: readonly (readonly [number, number])[];
}

const UNDECLARED = 'ADD-PATH data in a record that declares none (RFC 8050 section 3)';
const ROUTES_OF_OTHER_FAMILIES = 'RIB_GENERIC of an address family we do not read (RFC 6396 section 4.3.3)';
const TORN_NLRI = 'NLRI end inside a prefix (RFC 7606 section 5.3)';

const birdUndeclared = (problems: number): Explained => ({
  why:
    'BIRD 1.6 wrote the UPDATEs of a session with ADD-PATH as MESSAGE_AS4. bgpdump takes path identifiers for prefixes ' +
    'and prints several default routes an UPDATE; we refuse such a record, with a gap of its peer (RFC 8050 section 3 ' +
    'has its own subtypes for them). Relabelled so, both sides read the same rows.',
  mend: 'declare-add-path',
  problems: { [UNDECLARED]: problems },
});

const RRC00 = 'bgpkit-parser/tests/fixtures/ripe/rrc00';

export const EXPLAINED: Readonly<Record<string, Explained>> = {
  'bgpdump/test_data/updates.nlri_mask_trailing_bits.gz': {
    why:
      'The NLRI are two octets of a /13 with host bits set, then the length octet of a prefix that is not there. The ' +
      'first prefix is on both sides. bgpdump drops the torn one without a word, we report it with a gap ' +
      '(RFC 7606 section 5.3).',
    quirks: { 'host-bits': 1 },
    problems: { [TORN_NLRI]: 1 },
  },
  [`${RRC00}/1999.09/updates.19990903.1041.gz`]: {
    why: 'Obsolete type 5 (RFC 6396 appendix B.2).',
    quirks: { 'legacy-withdrawal': 25 },
  },
  [`${RRC00}/1999.12/updates.19991214.1621.gz`]: {
    why: 'Obsolete type 5 (RFC 6396 appendix B.2).',
    quirks: { 'legacy-withdrawal': 1363 },
  },
  [`${RRC00}/2000.01/updates.20000102.2014.gz`]: {
    why: 'Obsolete type 5 (RFC 6396 appendix B.2).',
    quirks: { 'legacy-withdrawal': 675 },
  },
  [`${RRC00}/2000.01/bview.20000111.0032.gz`]: {
    why:
      'Batched TABLE_DUMP: several entries after one head, and the length four octets short, against RFC 6396 section ' +
      '4.2. bgpdump reads the first entry and then loses the framing: one row of 452,018.',
    mend: 'one-entry-a-record',
  },
  [`${RRC00}/2000.03/updates.20000325.0345.gz`]: {
    why:
      'A header torn after ten octets, and later the last fourteen of a record without its beginning. bgpdump takes the ' +
      'time of the next record for a length and reads on inside of records. Without those bytes both read the same.',
    mend: 'whole-records',
    quirks: { 'legacy-withdrawal': 718 },
    damage: [
      [188, 198],
      [4554, 4568],
    ],
  },
  'daemons/frr-updates.20141222.160200.mrt': {
    why: 'A connection that is refused because its AS is wrong.',
    quirks: { 'state-without-addresses': 2 },
  },
  'mrtparse/openbgpd_rib_table-mp': {
    why: 'The whole file is BGP4MP_ENTRY.',
    quirks: { 'bgp4mp-entry': 31 },
  },
  'mrtparse/openbgpd_rib_table-v2': {
    why: 'Two routes of VPN families in RIB_GENERIC: they are not routes of the Internet, and neither side prints them.',
    problems: { [ROUTES_OF_OTHER_FAMILIES]: 2 },
  },
  'mrtparse/bird_bgp': birdUndeclared(6),
  'mrtparse/bird_bgp.4dcc2278': birdUndeclared(33),
  'mrtparse/bird_bgp.985f1e42': birdUndeclared(6),
  'mrtparse/bird6_bgp': birdUndeclared(6),
  'mrtparse/bird6_bgp.00961c36': birdUndeclared(4),
};
