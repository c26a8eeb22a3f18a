import { expect, test } from 'vitest';
import { reasonText } from '#bgpkit-parser-wasm';
import { REASON } from '../../../streams/mrt/decode/decode-batch.ts';
import { RecordClock } from '../../../streams/mrt/record/record-clock.ts';
import { lines, play, temporaryFolder } from '../../support/mrt-run.ts';
import { bytesOf, message, record, stateChange, u32, update, type Bytes } from '../../support/mrt-writer.ts';

/** A record whose type or subtype was damaged may hold routes: it is a gap, not a record of no use. */
const folder = temporaryFolder();
const T = 1_419_264_000;
const good = (seconds: number): Bytes => message(seconds, update({ announced: ['175.45.176.0/24'] }));

let run = 0;
async function gaps(harm: (bytes: number[]) => void): Promise<readonly string[]> {
  const harmed = [...good(T + 1)];
  harm(harmed);
  const path = folder.write(`${run++}/updates`, bytesOf(good(T), harmed, good(T + 2)));
  const { elements } = await play({ paths: [path] });
  return lines(elements)
    .filter((line) => !line.includes('announcement'))
    .map((line) => line.replace(/^\d+\.000 /, ''));
}

test.each([
  ['of a type that no RFC names', 5, 20],
  ['of OSPF', 5, 48],
  ['of a subtype of BGP4MP that no RFC names', 7, 12],
  ['of BGP4MP that is called a snapshot', 7, 3],
])('a message in a record %s is a gap of the collector', async (_, at, type) => {
  expect(await gaps((bytes) => (bytes[at] = type))).toEqual(['gap local all damaged-file']);
});

test("a message that is called the collector's own, and has no peer then, is a gap of the collector", async () => {
  expect(await gaps((bytes) => (bytes[7] = 6))).toEqual(['gap local all unreadable-message']);
});

test('a BGP message of an unknown type is a gap of its peer', async () => {
  expect(await gaps((bytes) => (bytes[12 + 20 + 18] = 6))).toEqual(['gap local 198.51.100.1 unreadable-message']);
});

test('a record of another type without a message is of no use, and costs nothing', async () => {
  const path = folder.write('other/updates', bytesOf(good(T), record(T, 4_711, 1, [1, 2, 3]), good(T + 1)));
  expect(lines((await play({ paths: [path] })).elements).some((line) => line.includes('gap'))).toBe(false);
});

test('the numbers of reasons are those of the decoder', () => {
  expect(reasonText(REASON.unknownMessage)).toContain('unknown BGP message type');
  expect(reasonText(REASON.local)).toContain('that the collector itself sent');
});

test('of the first two records the one that is further from the begin of the file has the wrong time', () => {
  const at = (seconds: number): Uint8Array => bytesOf([...u32(seconds), ...stateChange(T, 6, 1).slice(4)]);
  const isOutlier = (first: number, next: number, begin?: number): boolean =>
    new RecordClock(begin).record(at(first), 0, next);
  expect(isOutlier(T + 10, T + 11, T)).toBe(false);
  expect(isOutlier(T + 10, T + 11 - 4_096, T)).toBe(false);
  expect(isOutlier(T + 10, T + 11 + 2 ** 24, T)).toBe(false);
  expect(isOutlier(T + 10 + 4_096, T + 11, T)).toBe(true);
  expect(isOutlier(T + 10, T + 11 - 4_096)).toBe(true);
});
