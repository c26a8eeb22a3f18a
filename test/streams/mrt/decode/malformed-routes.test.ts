import { expect, test } from 'vitest';
import type { Element } from '../../../../src/bgp/element.ts';
import { pathField } from '../../../../streams/ris-live/fields.ts';
import { lines, ofType, play, temporaryFolder } from '../../../support/mrt-run.ts';
import {
  attribute,
  bytesOf,
  message,
  nlri,
  PEER,
  peerIndexTable,
  record,
  rib,
  update,
  u16,
  u32,
  type Bytes,
  type MessageOptions,
} from '../../../support/mrt-writer.ts';

/** Attributes that cannot be read leave the peer's named routes in doubt, and nothing else of it. */
const folder = temporaryFolder();
const T = 1_419_264_000;
/** An AS_PATH segment of type 9. */
const BAD_PATH = attribute(2, [9, 1, ...u32(64_500)]);

let run = 0;
async function played(...records: readonly Bytes[]) {
  return play({ paths: [folder.write(`${run++}/updates`, bytesOf(...records))] });
}

/** The routes of the only gap. */
function missed(elements: readonly Element[]): readonly string[] | undefined {
  const gaps = elements.filter((element) => element.type === 'gap');
  expect(gaps.length).toBe(1);
  const [gap] = gaps;
  return gap?.routes?.map(({ prefix, pathId }) => (pathId === undefined ? prefix.text : `${prefix.text}#${pathId}`));
}

/** An UPDATE with a malformed AS_PATH: `update` writes a good one, which is replaced. */
function malformed(announced: readonly string[], announced6: readonly string[], options: MessageOptions = {}): Bytes {
  const good = [...attribute(2, [2, 2, ...u32(64_500), ...u32(131_279)])];
  const body = [...update({ announced, announced6 })];
  const at = body.findIndex((_, i) => good.every((byte, n) => body[i + n] === byte));
  body.splice(at, good.length, ...BAD_PATH);
  const shorter = good.length - BAD_PATH.length;
  body.splice(16, 2, ...u16(body.length));
  body.splice(21, 2, ...u16((body[21] ?? 0) * 256 + (body[22] ?? 0) - shorter));
  return message(T, body, options);
}

test('the gap of an UPDATE with a malformed AS_PATH names its routes, of both families and with path identifiers', async () => {
  const both = await played(malformed(['175.45.176.0/24', '192.0.2.0/24'], ['2001:db8:4b50::/48']));
  expect(missed(both.elements)).toEqual(['2001:db8:4b50::/48', '175.45.176.0/24', '192.0.2.0/24']);
  expect(ofType(both.reports, 'problem')).toMatchObject([
    { treatment: 'routes-unknown', peer: { address: PEER.address } },
  ]);
  const paths = await played(malformed(['7@175.45.176.0/24'], [], { addPath: true }));
  expect(missed(paths.elements)).toEqual(['175.45.176.0/24#7']);
  const precise = await played(malformed(['175.45.176.0/24'], [], { microseconds: 5 }));
  expect(missed(precise.elements)).toEqual(['175.45.176.0/24']);
});

test('a RIB entry with a malformed AS_PATH is a gap of its prefix, and the dump confirms the rest of the peer', async () => {
  const entry = [...u16(0), ...u32(T), ...u16(4 + BAD_PATH.length), ...attribute(1, [0]), ...BAD_PATH];
  const bad = record(T, 13, 2, [...u32(0), ...nlri('175.45.176.0/24'), ...u16(1), ...entry]);
  const { elements } = await played(peerIndexTable(T, [PEER]), bad, [...rib(T, '192.0.2.0/24', [0])].with(15, 1));
  expect(missed(elements)).toEqual(['175.45.176.0/24']);
  expect(lines(elements).at(-1)).toContain('end-of-rib 198.51.100.1');
});

test('where the routes cannot be read either, the gap is of all that the peer has', async () => {
  const torn = message(T, update({ announced: ['175.45.176.0/24'], more: [0x40, 2, 9] }));
  expect(missed((await played(torn)).elements)).toBeUndefined();
});

test('of a message that is cut, the routes behind the cut are in doubt too: the gap is of all that the peer has', async () => {
  const whole = malformed(['175.45.176.0/24', '175.45.177.0/24'], []);
  const cut = whole.slice(0, -nlri('175.45.177.0/24').length);
  cut.splice(8, 4, ...u32(cut.length - 12));
  expect(missed((await played(cut)).elements)).toBeUndefined();
});

test('AS 0 in a path is malformed, not an AS: the routes of a message are one gap and one problem', async () => {
  const zero = (path: readonly number[]): Bytes =>
    message(T, update({ announced: ['175.45.176.0/24', '175.45.177.0/24'], path }));
  for (const path of [
    [64_500, 0, 131_279],
    [0, 131_279],
    [64_500, 0],
  ]) {
    const { elements, reports } = await played(zero(path), message(T + 1, update({ announced: ['175.45.178.0/24'] })));
    expect(missed(elements)).toEqual(['175.45.176.0/24', '175.45.177.0/24']);
    expect(ofType(reports, 'problem').map(({ reason }) => reason)).toEqual([
      'AS 0 in the AS_PATH (RFC 7607 section 2)',
    ]);
    expect(lines(elements).filter((line) => line.includes('announcement')).length).toBe(1);
  }
  expect(pathField([64_500, 0, 131_279])).toBeUndefined();
  expect(pathField([64_500, [0, 1]])).toBeUndefined();
});
