import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathText } from '../../../src/bgp/as-path.ts';
import { MAX_FRAME_BYTES } from '../../../streams/http/frames.ts';
import { decode, type DecodedFrame, type FeedMessage } from '../../../streams/ris-live/decode.ts';
import { orderOf } from '../../../streams/ris-live/message-id.ts';
import { MAX_PEERS, Names } from '../../../streams/ris-live/names.ts';
import { WatchedRoutes } from '../../../streams/ris-live/watched-routes.ts';
import { KP } from '../../support/day.ts';

const GOOD = {
  timestamp: 1_787_141_896.08,
  peer: '37.49.237.143',
  peer_asn: '50628',
  id: '37.49.237.143-01a019f537900000',
  host: 'rrc21.ripe.net',
  type: 'UPDATE',
  path: [50_628, 4837, 131_279],
  community: [],
  origin: 'IGP',
  announcements: [{ next_hop: '37.49.237.143', prefixes: ['175.45.176.0/24'] }],
  withdrawals: [],
};

function read(frame: string | Uint8Array, blocks: typeof KP.blocks | 'everything' = 'everything'): DecodedFrame {
  return decode(frame, { names: new Names(), routes: new WatchedRoutes(blocks) });
}

/** The good message with these fields instead; `undefined` leaves one out. */
function withFields(fields: object, blocks?: typeof KP.blocks): DecodedFrame {
  return read(JSON.stringify({ type: 'ris_message', data: { ...GOOD, ...fields } }), blocks);
}

function withText(field: string, text: string): DecodedFrame {
  return read(
    JSON.stringify({ type: 'ris_message', data: { ...GOOD, [field]: 0 } }).replace(
      `"${field}":0`,
      `"${field}":${text}`,
    ),
  );
}

/** Its content in short: `A 175.45.176.0/24 50628 4837 131279`, or why it cannot be read. */
function textOf(decoded: DecodedFrame): string[] | string {
  if (decoded.kind === 'unreadable') return decoded.reason;
  if (decoded.kind !== 'message') return decoded.kind;
  return decoded.elements.map((element) => {
    if (element.type === 'announcement') return `A ${element.prefix.text} ${pathText(element.path)}`;
    if (element.type === 'withdrawal') return `W ${element.prefix.text}`;
    return element.type === 'peer-state' ? element.state : element.type;
  });
}

function message(decoded: DecodedFrame): FeedMessage {
  if (decoded.kind !== 'message') throw new Error(JSON.stringify(decoded));
  return decoded;
}

test('a good message, the one that all others here are made from', () => {
  expect(message(withFields({}))).toMatchObject({
    type: 'update',
    at: 1_787_141_896_080,
    peer: { id: 'rrc21|37.49.237.143|50628' },
    id: GOOD.id,
  });
  expect(textOf(withFields({}))).toEqual(['A 175.45.176.0/24 50628 4837 131279']);
});

describe('37: what is not a message is not decoded as one', () => {
  test.each([
    ['', 'not-json'],
    [' ', 'not-json'],
    ['hello', 'not-json'],
    ['{"type":"ris_message"', 'not-json'],
    ['null', 'not-an-envelope'],
    ['[]', 'not-an-envelope'],
    ['17', 'not-an-envelope'],
    ['"ris_message"', 'not-an-envelope'],
    ['{}', 'not-an-envelope'],
    ['{"type":17}', 'not-an-envelope'],
    ['{"type":"ris_message"}', 'not-a-message'],
    ['{"type":"ris_message","data":null}', 'not-a-message'],
    ['{"type":"ris_message","data":[]}', 'not-a-message'],
    ['{"type":"ris_message","data":{}}', 'bad-host'],
  ])('%s is %s', (frame, reason) => {
    expect(read(frame)).toEqual({ kind: 'unreadable', reason });
    expect(read(Buffer.from(frame))).toEqual({ kind: 'unreadable', reason });
  });

  test('bytes that are not UTF-8', () => {
    expect(read(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))).toEqual({ kind: 'unreadable', reason: 'not-utf-8' });
  });
});

describe('38: other envelopes', () => {
  test('a new one is passed over', () => {
    expect(read('{"type":"ris_weather","data":{}}')).toEqual({ kind: 'unknown-envelope' });
  });

  test.each(['{"type":"pong"}', '{"type":"pong","data":null}'])('%s is a pong', (frame) => {
    expect(read(frame)).toEqual({ kind: 'pong' });
  });

  test.each([
    ['{"type":"ris_error","data":{"message":"Unknown command type","command_type":"wrong"}}', 'Unknown command type'],
    ['{"type":"ris_error","data":"no"}', 'no'],
    ['{"type":"ris_error"}', ''],
    ['{"type":"ris_error","data":{"message":17}}', ''],
  ])('%s is the error %s', (frame, text) => {
    expect(read(frame)).toEqual({ kind: 'error', text });
  });

  test('a list of collectors, in both spellings, and of what is none', () => {
    expect(read('{"type":"ris_rrc_list","data":["rrc00","rrc01.ripe.net","rrc00.ripe.net",5,"a b"]}')).toEqual({
      kind: 'collectors',
      collectors: ['rrc00', 'rrc01'],
    });
  });
});

describe('39: a timestamp is seconds of some collector’s clock', () => {
  test.each([
    '"1787141896.08"',
    'null',
    '-1',
    '1e400',
    '-1e400',
    '1787141896080',
    '1787141896080000',
    '0',
    '5',
    '{}',
    '[1]',
    'true',
  ])('%s is none', (text) => {
    const decoded = withText('timestamp', text);
    expect(textOf(decoded)).toBe('bad-timestamp');
    expect(decoded).toMatchObject({ peer: { id: 'rrc21|37.49.237.143|50628' } });
  });

  test.each([
    [1_558_620_047.08, 1_558_620_047_080],
    [1_553_625_081.88, 1_553_625_081_880],
    [1_787_141_896, 1_787_141_896_000],
    [1_787_141_896.0809, 1_787_141_896_080],
  ])('%d is %d ms', (timestamp, at) => {
    expect(message(withFields({ timestamp })).at).toBe(at);
  });

  test('every hundredth of a second reads as itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 94_670_000_000, max: 429_496_729_599 }), (hundredths) => {
        expect(message(withFields({ timestamp: Number((hundredths / 100).toFixed(2)) })).at).toBe(hundredths * 10);
      }),
    );
  });
});

describe('40: an AS number is digits', () => {
  test.each([
    '"1e5"',
    '""',
    '"4294967296"',
    '"-1"',
    '"0x10"',
    '" 5"',
    '"AS5"',
    '"99999999999999999999"',
    '1.5',
    '4294967296',
    'null',
    '{}',
    '[5]',
    'true',
  ])('%s is none', (text) => {
    expect(textOf(withText('peer_asn', text))).toBe('bad-peer-asn');
  });

  test.each(['50628', '"50628"', '"0050628"'])('%s is 50628', (text) => {
    expect(message(withText('peer_asn', text)).peer.asn).toBe(50_628);
  });

  test.each(['"1.2.3"', '"fe80::1%eth0"', '""', '17', 'null'])('and %s is not an address of a peer', (text) => {
    expect(textOf(withText('peer', text))).toBe('bad-peer');
  });

  test('two spellings of one address are one peer', () => {
    const names = new Names();
    const ids = ['2001:db8:0:0:0:0:0:1', '2001:DB8::1'].map((peer) => {
      const frame = JSON.stringify({ type: 'ris_message', data: { ...GOOD, peer } });
      return message(decode(frame, { names, routes: new WatchedRoutes('everything') })).peer.id;
    });
    expect(ids).toEqual(['rrc21|2001:db8::1|50628', 'rrc21|2001:db8::1|50628']);
  });
});

describe('41: a path is AS numbers, and sets of them', () => {
  test.each([
    ['[1,2,3]', '1 2 3'],
    ['[1,[3,2],4]', '1 {2,3} 4'],
    ['[6453,18705,26281,[13340]]', '6453 18705 26281 {13340}'],
    ['[]', ''],
    ['[4294967295]', '4294967295'],
  ])('%s is %s', (text, path) => {
    expect(textOf(withText('path', text))).toEqual([`A 175.45.176.0/24 ${path}`]);
  });

  test.each([
    'null',
    '"1 2 3"',
    '{}',
    '[1.5]',
    '[9007199254740993]',
    '[-1]',
    '["1"]',
    '[null]',
    '[[]]',
    '[[[1]]]',
    '[[1.5]]',
  ])('%s is none', (text) => {
    expect(textOf(withText('path', text))).toBe('bad-path');
  });

  test('a missing path is none, but a withdrawal needs none', () => {
    expect(textOf(withFields({ path: undefined }))).toBe('bad-path');
    expect(textOf(withFields({ path: undefined, announcements: undefined, withdrawals: ['175.45.176.0/24'] }))).toEqual(
      ['W 175.45.176.0/24'],
    );
  });

  test('5,000 long is long; 20,000 fits in no BGP message', () => {
    const path = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);
    expect(message(withFields({ path: path(5000) })).elements[0]).toMatchObject({ path: path(5000) });
    expect(textOf(withFields({ path: path(20_000) }))).toBe('bad-path');
    expect(textOf(withFields({ path: [path(20_000)] }))).toBe('bad-path');
  });
});

describe('42: a prefix is canonical, or none', () => {
  test.each([
    ['175.45.176.7/24', 'W 175.45.176.0/24'],
    ['2605:de00:bb:0:0:0:0:0/48', 'W 2605:de00:bb::/48'],
    ['::ffff:175.45.176.0/120', 'W ::ffff:af2d:b000/120'],
    ['0.0.0.0/0', 'W 0.0.0.0/0'],
  ])('%s is %s', (text, expected) => {
    expect(textOf(withFields({ announcements: [], withdrawals: [text] }))).toEqual([expected]);
  });

  test.each([
    '175.45.176.0/33',
    '175.45.176/24',
    '1.2.3',
    '..%2f',
    '',
    '/24',
    '175.45.176.0/',
    '175.45.176.0/024',
    '2001:db8::/129',
    'EOR',
  ])('%s is none, withdrawn or announced', (text) => {
    expect(textOf(withFields({ announcements: [], withdrawals: [text] }))).toBe('bad-prefix');
    expect(textOf(withFields({ announcements: [{ next_hop: '::', prefixes: [text] }] }))).toBe('bad-prefix');
  });

  test('"eor" says that a table was sent, but not of which family: it is ignored', () => {
    expect(
      textOf(withFields({ announcements: [{ next_hop: '::', prefixes: ['eor'] }], withdrawals: ['eor'] })),
    ).toEqual([]);
  });

  test('a default route concerns no country; one that covers it or lies in it does', () => {
    const prefixes = [
      '0.0.0.0/0',
      '160.0.0.0/3',
      '175.0.0.0/8',
      '175.45.176.0/22',
      '175.45.177.128/25',
      '175.45.180.0/24',
    ];
    const decoded = message(withFields({ announcements: [], withdrawals: prefixes }, KP.blocks));
    expect(textOf(decoded)).toEqual(['W 175.0.0.0/8', 'W 175.45.176.0/22', 'W 175.45.177.128/25']);
    expect(decoded.leftOut).toBe(3);
  });

  test.each([
    [{ announcements: {} }, 'bad-announcements'],
    [{ announcements: [null] }, 'bad-announcements'],
    [{ announcements: [{ next_hop: '::' }] }, 'bad-announcements'],
    [{ announcements: [{ prefixes: [17] }] }, 'bad-announcements'],
    [{ withdrawals: '175.45.176.0/24' }, 'bad-withdrawals'],
    [{ withdrawals: [null] }, 'bad-withdrawals'],
  ])('%j is %s, and says whose', (fields, reason) => {
    const decoded = withFields(fields);
    expect(decoded).toMatchObject({ kind: 'unreadable', reason, peer: { asn: 50_628 } });
  });
});

test('43: a prefix withdrawn and announced in one message ends announced', () => {
  expect(textOf(withFields({ withdrawals: ['175.45.176.0/24'] }))).toEqual([
    'W 175.45.176.0/24',
    'A 175.45.176.0/24 50628 4837 131279',
  ]);
});

test('44: a next hop is not checked: a global and a link-local one, in one text or in two groups, are one route', () => {
  const prefixes = ['2a12:3fc6::/48'];
  const both = withFields({ announcements: [{ next_hop: '2001:7f8:4::3:2be1:1,fe80::3efd', prefixes }] });
  expect(textOf(both)).toEqual(['A 2a12:3fc6::/48 50628 4837 131279']);
  const announcements = [
    { next_hop: '2001:7f8:24::82', prefixes },
    { next_hop: 'fe80::768e', prefixes },
  ];
  expect(textOf(withFields({ announcements }))).toEqual(textOf(both));
});

describe('45: ids give the order, in all their forms', () => {
  test.each([
    ['37.49.237.143-01a019f537900002', '', 2],
    ['2001:7f8:4::3:2be1:1-01a089e0bb06000a', '', 10],
    ['72.22.223.9-1553627987.89-1829343', '72.22.223.9', 1_829_343],
    ['20-5761-238131559', '20-5761', 238_131_559],
    ['20-91-206-52-201-125221', '20-91-206-52-201', 125_221],
    ['something else', '', 0],
    ['', '', 0],
  ])('%s', (id, scope, count) => {
    expect(orderOf(id)).toEqual({ scope, count });
  });

  test('an id is text, and not without end', () => {
    expect(textOf(withFields({ id: 17 }))).toBe('bad-id');
    expect(textOf(withFields({ id: 'x'.repeat(1000) }))).toBe('bad-id');
    expect(message(withFields({ id: undefined })).id).toBeUndefined();
  });
});

describe('49: JSON that means harm', () => {
  test('__proto__ and constructor are keys like others', () => {
    const frame = `{"type":"ris_message","__proto__":{"kind":1},"data":{"__proto__":{"host":"rrc00"},"constructor":{"prototype":{}},${JSON.stringify(GOOD).slice(1)}}`;
    expect(textOf(read(frame))).toEqual(['A 175.45.176.0/24 50628 4837 131279']);
    expect(({} as Record<string, unknown>)['kind']).toBeUndefined();
    expect(textOf(read('{"type":"ris_message","data":{"__proto__":{"host":"rrc00"}}}'))).toBe('bad-host');
  });

  test('of two equal keys the last one counts', () => {
    expect(message(withText('peer_asn', '"1","peer_asn":"2"')).peer.asn).toBe(2);
  });

  test.each(['[', '{"a":', '[['])('a million times %s, closed or not, is stopped at once', (opening) => {
    const deep = opening.repeat(1_000_000 / opening.length);
    expect(read(deep).kind).toBe('unreadable');
    const closed = `{"type":"ris_message","data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
    expect(closed.length).toBeLessThan(MAX_FRAME_BYTES);
    expect(read(closed)).toEqual({ kind: 'unreadable', reason: 'not-a-message' });
    expect(textOf(withText('path', `${'['.repeat(900_000)}${']'.repeat(900_000)}`))).toBe('bad-path');
  });

  test('a frame longer than any message can be is not even parsed', () => {
    expect(read('['.repeat(MAX_FRAME_BYTES + 1))).toEqual({ kind: 'unreadable', reason: 'too-long' });
  });

  test.each(['"\\ud800"', '"rrc00\\u0000"', '"rrc00\\n"', '"<script>"', '"../rrc00"'])(
    '%s is not a collector',
    (text) => {
      expect(textOf(withText('host', text))).toBe('bad-host');
    },
  );

  test('a feed that makes up sessions fills no memory', () => {
    const names = new Names();
    const routes = new WatchedRoutes(KP.blocks);
    let refused = 0;
    for (let i = 0; i < MAX_PEERS + 1000; i++) {
      const data = { ...GOOD, peer: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` };
      const decoded = decode(JSON.stringify({ type: 'ris_message', data }), { names, routes });
      if (decoded.kind === 'unreadable' && decoded.reason === 'too-many-peers') refused++;
    }
    expect([names.size, refused]).toEqual([MAX_PEERS, 1000]);
  });
});

describe('sessions', () => {
  test.each([
    ['RIS_PEER_STATE', 'down', ['down']],
    ['STATE', 'down', ['down']],
    ['STATE', 'up', ['up']],
    // TCP alone: what was established before is over.
    ['STATE', 'connected', ['down']],
    ['STATE', 'Idle', 'bad-state'],
    ['STATE', undefined, 'bad-state'],
    ['ROUTE_REFRESH', 'up', 'unknown-type'],
  ])('%s %s', (type, state, expected) => {
    expect(textOf(withFields({ type, state }))).toEqual(expected);
  });

  test('a KEEPALIVE that cannot be read, or a message of a new type, hides no route of its peer', () => {
    expect(withFields({ type: 'KEEPALIVE', timestamp: 'soon' })).toEqual({
      kind: 'unreadable',
      reason: 'bad-timestamp',
    });
    expect(withFields({ type: 'ROUTE_REFRESH' })).toEqual({ kind: 'unreadable', reason: 'unknown-type' });
  });

  test('what the collector sent proves nothing of its peer', () => {
    expect(message(withFields({ type: 'OPEN', direction: 'sent' })).isSent).toBe(true);
    expect(message(withFields({ type: 'OPEN', direction: 'received' })).isSent).toBe(false);
  });
});

test('whatever JSON there is, reading it gives a value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      expect(read(text)).toHaveProperty('kind');
      expect(read(`{"type":"ris_message","data":${text}}`)).toHaveProperty('kind');
    }),
  );
});

test('any content of one field gives a value', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(GOOD)), fc.jsonValue({ maxDepth: 4 }), (field, value) => {
      expect(withFields({ [field]: value })).toHaveProperty('kind');
    }),
    { numRuns: 2000 },
  );
});

test('a byte changed anywhere never makes a withdrawal of a route that the message did not name', () => {
  const bytes = Buffer.from(JSON.stringify({ type: 'ris_message', data: GOOD }));
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      const decoded = read(changed);
      const elements = decoded.kind === 'message' ? decoded.elements : [];
      expect(elements.filter(({ type }) => type === 'withdrawal')).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
