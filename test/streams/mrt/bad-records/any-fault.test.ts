import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nlriKindOf } from '../../../../streams/bgp-message/nlri-kind.ts';
import {
  attribute,
  ATTRIBUTES,
  join,
  message,
  NEXT_HOP,
  ORIGIN,
  PATH,
  record,
  ribEntry,
  u16,
  u32,
  updateBody,
  as4,
} from '../../../bgpkit-parser-wasm/mrt.ts';
import { lines as linesOf, ofType, play, temporaryFolder } from '../../../support/mrt-run.ts';
import { FAMILIES, octet, octets, unreadable } from './any-nlri.ts';
import {
  between,
  COLLECTOR_GAP,
  expectGap,
  GAP,
  inEveryEnvelope,
  inTwoOctetForms,
  mpReach,
  mpUnreach,
  NEXT_HOP_6,
  ROUTE,
  ROUTE_LINE,
  TABLE,
  tableDump,
  TWO_OCTET_ATTRIBUTES,
} from './forms.ts';

/** The cases of the files beside this one, with any values: never a withdrawal, always counted, nothing else lost. */

describe('property: NLRI that cannot be read', () => {
  test('in an UPDATE make its peer unknown, and nothing of the message is applied', () => {
    fc.assert(
      fc.property(unreadable, (body) => {
        expectGap('peer-unknown', inEveryEnvelope(message(body)), /NLRI|ADD-PATH/);
      }),
      { numRuns: 500 },
    );
  });

  test('in a RIB make all peers unknown, for the record names none that can be trusted', () => {
    const wrong = fc
      .constantFrom(...FAMILIES)
      .chain((bits) =>
        fc.tuple(fc.constant(bits === 32 ? 2 : 4), fc.integer({ min: bits + 1, max: 255 }), octets(0, 60)),
      );
    fc.assert(
      fc.property(wrong, ([subtype, length, rest]) => {
        const outcome = between(record(13, subtype, [...u32(1), length, ...rest]));
        expect(outcome.lines).toEqual([COLLECTOR_GAP]);
        expect(outcome.problems).toHaveLength(1);
      }),
    );
  });

  test('in a TABLE_DUMP entry make its peer unknown, and the entry behind it is read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 33, max: 255 }), (length) => {
        const good = tableDump(TWO_OCTET_ATTRIBUTES).slice(12 + 4);
        const bad = tableDump(TWO_OCTET_ATTRIBUTES, length).slice(12 + 4);
        const outcome = between(record(12, 1, [...u32(0), ...bad, ...good]));
        expect(outcome.lines).toEqual(['A has 175.45.176.0/24 by 64500 4837', GAP]);
        expect(outcome.problems).toEqual([expect.stringMatching(/^peer-unknown: NLRI/)]);
      }),
    );
  });
});

describe('property: families that are none of ours', () => {
  const family = fc
    .tuple(fc.oneof(fc.constantFrom(1, 2, 3, 25, 16_388), fc.nat(65_535)), octet)
    .filter(([afi, safi]) => nlriKindOf(afi, safi) === undefined);

  test('in an UPDATE say nothing, and the unicast route beside them is read', () => {
    fc.assert(
      fc.property(family, octets(1, 60), fc.boolean(), ([afi, safi], value, isReach) => {
        const other = (isReach ? mpReach : mpUnreach)(...u16(afi), safi, ...value);
        const alone = message(updateBody({ attributes: [...ORIGIN, ...PATH, ...other] }));
        for (const odd of inEveryEnvelope(alone)) expect(between(odd)).toEqual({ lines: [], problems: [] });
        const beside = message(updateBody({ attributes: [...ATTRIBUTES, ...other], announced: ROUTE }));
        for (const odd of inEveryEnvelope(beside)) expect(between(odd)).toEqual({ lines: [ROUTE_LINE], problems: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('in RIB_GENERIC are counted, and say nothing', () => {
    const generic = fc.tuple(family, fc.constantFrom(6, 12), octets(0, 60));
    fc.assert(
      fc.property(generic, ([[afi, safi], subtype, rest]) => {
        const outcome = between(record(13, subtype, [...u32(1), ...u16(afi), safi, ...rest]));
        expect(outcome).toEqual({ lines: [], problems: [expect.stringMatching(/^skipped: RIB_GENERIC/)] });
      }),
    );
  });
});

describe('property: NLRI of no octets, and prefixes of no bits', () => {
  const empty = fc.record({
    attributes: fc.subarray([ATTRIBUTES, mpReach(0, 2, 1, ...NEXT_HOP_6), mpUnreach(0, 2, 1), mpUnreach(0, 1, 1)]),
    isAnnounced: fc.boolean(),
  });

  test('an UPDATE with empty lists withdraws nothing, and is no End-of-RIB unless it is empty altogether', () => {
    fc.assert(
      fc.property(empty, ({ attributes, isAnnounced }) => {
        const announced = isAnnounced ? ROUTE : [];
        const outcomes = inEveryEnvelope(message(updateBody({ attributes: attributes.flat(), announced }))).map(
          between,
        );
        for (const { lines, problems } of outcomes) {
          expect(lines.filter((line) => line.includes('withdrew'))).toEqual([]);
          const isEnd =
            announced.length === 0 && (attributes.length === 0 || lines[0]?.startsWith('A end of') === true);
          if (isEnd) expect(attributes.flat().length).toBeLessThanOrEqual(6);
          if (isAnnounced && attributes.includes(ATTRIBUTES) && problems.length === 0)
            expect(lines).toEqual([ROUTE_LINE]);
          if (isAnnounced && !attributes.includes(ATTRIBUTES)) expect(lines).toEqual([GAP]);
        }
      }),
    );
  });

  test('one default route is read as such, in each place; a second one is what a path identifier looks like', () => {
    const line = `A has 0.0.0.0/0 by 64500 4837 131279`;
    const one = updateBody({ attributes: ATTRIBUTES, announced: [0] });
    for (const odd of inEveryEnvelope(message(one))) expect(between(odd)).toEqual({ lines: [line], problems: [] });
    expect(between(record(13, 2, [...u32(1), 0, ...u16(1), ...ribEntry(0, ATTRIBUTES)]))).toEqual({
      lines: [line],
      problems: [],
    });
    const old = between(tableDump(TWO_OCTET_ATTRIBUTES, 0));
    expect(old).toEqual({ lines: ['A has 0.0.0.0/0 by 64500 4837'], problems: [] });
    for (const body of [updateBody({ withdrawn: [0, 0] }), updateBody({ attributes: ATTRIBUTES, announced: [0, 0] })]) {
      expectGap('peer-unknown', [...inEveryEnvelope(message(body)), ...inTwoOctetForms(body)], /ADD-PATH/);
    }
  });
});

describe('property: lengths of attributes that lie', () => {
  const parts = [
    ORIGIN,
    PATH,
    NEXT_HOP,
    attribute(0xc0, 8, u32(7)),
    attribute(
      0xc0,
      32,
      Array.from({ length: 12 }, () => 1),
    ),
  ];
  /** The length of one of the attributes is another, and may reach beyond them all. */
  const lie = fc
    .tuple(fc.nat(parts.length - 1), octet)
    .map(([which, length]) => parts.flatMap((part, i) => (i === which ? part.with(2, length) : part)));

  test('never withdraw, and give the route as it is or a gap', () => {
    fc.assert(
      fc.property(lie, (attributes) => {
        const body = updateBody({ attributes, announced: ROUTE });
        for (const odd of inEveryEnvelope(message(body))) {
          const { lines, problems } = between(odd);
          if (problems.length === 0) expect(lines).toEqual([ROUTE_LINE]);
          else expect(lines).toEqual([GAP]);
        }
        const dumped = between(record(13, 2, [...u32(1), ...ROUTE, ...u16(1), ...ribEntry(0, attributes)]));
        if (dumped.problems.length === 0) expect(dumped.lines).toEqual([ROUTE_LINE]);
        else expect(dumped.lines).toEqual([GAP]);
      }),
      { numRuns: 500 },
    );
  });

  test('of a whole RIB entry, too: entries before it are used, and all peers are in doubt', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), (beyond) => {
        const good = ribEntry(0, ATTRIBUTES);
        const bad = ribEntry(1, ATTRIBUTES);
        const length = ATTRIBUTES.length + beyond;
        const torn = [...bad.slice(0, 6), ...u16(length), ...bad.slice(8)];
        expect(between(record(13, 2, [...u32(1), ...ROUTE, ...u16(2), ...good, ...torn])).lines).toEqual([
          ROUTE_LINE,
          COLLECTOR_GAP,
        ]);
        // Four more are RIS's short form of 2000 to the decoder: only framing can tell, see below.
        const old = oldRoute(0, beyond === 4 ? 5 : beyond);
        expect(between(old).lines).toEqual([COLLECTOR_GAP]);
      }),
    );
  });
});

describe('property: path identifiers in a RIB that declares none', () => {
  test('give no route, and are counted', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(65_535), { minLength: 1, maxLength: 3 }), (ids) => {
        const entries = ids.flatMap((id) => ribEntry(0, ATTRIBUTES, id));
        const outcome = between(record(13, 2, [...u32(1), ...ROUTE, ...u16(ids.length), ...entries]));
        expect(outcome.lines.filter((line) => line !== GAP && line !== COLLECTOR_GAP)).toEqual([]);
        expect(outcome.lines).toContain(COLLECTOR_GAP);
        expect(outcome.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});

/** A TABLE_DUMP record of one route of A, the number of it among others; its attributes are that much longer than there. */
function oldRoute(number: number, beyond = 0): Uint8Array {
  const bytes = [...tableDump(TWO_OCTET_ATTRIBUTES)];
  bytes.splice(12, 4, ...u16(0), ...u16(number));
  bytes.splice(12 + 4 + 16, 2, ...u16(TWO_OCTET_ATTRIBUTES.length + beyond));
  return Uint8Array.from(bytes);
}

describe('property: a whole replay', () => {
  const folder = temporaryFolder();

  test('of a TABLE_DUMP with an entry that is longer than its record has all records behind it', async () => {
    for (const beyond of [1, 2, 3, 4, 5, 6, 7, 8, 12, 60_000]) {
      const dump = join(oldRoute(0), oldRoute(1, beyond), oldRoute(2), oldRoute(3));
      const { elements, reports } = await play({ paths: [folder.write(`old/${beyond}/bview`, dump)] });
      expect(elements.flatMap(({ type }) => (type === 'tick' ? [] : [type]))).toEqual(['rib', 'gap', 'rib', 'rib']);
      expect(ofType(reports, 'problem').map(({ reason }) => reason)).toEqual([
        'RIB entries end early (RFC 6396 section 4.3.4)',
      ]);
    }
  });

  test('of a fault among watched routes has the gap that the decoder finds, and no withdrawal', async () => {
    let run = 0;
    const good = record(16, 4, as4(message(updateBody({ attributes: ATTRIBUTES, announced: ROUTE }))));
    await fc.assert(
      fc.asyncProperty(unreadable, async (body) => {
        const bad = record(16, 4, as4(message(body)));
        const path = folder.write(`${run++}/updates`, join(TABLE, good, bad, good));
        const { elements, reports } = await play({ paths: [path] });
        const texts = linesOf(elements).map((line) => line.split(' ').slice(1, 4).join(' '));
        expect(texts.filter((line) => !line.startsWith('end-of-rib'))).toEqual([
          'announcement 192.0.2.1 175.45.176.0/24',
          'gap local 192.0.2.1',
          'announcement 192.0.2.1 175.45.176.0/24',
        ]);
        expect(ofType(reports, 'problem')).toHaveLength(1);
      }),
      { numRuns: 150 },
    );
  });
});
