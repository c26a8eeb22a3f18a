import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Element } from '../../../../src/bgp/element.ts';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { prefixOf } from '../../../../src/bgp/prefix.ts';
import { concerns } from '../../../../src/territory/territory.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import { DEFAULT_LIMITS } from '../../../../streams/mrt/limits.ts';
import { Prefilter } from '../../../../streams/mrt/scan/prefilter.ts';
import { createFramer } from '../../../../streams/mrt/record/records.ts';
import { spaceOf } from '../../../../streams/mrt/scan/watched.ts';
import { prefix, WATCH } from '../../../support/mrt-run.ts';
import {
  bgp,
  bytesOf,
  message,
  nlri,
  peerIndexTable,
  PEER,
  record,
  rib,
  stateChange,
  tableDump,
  tableEntry,
  u16,
  update,
  type Bytes,
  type MessageOptions,
} from '../../../support/mrt-writer.ts';
import { realData, realDataNote } from '../../../support/real-data.ts';
import { isThorough } from '../../../support/thorough.ts';

const T = 1_419_264_000;
const prefilter = new Prefilter(WATCH);

function passesAll(bytes: Bytes): boolean {
  return prefilter.passes(Uint8Array.from(bytes), 0, bytes.length);
}

const INSIDE = ['175.45.176.0/24', '175.45.176.0/22', '175.45.179.255/32', '175.45.160.0/19', '175.0.0.0/8'];
const OUTSIDE = ['175.45.180.0/24', '175.45.172.0/22', '192.0.2.0/24', '10.0.0.0/8'];

describe('what concerns a watched block passes', () => {
  test.each(INSIDE)('an announcement and a withdrawal of %s', (text) => {
    expect(passesAll(message(T, update({ announced: [text] })))).toBe(true);
    expect(passesAll(message(T, update({ withdrawn: [text] })))).toBe(true);
    expect(passesAll(rib(T, text, [0]))).toBe(true);
    expect(passesAll(tableDump(T, [tableEntry(T, text)]))).toBe(true);
  });

  test.each(OUTSIDE)('and no other does: %s', (text) => {
    expect(passesAll(message(T, update({ announced: [text] })))).toBe(false);
    expect(passesAll(message(T, update({ withdrawn: [text] })))).toBe(false);
    expect(passesAll(rib(T, text, [0]))).toBe(false);
    expect(passesAll(tableDump(T, [tableEntry(T, text)]))).toBe(false);
  });

  test('at any position among others', () => {
    expect(passesAll(message(T, update({ announced: [...OUTSIDE, '175.45.177.0/24'] })))).toBe(true);
    expect(passesAll(message(T, update({ withdrawn: [...OUTSIDE, '175.45.177.0/24'], announced: OUTSIDE })))).toBe(
      true,
    );
    expect(
      passesAll(
        tableDump(
          T,
          [...OUTSIDE, '175.45.177.0/24'].map((text) => tableEntry(T, text)),
        ),
      ),
    ).toBe(true);
    expect(
      passesAll(
        tableDump(
          T,
          OUTSIDE.map((text) => tableEntry(T, text)),
        ),
      ),
    ).toBe(false);
  });

  test('in IPv6, and not as multicast', () => {
    const watched = ['2001:db8:4b50:1::/64'];
    expect(passesAll(message(T, update({ announced6: watched })))).toBe(true);
    expect(passesAll(message(T, update({ withdrawn6: watched })))).toBe(true);
    expect(passesAll(message(T, update({ announced6: watched, safi: 2 })))).toBe(false);
    expect(passesAll(message(T, update({ withdrawn6: watched, safi: 2 })))).toBe(false);
    expect(passesAll(message(T, update({ announced6: ['2001:db8:4b51::/48'] })))).toBe(false);
    expect(passesAll(rib(T, '2001:db8::/32', [0]))).toBe(true);
    expect(passesAll(rib(T, '2001:db9::/32', [0]))).toBe(false);
  });

  test.each<[string, MessageOptions]>([
    ['two-octet sessions', { asBytes: 2 }],
    ['microseconds', { microseconds: 5 }],
    ['peers with IPv6 addresses', { peer: { address: '2001:db8:ffff::2', asn: 64500 } }],
  ])('on %s', (_, options) => {
    expect(passesAll(message(T, update({ announced: ['175.45.176.0/24'] }), options))).toBe(true);
    expect(passesAll(message(T, update({ announced: ['192.0.2.0/24'] }), options))).toBe(false);
  });

  test('with ADD-PATH path identifiers', () => {
    expect(passesAll(message(T, update({ announced: ['1@175.45.176.0/24'] }), { addPath: true }))).toBe(true);
    expect(passesAll(message(T, update({ withdrawn: ['4000000000@192.0.2.0/24'] }), { addPath: true }))).toBe(false);
  });
});

describe('what only the decoder can decide passes', () => {
  test('tables of peers, state changes, End-of-RIB, old types', () => {
    expect(passesAll(peerIndexTable(T, [PEER]))).toBe(true);
    expect(passesAll(stateChange(T, 6, 1))).toBe(true);
    expect(passesAll(message(T, update({})))).toBe(true);
    expect(passesAll(message(T, update({ withdrawn6: [] })))).toBe(true);
    expect(passesAll(record(T, 5, 1, [1, 2, 3]))).toBe(true);
  });

  test('sessions that carry no route do not', () => {
    expect(passesAll(message(T, bgp(4, [])))).toBe(false);
    expect(passesAll(message(T, bgp(1, [4, 0, 0, 0, 180, 1, 1, 1, 1, 0])))).toBe(false);
  });

  test('NLRI that cannot be walked, lengths that lie, markers that are not all ones', () => {
    const sound = message(T, update({ announced: ['192.0.2.0/24'] }));
    for (let at = 36; at < sound.length; at++) {
      const cut = sound.slice(0, at);
      expect(passesAll(record(T, 16, 4, cut.slice(12)))).toBe(true);
    }
    const marker = [...sound];
    marker[35] = 0;
    expect(passesAll(marker)).toBe(true);
    expect(passesAll(message(T, bgp(2, [...u16(0), ...u16(0), 33, 10, 0, 0, 0, 0])))).toBe(true);
    expect(passesAll(message(T, bgp(2, [...u16(99), ...u16(0)])))).toBe(true);
    expect(passesAll(message(T, bgp(2, [...u16(0), ...u16(99), ...nlri('10.0.0.0/8')])))).toBe(true);
  });

  test('path identifiers in a session that has none: they look like default routes', () => {
    expect(passesAll(message(T, update({ announced: ['1@192.0.2.0/24', '2@192.0.2.0/24'] })))).toBe(true);
  });
});

/** Any prefix, often near a watched block. */
const near = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map(([b, c, d]) => (175 * 2 ** 24 + b * 65_536 + c * 256 + d) >>> 0),
  fc
    .tuple(fc.integer({ min: 170, max: 182 }), fc.nat(255))
    .map(([c, d]) => (175 * 2 ** 24 + 45 * 65_536 + c * 256 + d) >>> 0),
);
const anyIpv4 = fc
  .tuple(near, fc.integer({ min: 1, max: 32 }))
  .map(([word, length]) => prefixOf('ipv4', [word, 0, 0, 0], length));
const anyIpv6 = fc
  .tuple(
    fc.constantFrom(0x2001_0db8, 0x2001_0db9, 0x2a00_0000),
    fc.integer({ min: 0x4b4e, max: 0x4b52 }),
    fc.nat(0xffff),
    fc.integer({ min: 1, max: 128 }),
  )
  .map(([high, middle, low, length]) => prefixOf('ipv6', [high, (middle << 16) | low, low, low], length));

describe('against the rule of what concerns a territory', () => {
  test.each(['ipv4', 'ipv6'] as const)(
    'the look at the bytes gives the same in %s, but for prefixes longer than it looks',
    (family) => {
      const block = family === 'ipv4' ? anyIpv4 : anyIpv6;
      fc.assert(
        fc.property(fc.array(block, { maxLength: 5 }), block, (watch, asked) => {
          const space = spaceOf(watch, family);
          const bytes = Uint8Array.from(nlri(asked.text));
          const found = space.concerns(bytes, 1, asked.length);
          const expected = concerns({ blocks: watch.filter(({ length }) => length >= 8) }, asked);
          const isBeyond = family === 'ipv6' && watch.some(({ length }) => length > 48);
          if (expected || !isBeyond) expect(found).toBe(expected);
        }),
        { numRuns: 2_000 },
      );
    },
  );

  test('every record in which the decoder finds a watched prefix passes', () => {
    const texts = fc.array(
      fc.oneof(
        anyIpv4.map(({ text }) => text),
        fc.constant(prefix('0.0.0.0/0').text),
      ),
      { maxLength: 4 },
    );
    const texts6 = fc.array(
      anyIpv6.map(({ text }) => text),
      { maxLength: 3 },
    );
    const options = fc.record({
      asBytes: fc.constantFrom<2 | 4>(2, 4),
      microseconds: fc.constantFrom(undefined, 77),
      peer: fc.constantFrom(PEER, { address: '2001:db8:ffff::2', asn: 64500 }),
    });
    const records = fc.oneof(
      fc
        .tuple(texts, texts, texts6, fc.option(texts6, { nil: undefined }), options)
        .map(([announced, withdrawn, announced6, withdrawn6, { microseconds, ...session }]) =>
          message(
            T,
            update({ announced, withdrawn, announced6, asBytes: session.asBytes, ...(withdrawn6 && { withdrawn6 }) }),
            microseconds === undefined ? session : { ...session, microseconds },
          ),
        ),
      anyIpv4.map(({ text }) => rib(T, text, [0])),
      anyIpv6.map(({ text }) => rib(T, text, [0])),
      fc.array(anyIpv4, { minLength: 1, maxLength: 4 }).map((all) =>
        tableDump(
          T,
          all.map(({ text }) => tableEntry(T, text)),
        ),
      ),
    );
    const harm = fc.option(fc.tuple(fc.nat(400), fc.nat(255)), { nil: undefined, freq: 2 });
    fc.assert(
      fc.property(records, harm, (sound, flip) => {
        const bytes = Uint8Array.from(sound);
        if (flip !== undefined && flip[0] + 12 < bytes.length) bytes[flip[0] + 12] = flip[1];
        expect(prefilter.passes(bytes, 0, bytes.length) || !tellsWatched(bytes)).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });
});

function tellsWatched(bytes: Uint8Array): boolean {
  const decoder = createRecordDecoder('rrc00' as Collector);
  decoder.decode(bytesOf(peerIndexTable(T, [PEER])));
  const { elements } = decoder.decode(bytes);
  decoder.close();
  return elements.some((element) => 'prefix' in element && concerns({ blocks: WATCH }, element.prefix));
}

describe(`on real updates${realDataNote}`, () => {
  const files = [
    ...(isThorough ? ['mrt/bgpdump/test_data/updates.et-header.2015.gz'] : []),
    'mrt/bgp-rs/updates.20190101.0000.gz',
    'mrt/bgpdump/test_data/bview.20020722.2337.gz',
    'mrt/bgpdump/test_data/updates.20100722.2015.gz',
  ];
  const blocks = ['175.45.176.0/22', '84.205.64.0/19', '2001:7fb::/32', '193.0.0.0/16', '8.8.8.0/24'].map(prefix);

  test.each(files)('%s: the decoder finds nothing watched in what did not pass', (file) => {
    const path = realData(file);
    if (path === undefined) return;
    const filter = new Prefilter(blocks);
    const dropped: Uint8Array[] = [];
    let passed = 0;
    const framer = createFramer(
      {
        record(bytes, start, end) {
          if (filter.passes(bytes, start, end)) passed++;
          else dropped.push(bytes.slice(start, end));
        },
        damage: () => undefined,
      },
      DEFAULT_LIMITS,
    );
    framer.push(gunzipSync(readFileSync(path)));
    framer.end();
    const decoder = createRecordDecoder('rrc00' as Collector);
    const { elements } = decoder.decode(Buffer.concat(dropped));
    decoder.close();
    // A gap of routes that are not watched, such as those of a path with AS 0, does not matter here.
    const isWatched = (element: Element): boolean => {
      if ('prefix' in element) return concerns({ blocks }, element.prefix);
      const routes = element.type === 'gap' ? element.routes : undefined;
      return routes === undefined || routes.some((route) => concerns({ blocks }, route.prefix));
    };
    expect(elements.filter(isWatched)).toEqual([]);
    expect(elements.length).toBeGreaterThan(passed);
  });
});
