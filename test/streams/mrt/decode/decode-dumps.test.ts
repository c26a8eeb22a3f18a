import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  as2,
  attribute,
  ATTRIBUTES,
  ip,
  nlri,
  ORIGIN,
  PATH,
  PEER,
  peerIndexTable,
  record,
  rib,
  ribEntry,
  u16,
  u32,
  update,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { announced, AT, attributes16, decode, elements, IPV6_NEXT_HOP, IPV6_PREFIX } from './decode-helpers.ts';

describe('a RIB dump', () => {
  const table = peerIndexTable({ address: '192.0.2.1', asn: 64500 }, { address: '0.0.0.0', asn: 0 });
  const head = [...u32(1), ...announced, ...u16(1)];

  it('has the time of its records, never that of when a route was learned', () => {
    expect(elements(table, rib('175.45.176.0/24', [ribEntry(0, ATTRIBUTES)]))).toMatchObject([{ type: 'rib', at: AT }]);
  });

  it('has MP_REACH_NLRI in short form (RFC 6396 section 4.3.4) or whole (RIS)', () => {
    const ipv6 = (reach: Bytes): Uint8Array => {
      const attributes = [...ORIGIN, ...PATH, ...attribute(0x80, 14, reach)];
      return record(13, 4, [...u32(1), ...IPV6_PREFIX, ...u16(1), ...ribEntry(0, attributes)]);
    };
    const short = ipv6([16, ...IPV6_NEXT_HOP]);
    const whole = ipv6([0, 2, 1, 16, ...IPV6_NEXT_HOP, 0, ...IPV6_PREFIX]);
    const expected = { type: 'rib', prefix: { text: '2001:db8::/32' }, peer: { address: '192.0.2.1' } };
    expect(elements(table, short, whole)).toMatchObject([expected, expected]);
  });

  it('has path identifiers in its ADD-PATH subtypes (RFC 8050 section 4)', () => {
    const entry = ribEntry(0, ATTRIBUTES, 5);
    const generic = record(13, 12, [...u32(1), ...u16(1), 1, ...announced, ...u16(1), ...entry]);
    expect(elements(table, record(13, 8, [...head, ...entry]), generic)).toMatchObject([{ pathId: 5 }, { pathId: 5 }]);
  });

  it('may be RIB_GENERIC (RFC 6396 section 4.3.3); of other families it is skipped', () => {
    const generic = (afi: number, safi: number): Uint8Array =>
      record(13, 6, [...u32(1), ...u16(afi), safi, ...announced, ...u16(1), ...ribEntry(0, ATTRIBUTES)]);
    expect(elements(table, generic(1, 1))).toMatchObject([{ type: 'rib', prefix: { text: '175.45.176.0/24' } }]);
    expect(decode(table, generic(1, 128))).toMatchObject({ elements: [], problems: [{ treatment: 'skipped' }] });
  });

  it('for multicast gives no route', () => {
    expect(elements(table, record(13, 3, [...head, ...ribEntry(0, ATTRIBUTES)]))).toEqual([]);
  });

  it('has the routes of the collector itself, which is not a peer (BIRD: 0.0.0.0, AS 0)', () => {
    expect(elements(table, rib('175.45.176.0/24', [ribEntry(1, ORIGIN), ribEntry(0, ATTRIBUTES)]))).toHaveLength(1);
  });

  const v1 = (...entries: readonly Bytes[]): Bytes => [...u32(0), ...entries.flat()];
  const v1Entry = (prefix: string, attributes: Bytes): Bytes => {
    const [address = '', length = ''] = prefix.split('/');
    const fixed = [...ip(address), Number(length), 1, ...u32(1_000_000_000), ...ip(PEER.address), ...u16(64500)];
    return [...fixed, ...u16(attributes.length), ...attributes];
  };

  it('may be of the first kind, TABLE_DUMP, one route a record', () => {
    expect(elements(record(12, 1, v1(v1Entry('175.45.176.0/24', attributes16))))).toMatchObject([
      { type: 'rib', at: AT, prefix: { text: '175.45.176.0/24' }, peer: { address: PEER.address, asn: 64500 } },
    ]);
  });

  it('of that kind may have many routes in a record, and a length four short, as RIS wrote in 2000', () => {
    const body = v1(v1Entry('10.0.0.0/8', attributes16), v1Entry('175.45.176.0/24', attributes16));
    const next = update({ attributes: ATTRIBUTES, announced });
    for (const declared of [body.length, body.length - 4]) {
      const texts = elements(record(12, 1, body, declared), next).map((element) =>
        element.type === 'rib' || element.type === 'announcement' ? element.prefix.text : element.type,
      );
      expect(texts).toEqual(['10.0.0.0/8', '175.45.176.0/24', '175.45.176.0/24']);
    }
  });

  it('may be in BGP4MP_ENTRY records, as OpenBGPD calls "table-mp"', () => {
    const route = [...u16(1), 1, 4, ...ip('198.51.100.1'), ...announced, ...u16(attributes16.length), ...attributes16];
    expect(elements(record(16, 2, as2([...u16(0), ...u16(1), ...u32(1_000_000_000), ...route])))).toMatchObject([
      { type: 'rib', at: AT, prefix: { text: '175.45.176.0/24' } },
    ]);
  });
});

describe('the obsolete type 5 (RIS until 2000)', () => {
  const ends = [...u16(64500), ...ip(PEER.address), ...u16(64999), ...ip('192.0.2.254')];

  it('has UPDATEs without a header, and state changes', () => {
    const body = updateBody({ withdrawn: nlri('10.0.0.0/8'), attributes: attributes16, announced });
    const lost = [...u16(64500), ...ip(PEER.address), ...u16(6), ...u16(1)];
    expect(elements(record(5, 1, [...ends, ...body]), record(5, 3, lost), record(5, 7, ends))).toMatchObject([
      { type: 'withdrawal', prefix: { text: '10.0.0.0/8' } },
      { type: 'announcement', prefix: { text: '175.45.176.0/24' } },
      { type: 'peer-state', state: 'down' },
    ]);
  });
});
