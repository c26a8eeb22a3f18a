import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originsOf, pathText } from '../../../src/bgp/as-path.ts';
import type { Element } from '../../../src/bgp/element.ts';
import type { Collector } from '../../../src/bgp/peer.ts';
import { createRecordDecoder } from '../../../streams/mrt/decode.ts';
import type { Decoded } from '../../../streams/mrt/decoded.ts';
import type { Bytes } from '../../bgpkit-parser-wasm/mrt.ts';
import {
  as2,
  as4,
  asPath,
  attribute,
  ATTRIBUTES,
  ip,
  join,
  message,
  NEXT_HOP,
  nlri,
  ORIGIN,
  PATH,
  PEER,
  peerIndexTable,
  record,
  rib,
  ribEntry,
  SECONDS,
  sequence,
  sequence16,
  u16,
  u32,
  update,
  updateBody,
} from '../../bgpkit-parser-wasm/mrt.ts';

const COLLECTOR = 'rrc00' as Collector;
const AT = SECONDS * 1000;
const announced = nlri('175.45.176.0/24');
const IPV6_NEXT_HOP = [0x20, 1, 13, 184, ...Array.from({ length: 12 }, () => 0)];
const IPV6_PREFIX = [32, 0x20, 1, 13, 184];
const attributes16 = [...ORIGIN, ...asPath(sequence16(64500, 4837)), ...NEXT_HOP];

function decode(...records: readonly Uint8Array[]): Decoded {
  const decoder = createRecordDecoder(COLLECTOR);
  const decoded = decoder.decode(join(...records));
  decoder.close();
  return decoded;
}

/** Decodes records that have nothing wrong with them. */
function elements(...records: readonly Uint8Array[]): readonly Element[] {
  const decoded = decode(...records);
  expect(decoded.problems).toEqual([]);
  return decoded.elements;
}

const pathOf = (path: Bytes): string => {
  const [element] = elements(update({ attributes: [...ORIGIN, ...asPath(path), ...NEXT_HOP], announced }));
  return element?.type === 'announcement' ? pathText(element.path) : '';
};

describe('an UPDATE', () => {
  it('withdraws first, then announces (RFC 4271 section 9), all at the time of its record', () => {
    const all = elements(update({ withdrawn: nlri('10.0.0.0/8', '10.1.0.0/16'), attributes: ATTRIBUTES, announced }));
    const peer = { id: 'rrc00|192.0.2.1|64500', collector: 'rrc00', address: PEER.address, asn: PEER.asn };
    expect(all).toMatchObject([
      { type: 'withdrawal', at: AT, peer, prefix: { text: '10.0.0.0/8' }, pathId: undefined },
      { type: 'withdrawal', at: AT, peer, prefix: { text: '10.1.0.0/16' }, pathId: undefined },
      { type: 'announcement', at: AT, peer, prefix: { text: '175.45.176.0/24', family: 'ipv4', length: 24 } },
    ]);
  });

  it('names prefixes without host bits, as sent by routers that leave them set', () => {
    const [element] = elements(update({ attributes: ATTRIBUTES, announced: [13, 11, 13] }));
    expect(element).toMatchObject({ prefix: { text: '11.8.0.0/13' } });
  });

  it('carries IPv6 in MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760)', () => {
    const reach = attribute(0x80, 14, [0, 2, 1, 16, ...IPV6_NEXT_HOP, 0, ...IPV6_PREFIX]);
    const unreach = attribute(0x80, 15, [0, 2, 1, 48, 0x20, 1, 13, 184, 0, 1]);
    expect(elements(update({ attributes: [...unreach, ...ORIGIN, ...PATH, ...reach] }))).toMatchObject([
      { type: 'withdrawal', prefix: { text: '2001:db8:1::/48', family: 'ipv6' } },
      { type: 'announcement', prefix: { text: '2001:db8::/32' } },
    ]);
  });

  it('with a link-local next hop beside the global one is read', () => {
    const reach = attribute(0x80, 14, [0, 2, 1, 32, ...IPV6_NEXT_HOP, ...IPV6_NEXT_HOP, 0, ...IPV6_PREFIX]);
    expect(elements(update({ attributes: [...ORIGIN, ...PATH, ...reach] }))).toHaveLength(1);
  });

  it('of other families, or for multicast, tells of no route', () => {
    const vpn = attribute(0x80, 14, [0, 1, 128, 12, ...Array.from({ length: 12 }, () => 0), 0, 1, 2, 3]);
    const flowSpec = attribute(0x80, 14, [0, 1, 133, 0, 0, 3, 1, 8, 10]);
    const multicast = attribute(0x80, 14, [0, 1, 2, 4, 1, 1, 1, 1, 0, ...announced]);
    for (const reach of [vpn, flowSpec, multicast]) {
      expect(elements(update({ attributes: [...ORIGIN, ...PATH, ...reach] }))).toEqual([]);
    }
  });

  it('with nothing in it is the end of the IPv4 RIB, with an empty MP_UNREACH_NLRI that of IPv6 (RFC 4724)', () => {
    expect(elements(update({}), update({ attributes: attribute(0x80, 15, [0, 2, 1]) }))).toMatchObject([
      { type: 'end-of-rib', family: 'ipv4' },
      { type: 'end-of-rib', family: 'ipv6' },
    ]);
    expect(elements(update({ attributes: attribute(0x80, 15, [0, 1, 133]) }))).toEqual([]);
    expect(elements(update({ attributes: ORIGIN }))).toEqual([]);
  });

  it('sent by the collector itself (*_LOCAL) is not the peer speaking', () => {
    const body = updateBody({ attributes: ATTRIBUTES, announced });
    const body16 = updateBody({ attributes: attributes16, announced });
    const withId = updateBody({ attributes: ATTRIBUTES, announced: [...u32(1), ...announced] });
    expect(elements(record(16, 7, as4(message(body))), record(16, 6, as2(message(body16))))).toEqual([]);
    expect(elements(record(16, 11, as4(message(withId))))).toEqual([]);
  });

  it('may be extended beyond 4,096 bytes (RFC 8654)', () => {
    const many = Array.from({ length: 2000 }, (_, i) => nlri(`10.${i >> 8}.${i & 255}.0/24`)).flat();
    expect(elements(update({ withdrawn: many }))).toHaveLength(2000);
  });
});

describe('messages that are no UPDATE', () => {
  it('say nothing of routes', () => {
    const open = [4, ...u16(64500), ...u16(90), ...ip('10.0.0.1'), 0];
    const others = [message(open, 1), message([6, 2], 3), message([], 4), message([0, 1, 0, 1], 5)];
    expect(elements(...others.map((body) => record(16, 4, as4(body))))).toEqual([]);
  });

  it('in the short form of old Zebra, without addresses, are read as such', () => {
    const open = message([4, ...u16(64500), ...u16(90), ...ip('10.0.0.1'), 0], 1);
    expect(elements(record(16, 1, [...u16(64500), ...u16(64999), ...open]))).toEqual([]);
    const lost = record(16, 0, [...u16(64500), ...u16(64999), ...u16(6), ...u16(1)]);
    expect(elements(record(16, 4, as4(message([], 4))), lost)).toMatchObject([
      { type: 'peer-state', state: 'down', peer: { address: PEER.address } },
    ]);
  });
});

describe('an AS path', () => {
  it('keeps prepends, and joins its sequences', () => {
    expect(pathOf([...sequence(1, 1, 1), ...sequence(2, 3)])).toBe('1 1 1 2 3');
  });

  it('has an AS_SET as one entry, sorted upward, which leaves the origin open', () => {
    const set = [1, 3, ...u32(30), ...u32(4_200_000_000), ...u32(20)];
    expect(pathOf([...sequence(1), ...set])).toBe('1 {20,30,4200000000}');
    const [element] = elements(update({ attributes: [...ORIGIN, ...asPath(set), ...NEXT_HOP], announced }));
    expect(element?.type === 'announcement' && originsOf(element.path)).toEqual([20, 30, 4_200_000_000]);
  });

  it('is without its confederation segments (RFC 5065)', () => {
    expect(pathOf([3, 1, ...u32(65_000), 4, 2, ...u32(65_001), ...u32(65_002), ...sequence(1, 2)])).toBe('1 2');
  });

  it('is one object for all prefixes of a batch that share it', () => {
    const [first, second] = elements(
      update({ attributes: ATTRIBUTES, announced }),
      update({ attributes: ATTRIBUTES, announced }),
    );
    expect(first?.type === 'announcement' && second?.type === 'announcement' && first.path === second.path).toBe(true);
  });

  it('may be empty where the peer is of the same AS', () => {
    const internal = [...u32(64999), ...u32(64999), ...u16(0), ...u16(1), ...ip('192.0.2.1'), ...ip('192.0.2.254')];
    const body = message(updateBody({ attributes: [...ORIGIN, ...asPath([]), ...NEXT_HOP], announced }));
    expect(elements(record(16, 4, [...internal, ...body]))).toMatchObject([{ type: 'announcement', path: [] }]);
  });
});

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

  it('for multicast tells of no route', () => {
    expect(elements(table, record(13, 3, [...head, ...ribEntry(0, ATTRIBUTES)]))).toEqual([]);
  });

  it('has the routes of the collector itself, which is no peer (BIRD: 0.0.0.0, AS 0)', () => {
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

describe('any bytes', () => {
  const fixtures = new URL('../../fixtures/daemons/', import.meta.url);
  const files = readdirSync(fixtures).map((name) => readFileSync(new URL(name, fixtures)));

  it('never throw', () => {
    const types = fc.constantFrom(5, 12, 13, 16, 17, 99);
    const parts = fc.tuple(types, fc.nat(14), fc.uint8Array({ maxLength: 120 }));
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 5 }), (records) => {
        decode(...records.map(([type, subtype, body]) => record(type, subtype, [...body])));
      }),
      { numRuns: 2000 },
    );
  });

  it('that were recorded, and then changed in a few places, never throw nor tell of more than they can hold', () => {
    const change = fc.record({ at: fc.nat(), to: fc.constantFrom(0, 1, 2, 16, 32, 33, 127, 128, 254, 255) });
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 8 }), (file, changes) => {
        const bytes = Buffer.from(file);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        const decoded = decode(bytes);
        expect(decoded.elements.length).toBeLessThanOrEqual(bytes.length * 4);
        expect(decoded.problems.every(({ offset }) => offset < bytes.length)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('decode to the same elements however they are cut into batches of whole records', () => {
    for (const file of files) {
      const decoder = createRecordDecoder(COLLECTOR);
      const oneByOne: Element[] = [];
      for (let at = 0; at + 12 <= file.length;) {
        const end = at + 12 + file.readUInt32BE(at + 8);
        oneByOne.push(...decoder.decode(file.subarray(at, end)).elements);
        at = end;
      }
      decoder.close();
      expect(oneByOne).toEqual(decode(file).elements);
    }
  });
});
