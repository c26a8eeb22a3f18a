import type { ScanBatch, ScanEnd } from '../mrt/scan/scan-job.ts';

/** A batch as one line of a section. */
interface Line extends Omit<ScanBatch, 'records' | 'places' | 'end'> {
  /** Base64. */
  readonly records: string;
  readonly places: readonly number[];
  readonly end?: Omit<ScanEnd, 'types'> & { readonly types: readonly number[] };
}

/** Writes a batch as a line of JSON. */
export function batchLine({ records, places, end, ...rest }: ScanBatch): string {
  const line: Line = {
    ...rest,
    records: Buffer.from(records.buffer, records.byteOffset, records.byteLength).toString('base64'),
    places: [...places],
    ...(end && { end: { ...end, types: [...end.types] } }),
  };
  return `${JSON.stringify(line)}\n`;
}

/** Reads what `batchLine` wrote. The checksum of its piece was right. */
export function readBatchLine(text: string): ScanBatch {
  const { records, places, marks, end, ...rest } = JSON.parse(text) as Line;
  return {
    ...rest,
    // JSON leaves out what is undefined.
    marks: marks.map((mark) => ({ ...mark, at: mark.at })),
    records: new Uint8Array(Buffer.from(records, 'base64')),
    places: new Float64Array(places),
    ...(end && { end: { ...end, container: end.container, types: new Float64Array(end.types) } }),
  };
}
