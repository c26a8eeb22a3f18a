import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  as2,
  as4,
  asPath,
  attribute,
  ATTRIBUTES,
  message,
  NEXT_HOP,
  nlri,
  ORIGIN,
  PATH,
  record,
  sequence,
  sequence16,
  u16,
  u32,
  update,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  COLLECTOR_GAP,
  decode,
  expectGap,
  expectSkipped,
  GOOD,
  GOOD_LINE,
  lines,
  PEER_GAP,
  treatments,
} from './decode-helpers.ts';

/** What becomes of bad input, by the number of the case. */

const announced = nlri('175.45.176.0/24');
const withAttributes = (...attributes: readonly Bytes[]): Uint8Array =>
  update({ attributes: attributes.flat(), announced });

describe('records', () => {
  it('4: a BGP4MP record of length 0 is skipped', () => {
    expectSkipped(record(16, 4, []));
  });

  it('5: a length beyond the bytes given is a gap of all peers, and allocates nothing', () => {
    const decoded = decode(GOOD, record(16, 4, [1, 2, 3], 0xffff_ffff));
    expect(lines(decoded)).toEqual([GOOD_LINE, COLLECTOR_GAP]);
  });

  it('6: a length one too small is a gap of the peer, and the next record is read at the declared end', () => {
    const body = as4(message(updateBody({ attributes: ATTRIBUTES, announced })));
    const decoded = decode(record(16, 4, body.slice(0, -1)), GOOD);
    expect(lines(decoded)).toEqual([PEER_GAP, GOOD_LINE]);
  });

  it('6: a length one too big is a gap of the peer, the content of the message is used', () => {
    const decoded = decode(
      record(16, 4, [...as4(message(updateBody({ attributes: ATTRIBUTES, announced }))), 0]),
      GOOD,
    );
    expect(lines(decoded)).toEqual(['announcement 192.0.2.1 175.45.176.0/24 64500 4837 131279', PEER_GAP, GOOD_LINE]);
  });

  it('7: unknown types and subtypes are skipped by their length', () => {
    for (const [type, subtype] of [
      [99, 1],
      [11, 0],
      [16, 99],
      [13, 99],
      [12, 9],
      [5, 4],
    ] as const) {
      expectSkipped(record(type, subtype, [1, 2, 3, 4, 5, 6, 7, 8, 9]));
    }
  });

  it('9: a BGP4MP_ET record too short for its microseconds is skipped', () => {
    expectSkipped(record(17, 4, [0, 0, 1]));
  });

  it('10: timestamps 0 and 2106 are accepted', () => {
    const first = Uint8Array.from(GOOD).fill(0, 0, 4);
    const last = Uint8Array.from(GOOD).fill(255, 0, 4);
    expect(decode(first, last).elements.map(({ at }) => at)).toEqual([0, 0xffff_ffff * 1000]);
  });
});

describe('messages', () => {
  it('11: a marker that is not all ones', () => {
    const body = [...message(updateBody({ attributes: ATTRIBUTES, announced }))];
    body[3] = 0;
    expectGap(record(16, 4, as4(body)), 'peer-unknown', /marker/);
  });

  it('12: a BGP length below 19', () => {
    expectGap(record(16, 4, as4(message(updateBody({}), 2, 18))), 'peer-unknown', /message length/);
  });

  it('12: a message cut inside its NLRI keeps the whole prefixes, and is a gap', () => {
    const body = updateBody({ attributes: ATTRIBUTES, announced: nlri('175.45.176.0/24', '175.45.177.0/24') });
    const cut = record(16, 4, as4(message(body).slice(0, -2)));
    expect(lines(decode(cut))).toEqual(['announcement 192.0.2.1 175.45.176.0/24 64500 4837 131279', PEER_GAP]);
  });

  it('12: a message cut inside its attributes gives nothing', () => {
    const body = updateBody({ withdrawn: announced, attributes: ATTRIBUTES });
    expectGap(record(16, 4, as4(message(body).slice(0, -2))), 'peer-unknown', /path attributes/);
  });

  it('13: withdrawn routes beyond the message withdraw nothing', () => {
    const body = [...u16(60), ...announced, ...u16(0)];
    expectGap(record(16, 4, as4(message(body))), 'peer-unknown', /withdrawn routes/);
  });

  it('14: an attribute whose length reaches beyond the others (RIS rrc06, 2002-01-07)', () => {
    const lie = [0xd0, 18, ...u16(20_529), ...Array.from({ length: 31 }, () => 0)];
    expectGap(withAttributes(ATTRIBUTES, lie), 'peer-unknown', /attribute reaches beyond/);
  });

  it('18: prefix lengths 33, 255 and, in IPv6, 129: nothing of the message is applied', () => {
    const v6 = attribute(0x80, 14, [
      0,
      2,
      1,
      16,
      ...Array.from({ length: 16 }, () => 1),
      0,
      32,
      32,
      1,
      13,
      184,
      129,
      1,
    ]);
    expectGap(update({ attributes: ATTRIBUTES, announced: [...announced, 33, 1, 2, 3, 4, 5] }), 'peer-unknown', /NLRI/);
    expectGap(update({ attributes: ATTRIBUTES, announced: [...announced, 255] }), 'peer-unknown', /NLRI/);
    expectGap(update({ withdrawn: [...announced, 33, 1, 2, 3, 4, 5] }), 'peer-unknown', /NLRI/);
    expectGap(update({ attributes: [...ORIGIN, ...PATH, ...v6], announced }), 'peer-unknown', /NLRI/);
  });

  it('22: ADD-PATH data in a record that declares none', () => {
    const paths = [1, 2].flatMap((id) => [...u32(id), ...announced]);
    expectGap(update({ attributes: ATTRIBUTES, announced: paths }), 'peer-unknown', /ADD-PATH/);
    expectGap(update({ withdrawn: [...u32(0x0a00_0001), ...announced] }), 'peer-unknown', /ADD-PATH/);
  });

  it('22: one default route is a default route', () => {
    const decoded = decode(update({ attributes: ATTRIBUTES, announced: [0, ...announced] }));
    expect(lines(decoded)[0]).toBe('announcement 192.0.2.1 0.0.0.0/0 64500 4837 131279');
    expect(decoded.problems).toEqual([]);
  });

  it('23: a path identifier comes before each prefix (RFC 8050 section 3, RFC 7911 section 3)', () => {
    const body = updateBody({
      withdrawn: [...u32(7), ...announced],
      attributes: ATTRIBUTES,
      announced: [...u32(0x0102_0304), ...announced],
    });
    const { elements } = decode(record(16, 9, as4(message(body))));
    expect(elements).toMatchObject([
      { type: 'withdrawal', pathId: 7, prefix: { text: '175.45.176.0/24' } },
      { type: 'announcement', pathId: 0x0102_0304, prefix: { text: '175.45.176.0/24' } },
    ]);
  });
});

describe('attributes', () => {
  it('15: AS_PATH segments of type 0 or 9, of no AS, of fewer ASes than they count', () => {
    for (const path of [[0, 1, ...u32(1)], [9, 1, ...u32(1)], [2, 0], [2, 255, ...u32(1), ...u32(2), ...u32(3)], [2]]) {
      expectGap(withAttributes(ORIGIN, asPath(path), NEXT_HOP), 'routes-unknown', /AS_PATH malformed/);
    }
  });

  it('15: the withdrawals of such a message count, its announcements do not', () => {
    const bad = update({
      withdrawn: nlri('175.45.179.0/24'),
      attributes: [...ORIGIN, ...asPath([0, 1]), ...NEXT_HOP],
      announced,
    });
    expect(lines(decode(bad))).toEqual(['withdrawal 192.0.2.1 175.45.179.0/24', PEER_GAP]);
  });

  it('16: an empty AS_PATH from an external peer', () => {
    expectGap(withAttributes(ORIGIN, asPath([]), NEXT_HOP), 'routes-unknown', /AS_PATH empty/);
  });

  it('16: an AS4_PATH of one byte before the AS_PATH is left out, the route stays', () => {
    const attributes = [...attribute(0xc0, 17, [1]), ...ORIGIN, ...asPath(sequence16(64500, 4837)), ...NEXT_HOP];
    const decoded = decode(record(16, 1, as2(message(updateBody({ attributes, announced })))));
    expect(lines(decoded)).toEqual(['announcement 192.0.2.1 175.45.176.0/24 64500 4837']);
    expect(treatments(decoded)).toEqual(['attribute-discarded']);
  });

  it('17: a path of 16,000 ASes is read in linear time', () => {
    const asns = Array.from({ length: 250 }, (_, i) => i + 1);
    const path = Array.from({ length: 64 }, () => sequence(...asns)).flat();
    const { elements } = decode(withAttributes(ORIGIN, asPath(path), NEXT_HOP));
    expect(elements).toMatchObject([{ type: 'announcement' }]);
    expect(elements[0]?.type === 'announcement' && elements[0].path.length).toBe(16_000);
  });

  it('19: MP_REACH_NLRI with a next hop of 0, 5, 17 or 255 bytes', () => {
    for (const length of [0, 5, 17, 255]) {
      const value = [0, 2, 1, length, ...Array.from({ length }, () => 1), 0, 32, 32, 1, 13, 184];
      expectGap(withAttributes(ATTRIBUTES, attribute(0x80, 14, value)), 'peer-unknown', /next hop length/);
    }
  });

  it('19: MP_REACH_NLRI twice', () => {
    const reach = attribute(0x80, 14, [0, 2, 1, 16, ...Array.from({ length: 16 }, () => 1), 0, 32, 32, 1, 13, 184]);
    expectGap(withAttributes(ATTRIBUTES, reach, reach), 'peer-unknown', /more than once/);
  });

  it('20: an unknown well-known attribute', () => {
    expectGap(withAttributes(ATTRIBUTES, attribute(0x40, 200, [1])), 'routes-unknown', /well-known/);
  });

  it('20: mandatory attributes missing', () => {
    for (const some of [[ORIGIN, NEXT_HOP], [PATH, NEXT_HOP], [ORIGIN, PATH], [attribute(0xc0, 200, [1])]]) {
      expectGap(withAttributes(...some), 'routes-unknown', /missing/);
    }
  });

  it('20: malformed ORIGIN, NEXT_HOP and COMMUNITIES', () => {
    expectGap(withAttributes(attribute(0x40, 1, [3]), PATH, NEXT_HOP), 'routes-unknown', /ORIGIN/);
    expectGap(withAttributes(ORIGIN, PATH, attribute(0x40, 3, [1, 2, 3])), 'routes-unknown', /NEXT_HOP/);
    expectGap(withAttributes(ATTRIBUTES, attribute(0xc0, 8, [1, 2, 3])), 'routes-unknown', /COMMUNITIES/);
  });

  it('21: a corrupt TUNNEL_ENCAP and attribute 255 are opaque bytes', () => {
    const decoded = decode(withAttributes(ATTRIBUTES, attribute(0xc0, 23, [255, 255, 255]), attribute(0xc0, 255, [1])));
    expect(lines(decoded)).toEqual(['announcement 192.0.2.1 175.45.176.0/24 64500 4837 131279']);
    expect(decoded.problems).toEqual([]);
  });

  it('27: AS_TRANS is replaced from the AS4_PATH (RFC 6793 section 4.2.3)', () => {
    const attributes = [
      ...ORIGIN,
      ...asPath(sequence16(64500, 4837, 23456)),
      ...NEXT_HOP,
      ...attribute(0xc0, 17, sequence(4837, 131279)),
    ];
    const decoded = decode(record(16, 1, as2(message(updateBody({ attributes, announced })))));
    expect(lines(decoded)).toEqual(['announcement 192.0.2.1 175.45.176.0/24 64500 4837 131279']);
  });

  it('27: without an AS4_PATH, or with one longer than the AS_PATH, AS_TRANS stays and names no AS', () => {
    for (const as4Path of [[], attribute(0xc0, 17, sequence(1, 2, 3, 4, 131279))]) {
      const attributes = [...ORIGIN, ...asPath(sequence16(64500, 23456)), ...NEXT_HOP, ...as4Path];
      const decoded = decode(record(16, 1, as2(message(updateBody({ attributes, announced })))));
      expect(lines(decoded)).toEqual(['announcement 192.0.2.1 175.45.176.0/24 64500 23456']);
    }
  });

  it('27: an AS4_PATH counts for nothing beside an AGGREGATOR of another AS, or on a four-octet session', () => {
    const as4Path = attribute(0xc0, 17, sequence(131279));
    const aggregators = [
      ...attribute(0xc0, 7, [...u16(64500), 1, 1, 1, 1]),
      ...attribute(0xc0, 18, [...u32(131279), 1, 1, 1, 1]),
    ];
    const attributes = [...ORIGIN, ...asPath(sequence16(64500, 23456)), ...NEXT_HOP, ...as4Path, ...aggregators];
    const two = record(16, 1, as2(message(updateBody({ attributes, announced }))));
    const four = withAttributes(ORIGIN, asPath(sequence(64500, 23456)), NEXT_HOP, as4Path);
    const expected = 'announcement 192.0.2.1 175.45.176.0/24 64500 23456';
    expect(lines(decode(two, four))).toEqual([expected, expected]);
  });
});
