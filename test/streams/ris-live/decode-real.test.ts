import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pathText } from '../../../src/bgp/as-path.ts';
import type { Element } from '../../../src/bgp/element.ts';
import { parseAddress } from '../../../src/bgp/prefix.ts';
import { createRecordDecoder } from '../../../streams/mrt/decode/decode.ts';
import { decode, type FeedMessage } from '../../../streams/ris-live/decode.ts';
import { Names } from '../../../streams/ris-live/names.ts';
import { WatchedRoutes } from '../../../streams/ris-live/watched-routes.ts';
import { realData, realDataNote } from '../../support/real-data.ts';

/** Real messages, one a line; most carry the BGP message itself with its JSON. */
const FILES = ['1k-msgs.2019', '20-msg.2019', 'all-types.2019', 'fail-as-set.2019', 'samples.2019-2026'];

/** None where the real data is absent: skipped tests are collected all the same. */
function linesOf(file: string): string[] {
  const path = realData(`ris-live/${file}.ndjson`);
  if (path === undefined) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

function decoded(line: string) {
  return decode(line, { names: new Names(), routes: new WatchedRoutes('everything') });
}

/** The BGP message as a collector would have written it to a file: BGP4MP_ET, MESSAGE_AS4 (RFC 6396 section 4.4.3). */
function recordOf({ at, peer }: FeedMessage, raw: string, subtype: 1 | 4): Uint8Array {
  const address = parseAddress(peer.address);
  if (address === undefined) throw new Error(peer.address);
  const addressBytes = Buffer.alloc(address.family === 'ipv4' ? 4 : 16);
  for (let i = 0; i < addressBytes.length / 4; i++) addressBytes.writeUInt32BE(address.words[i] ?? 0, 4 * i);
  const asns = Buffer.alloc(subtype === 4 ? 8 : 4);
  if (subtype === 4) asns.writeUInt32BE(peer.asn);
  else asns.writeUInt16BE(Math.min(peer.asn, 23_456));
  const family = Buffer.from([0, 0, 0, address.family === 'ipv4' ? 1 : 2]);
  const micros = Buffer.alloc(4);
  micros.writeUInt32BE((at % 1000) * 1000);
  const body = Buffer.concat([
    micros,
    asns,
    family,
    addressBytes,
    Buffer.alloc(addressBytes.length),
    Buffer.from(raw, 'hex'),
  ]);
  const header = Buffer.alloc(12);
  header.writeUInt32BE(Math.floor(at / 1000), 0);
  header.writeUInt16BE(17, 4);
  header.writeUInt16BE(subtype, 6);
  header.writeUInt32BE(body.length, 8);
  return Buffer.concat([header, body]);
}

/** Elements as text, so that they can be sorted and compared; the order within a message is the feed's own. */
function textsOf(elements: readonly Element[]): string[] {
  return elements
    .map((element) => {
      if (element.type !== 'announcement' && element.type !== 'withdrawal') return JSON.stringify(element);
      const { type, at, peer, prefix } = element;
      return `${type} ${at} ${peer.id} ${prefix.text} ${element.type === 'announcement' ? JSON.stringify(element.path) : ''}`;
    })
    .sort();
}

/** The raw message decoded by bgpkit-parser. `as4`: the session uses four-octet AS numbers (RFC 6793). */
function rawElements(message: FeedMessage, raw: string, as4: boolean): readonly Element[] {
  const decoder = createRecordDecoder(message.peer.collector);
  const { elements, problems } = decoder.decode(recordOf(message, raw, as4 ? 4 : 1));
  decoder.close();
  return problems.length > 0 ? [] : elements;
}

const BGP_TYPES: Readonly<Record<number, FeedMessage['type']>> = {
  1: 'open',
  2: 'update',
  3: 'notification',
  4: 'keepalive',
};

describe.skipIf(realData('ris-live') === undefined)(`real messages of RIS Live${realDataNote}`, () => {
  const frames = FILES.flatMap(linesOf).map((line) => ({ line, decoded: decoded(line) }));
  const messages = frames.flatMap(({ line, decoded }) =>
    decoded.kind === 'message' ? [{ message: decoded, raw: rawOf(line) }] : [],
  );
  const updates = messages.flatMap(({ message, raw }) =>
    message.type === 'update' && raw !== undefined ? [{ message, raw }] : [],
  );

  test('every one of them is read but a torn line', () => {
    const torn = frames.filter(({ decoded }) => decoded.kind === 'unreadable');
    expect(torn.map(({ decoded }) => decoded)).toEqual([{ kind: 'unreadable', reason: 'not-json' }]);
    expect(torn[0]?.line.endsWith('"KEEPALIVE"}')).toBe(true);
    expect(frames.length).toBe(1067);
    expect(new Set(messages.map(({ message }) => message.type))).toEqual(
      new Set(['update', 'keepalive', 'open', 'notification', 'state', 'untyped']),
    );
  });

  test('a message is of the type that its raw bytes have; a complaint shows the bytes it complains of', () => {
    const isComplaint = (message: FeedMessage): boolean => message.id === '20-91-206-52-201-125221';
    const withRaw = messages.filter(({ message, raw }) => raw !== undefined && !isComplaint(message));
    for (const { message, raw = '' } of withRaw) {
      expect(message.type).toBe(BGP_TYPES[Number.parseInt(raw.slice(36, 38), 16)]);
    }
    expect(withRaw.length).toBe(1051);
  });

  test('what the JSON of an UPDATE says is what its raw bytes say, but for three that are explained', () => {
    const differing = updates.filter(
      ({ message, raw }) => textsOf(message.elements).join() !== textsOf(rawElements(message, raw, true)).join(),
    );
    expect(updates.length).toBe(1032);
    expect(differing.map(({ message }) => message.id)).toEqual([
      '80.249.208.107-1558620047.14-4099770',
      '80.249.208.107-1558620047.14-4099771',
      '198.32.176.24-1558620047.05-26157964',
    ]);
  });

  test('two of the three are of a session with two-octet AS numbers', () => {
    const old = updates.filter(({ message }) => message.peer.id === 'rrc03|80.249.208.107|20495');
    expect(old.length).toBe(2);
    for (const { message, raw } of old)
      expect(textsOf(message.elements)).toEqual(textsOf(rawElements(message, raw, false)));
  });

  test('the third has an AS_SET of the origin alone behind the origin, which the JSON of 2019 left out', () => {
    const one = updates.find(({ message }) => message.id === '198.32.176.24-1558620047.05-26157964');
    if (one === undefined) throw new Error('it is not there');
    const [ours] = one.message.elements;
    const [theirs] = rawElements(one.message, one.raw, true);
    if (ours?.type !== 'announcement' || theirs?.type !== 'announcement') throw new Error('no announcement');
    expect(pathText(theirs.path)).toBe(`${pathText(ours.path)} {27738}`);
  });

  test('the hex of an id is the timestamp and 16 bits of a counter, so messages of one moment differ in these alone', () => {
    const hexes = messages.flatMap(({ message: { id, at } }) => {
      const hex = /-([0-9a-f]{16})$/.exec(id ?? '')?.[1];
      return hex === undefined ? [] : [{ hex, at }];
    });
    expect(hexes.length).toBe(21);
    for (const { hex, at } of hexes) expect(Number.parseInt(hex.slice(0, 12), 16)).toBe(at);
  });

  test('an AS_SET that the JSON has as an array inside is one entry of the path', () => {
    const sets = messages
      .flatMap(({ message }) => message.elements)
      .filter((element) => element.type === 'announcement' && element.path.some((entry) => typeof entry !== 'number'));
    expect(sets.length).toBeGreaterThan(0);
  });
});

function rawOf(line: string): string | undefined {
  return (JSON.parse(line) as { data: { raw?: string } }).data.raw;
}
