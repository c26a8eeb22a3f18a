import type { Prefilter } from '../mrt/scan/prefilter.ts';
import type { ScanMark, ScanBatch } from '../mrt/scan/scan-job.ts';

/**
 * The part of a batch that concerns the blocks of one prefilter, as if the file had been scanned for these blocks only.
 * The marks stay, because they describe records that are in no batch.
 */
export function narrowed(batch: ScanBatch, filter: Prefilter): ScanBatch {
  const { records, places } = batch;
  const ranges: { readonly from: number; readonly to: number; readonly offset: number }[] = [];
  const marks: ScanMark[] = [];
  let length = 0;
  let next = 0;
  const markUpTo = (place: number): void => {
    for (let mark = batch.marks[next]; mark !== undefined && mark.place <= place; mark = batch.marks[++next]) {
      marks.push({ ...mark, place: length });
    }
  };
  for (let i = 0; i < places.length; i += 2) {
    const from = places[i] ?? 0;
    const to = places[i + 2] ?? records.length;
    markUpTo(from);
    if (!filter.passes(records, from, to)) continue;
    ranges.push({ from, to, offset: places[i + 1] ?? 0 });
    length += to - from;
  }
  markUpTo(records.length);
  return { ...batch, marks, ...copied(records, ranges, length) };
}

function copied(
  records: Uint8Array,
  ranges: readonly { readonly from: number; readonly to: number; readonly offset: number }[],
  length: number,
): Pick<ScanBatch, 'records' | 'places'> {
  const copy = new Uint8Array(length);
  const places = new Float64Array(ranges.length * 2);
  let at = 0;
  for (const [i, { from, to, offset }] of ranges.entries()) {
    copy.set(records.subarray(from, to), at);
    places[2 * i] = at;
    places[2 * i + 1] = offset;
    at += to - from;
  }
  return { records: copy, places };
}
