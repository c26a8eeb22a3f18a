import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contains, parsePrefix, prefixOf, type Prefix } from '../../../../src/bgp/prefix.ts';
import { covers, withdrawnText } from '../../../../streams/ris-live/server/bgp-nlri.ts';
import { matches, parseFilter } from '../../../../streams/ris-live/server/filter.ts';
import type { RisMessage } from '../../../../streams/ris-live/server/message.ts';
import { parsePathPattern, pathMatches } from '../../../../streams/ris-live/server/path-pattern.ts';
import { keepalive, state, update } from './support/messages.ts';

/** Whether a message would be delivered to who subscribed to this. */
function wants(filter: unknown, message: RisMessage): boolean {
  const parsed = parseFilter(filter);
  if (!parsed.ok) throw new Error(parsed.message);
  return [...parsed.filters.values()].some((one) => matches(one, message));
}

const word = fc.integer({ min: 0, max: 0xffff_ffff });
/** Prefixes that often lie in each other. */
const prefixes: fc.Arbitrary<Prefix> = fc.oneof(
  fc
    .tuple(fc.constantFrom(0xaf2d_b000, 0xaf2d_b100, 0xaf00_0000, 0x0a00_0000), fc.integer({ min: 0, max: 32 }))
    .map(([address, length]) => prefixOf('ipv4', [address, 0, 0, 0], length)),
  fc
    .tuple(fc.constantFrom(0x2001_0db8, 0x2001_0000), word, fc.constantFrom(0, 1), fc.integer({ min: 0, max: 128 }))
    .map(([first, second, last, length]) => prefixOf('ipv6', [first, second & 0xf, 0, last], length)),
);
const path = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 5 }) },
    fc
      .uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
      .map((set) => set.sort((a, b) => a - b)),
  ),
  { maxLength: 6 },
);

const textOf = (hops: readonly (number | readonly number[])[]): string =>
  hops.map((hop) => JSON.stringify(hop)).join(',');
const has = (pattern: string | number, hops: readonly (number | readonly number[])[]): boolean => {
  const parsed = parsePathPattern(pattern);
  if (parsed === undefined) throw new Error(`no pattern: ${pattern}`);
  return pathMatches(parsed, hops as never);
};

describe('prefixes', () => {
  test('more specific ones are meant unless they are not, less specific ones only if they are', () => {
    const exact = update({ announced: ['175.45.176.0/22'] });
    const more = update({ withdrawn: ['175.45.177.0/24'] });
    const less = update({ announced: ['175.45.160.0/19'] });
    const other = update({ announced: ['175.45.180.0/22'] });
    const asked = { prefix: '175.45.176.0/22' };
    expect([exact, more, less, other].map((one) => wants(asked, one))).toEqual([true, true, false, false]);
    expect([exact, more, less].map((one) => wants({ ...asked, moreSpecific: false }, one))).toEqual([
      true,
      false,
      false,
    ]);
    expect([exact, more, less].map((one) => wants({ ...asked, lessSpecific: true }, one))).toEqual([true, true, true]);
    expect(wants({ ...asked, lessSpecific: true }, update({ announced: ['0.0.0.0/0'] }))).toBe(true);
  });

  test('one prefix of many is enough, and the message is delivered whole', () => {
    expect(
      wants({ prefix: ['192.0.2.0/24', '2001:db8::/32'] }, update({ announced: ['10.0.0.0/8', '2001:db8:1::/48'] })),
    ).toBe(true);
  });

  test('any spelling of IPv6 means the same, and an address is a host route', () => {
    expect(wants({ prefix: '2001:0db8:0:0::/32' }, update({ withdrawn: ['2001:db8:5::/48'] }))).toBe(true);
    expect(wants({ prefix: '192.0.2.1', lessSpecific: true }, update({ announced: ['192.0.2.0/24'] }))).toBe(true);
  });

  test('only an UPDATE has prefixes', () => {
    expect([keepalive(), state('down')].map((one) => wants({ prefix: '0.0.0.0/0' }, one))).toEqual([false, false]);
  });

  test('property: what is delivered is what the lengths and the containment say', () => {
    fc.assert(
      fc.property(prefixes, prefixes, fc.boolean(), fc.boolean(), (asked, sent, moreSpecific, lessSpecific) => {
        const expected =
          asked.text === sent.text ||
          (moreSpecific && asked.text !== sent.text && contains(asked, sent)) ||
          (lessSpecific && asked.text !== sent.text && contains(sent, asked));
        for (const one of [update({ announced: [sent.text] }), update({ withdrawn: [sent.text] })]) {
          expect(wants({ prefix: asked.text, moreSpecific, lessSpecific }, one)).toBe(expected);
        }
        expect(covers(asked, sent)).toBe(contains(asked, sent));
      }),
    );
  });

  test('property: withdrawals are printed in full, and read back as what they are', () => {
    fc.assert(
      fc.property(prefixes, (prefix) => {
        const text = withdrawnText(prefix);
        expect(parsePrefix(text)?.text).toBe(prefix.text);
        expect(text).not.toContain('::');
      }),
    );
  });

  test('property: an array is the union of its prefixes', () => {
    fc.assert(
      fc.property(fc.array(prefixes, { minLength: 1, maxLength: 5 }), prefixes, (asked, sent) => {
        const message = update({ announced: [sent.text] });
        const each = asked.map(({ text }) => wants({ prefix: text }, message));
        expect(wants({ prefix: asked.map(({ text }) => text) }, message)).toBe(each.includes(true));
      }),
    );
  });
});

describe('paths', () => {
  test('the manual’s forms: anywhere, from the first, up to the last, a set, not', () => {
    const hops = [123, 456, 789, [789, 10111]];
    expect(has(456, hops)).toBe(true);
    expect(has('456,789', hops)).toBe(true);
    expect(has('456,[789,10111]', hops)).toBe(false);
    expect(has('^123', hops)).toBe(true);
    expect(has('^456', hops)).toBe(false);
    expect(has('[789,10111]$', hops)).toBe(true);
    expect(has('789$', hops)).toBe(false);
    expect(has('^123,456,789,[789,10111]$', hops)).toBe(true);
    expect(has('^123,456$', hops)).toBe(false);
    expect(has('!456', hops)).toBe(false);
    expect(has('!^456', hops)).toBe(true);
  });

  test('a whole number is meant, not the beginning of one', () => {
    expect(has('12', [123])).toBe(false);
    expect(has('23', [123])).toBe(false);
  });

  test('a pattern that must be found is never found in a withdrawal, which has no path', () => {
    expect(wants({ path: '131279$' }, update({ withdrawn: ['175.45.176.0/24'] }))).toBe(false);
    expect(wants({ path: '!131279$' }, update({ withdrawn: ['175.45.176.0/24'] }))).toBe(true);
    expect(wants({ path: '!131279$' }, keepalive())).toBe(false);
  });

  test.each(['', '^', '$', '1 2', '1,', ',1', '[1', '[]', '1,,2', '.*', 'AS1', 1.5, -1, null, {}, ['1']])(
    'an invalid pattern is refused: %j',
    (value) => expect(parsePathPattern(value)).toBeUndefined(),
  );

  test('property: each piece of a path is found in it, anchored at its position, and its inverse is not', () => {
    fc.assert(
      fc.property(path, fc.nat(), fc.nat(), (hops, a, b) => {
        fc.pre(hops.length > 0);
        const from = a % hops.length;
        const to = from + 1 + (b % (hops.length - from));
        const piece = textOf(hops.slice(from, to));
        expect(has(piece, hops)).toBe(true);
        expect(has(`!${piece}`, hops)).toBe(false);
        if (from === 0) expect(has(`^${piece}`, hops)).toBe(true);
        if (to === hops.length) expect(has(`${piece}$`, hops)).toBe(true);
      }),
    );
  });

  test('property: as a search in the text would have it, bounded by commas', () => {
    fc.assert(
      fc.property(path, path, (hops, wanted) => {
        fc.pre(wanted.length > 0);
        const [text, piece] = [`,${textOf(hops)},`, `,${textOf(wanted)},`];
        expect(has(`^${textOf(wanted)}`, hops)).toBe(text.startsWith(piece));
        expect(has(`${textOf(wanted)}$`, hops)).toBe(text.endsWith(piece));
        // Within a set commas bound no hop: there the text alone misleads.
        fc.pre(hops.every((hop) => typeof hop === 'number'));
        expect(has(textOf(wanted), hops)).toBe(text.includes(piece));
      }),
    );
  });
});

describe('the rest', () => {
  test('a host is meant by its short name and by its long one', () => {
    const message = keepalive({ host: 'rrc21.ripe.net' });
    expect(['rrc21', 'rrc21.ripe.net', 'rrc2', 'rrc22'].map((host) => wants({ host }, message))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('a peer is meant by its address, however it is spelled', () => {
    const message = keepalive({ peer: '2001:db8::1' });
    expect(wants({ peer: '2001:DB8:0:0:0:0:0:1' }, message)).toBe(true);
    expect(wants({ peer: '2001:db8::2' }, message)).toBe(false);
  });

  test('`require` wants a key that says something: arrays that are always there may be empty', () => {
    const withdrawal = update({ withdrawn: ['192.0.2.0/24'] });
    expect(wants({ require: 'withdrawals' }, withdrawal)).toBe(true);
    expect(wants({ require: 'announcements' }, withdrawal)).toBe(false);
    expect(wants({ require: 'state' }, state('up'))).toBe(true);
    expect(wants({ require: '__proto__' }, keepalive())).toBe(false);
  });

  test('an empty filter, or none, wants everything', () => {
    for (const filter of [{}, undefined, null, { unknown: 1, prefix: null }]) {
      expect([keepalive(), state('up'), update()].map((one) => wants(filter, one))).toEqual([true, true, true]);
    }
  });

  test('all that is given must hold', () => {
    const message = update({ announced: ['192.0.2.0/24'], path: [1, 2], host: 'rrc00.ripe.net' });
    const filter = { host: 'rrc00', type: 'UPDATE', prefix: '192.0.2.0/24', path: '2$', peer: '192.0.2.1' };
    expect(wants(filter, message)).toBe(true);
    const wrong = { host: 'rrc01', type: 'KEEPALIVE', prefix: '198.51.100.0/24', path: '1$', peer: '192.0.2.2' };
    for (const [key, value] of Object.entries(wrong)) expect(wants({ ...filter, [key]: value }, message)).toBe(false);
  });

  test('property: no filter object makes it throw, and those it takes are stopped by themselves', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('host', 'type', 'require', 'peer', 'path', 'prefix', 'moreSpecific'),
          fc.jsonValue(),
        ),
        (value) => {
          const parsed = parseFilter(value);
          if (!parsed.ok) return;
          const again = parseFilter(JSON.parse(JSON.stringify(value)));
          expect(again.ok && [...again.filters.keys()]).toEqual([...parsed.filters.keys()]);
        },
      ),
    );
  });
});
