import { describe, expect, it } from 'vitest';
import { originsOf, pathText } from '../../../../src/bgp/as-path.ts';
import type { Bytes } from '../../../bgpkit-parser-wasm/mrt.ts';
import {
  as2,
  as4,
  asPath,
  attribute,
  ATTRIBUTES,
  ip,
  message,
  NEXT_HOP,
  nlri,
  ORIGIN,
  PATH,
  PEER,
  record,
  sequence,
  u16,
  u32,
  update,
  updateBody,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { announced, AT, attributes16, decode, elements, IPV6_NEXT_HOP, IPV6_PREFIX } from './decode-helpers.ts';

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

  it('of other families, or for multicast, gives no route', () => {
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

  it('sent by the collector itself (*_LOCAL) is not a message of the peer', () => {
    const body = updateBody({ attributes: ATTRIBUTES, announced });
    const body16 = updateBody({ attributes: attributes16, announced });
    const withId = updateBody({ attributes: ATTRIBUTES, announced: [...u32(1), ...announced] });
    expect(elements(record(16, 7, as4(message(body))), record(16, 6, as2(message(body16))))).toEqual([]);
    expect(elements(record(16, 11, as4(message(withId))))).toEqual([]);
    expect(decode(record(16, 7, as4(message(body).slice(0, -3))))).toMatchObject({
      elements: [],
      problems: [{ treatment: 'skipped' }],
    });
  });

  it('may be extended beyond 4,096 bytes (RFC 8654)', () => {
    const many = Array.from({ length: 2000 }, (_, i) => nlri(`10.${i >> 8}.${i & 255}.0/24`)).flat();
    expect(elements(update({ withdrawn: many }))).toHaveLength(2000);
  });
});

describe('messages that are not an UPDATE', () => {
  it('say nothing of routes', () => {
    const open = [4, ...u16(64500), ...u16(90), ...ip('10.0.0.1'), 0];
    const others = [message(open, 1), message([6, 2], 3), message([], 4), message([0, 1, 0, 1], 5)];
    expect(elements(...others.map((body) => record(16, 4, as4(body))))).toEqual([]);
  });

  it('in the short form of old Zebra, without addresses, are read as such', () => {
    const open = message([4, ...u16(64500), ...u16(90), ...ip('10.0.0.1'), 0], 1);
    expect(elements(record(16, 1, [...u16(64500), ...u16(64999), ...open]))).toEqual([]);
    const short = [...u16(64500), ...u16(64999), ...message(updateBody({ withdrawn: announced }))];
    expect(elements(record(16, 4, as4(message([], 4))), record(16, 1, short))).toMatchObject([
      { type: 'gap', peer: { address: PEER.address }, reason: 'unreadable-message' },
    ]);
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
