import { setImmediate } from 'node:timers/promises';
import type { ContainerOptions } from '../container/container.ts';
import { openUnpacking } from '../container/container.ts';
import { Scan } from './record-scan.ts';
import { createFramer } from '../record/records.ts';
import type { ScanBatch, ScanJob } from './scan-job.ts';

/**
 * Bytes of a file that are held back before its checksums are known. With more, the file is unpacked a second time beside,
 * only for its checksums: from then on each byte is known to be right or wrong as it comes.
 */
const HELD_BYTES = 8 * 2 ** 20;

/** Scans a file as `scanSteps` does, and lets others have their turn after each step. */
export async function* scanFile(job: ScanJob): AsyncGenerator<ScanBatch, void> {
  for (const batches of scanSteps(job)) {
    yield* batches;
    await setImmediate();
  }
}

/** What other threads do for the one that reads a file. */
export type Helped = Pick<ContainerOptions, 'slots' | 'ring'>;

/**
 * Unpacks, frames and prefilters one file, in steps of some hundred kilobytes; each gives what batches it has. Never throws
 * on input: a file that cannot be read is one damage.
 *
 * Nothing of a gzip member is given out before its checksum was found right. What is not is one damage, from the end of the
 * last right member on: deflate copies a damaged octet into every later message that has the same, so nothing in it can
 * be told right from wrong.
 *
 * @param helped where other threads unpack for this one.
 */
export function* scanSteps(job: ScanJob, helped: Helped = {}): Generator<readonly ScanBatch[], void> {
  const scan = new Scan(job);
  try {
    yield* stepsOf(job, scan, helped);
  } finally {
    scan.close();
  }
}

function* stepsOf(job: ScanJob, scan: Scan, helped: Helped): Generator<readonly ScanBatch[], void> {
  const opened = openUnpacking(job.path, { ...job, ...helped });
  if (!opened.ok) {
    scan.damage({ from: 0, to: 0, reason: `the file ${opened.reason}` });
    scan.batches.packed = job.snapshot.size;
    scan.finish(undefined);
    yield scan.batches.take();
    return;
  }
  const { unpacking } = opened;
  const framer = createFramer(scan, job.limits, scan);
  const chunks = unpacking.chunks();
  try {
    for (;;) {
      const { done, value } = chunks.next();
      if (job.believesAll !== true) scan.believe(unpacking.verified);
      scan.batches.packed = unpacking.offset;
      if (done === true) {
        framer.end(value);
        if (value !== undefined) scan.lose(value);
        break;
      }
      const { length } = value;
      framer.push(value);
      scan.unpacked += length;
      if (scan.batches.held > HELD_BYTES) scan.believe(yield* verifiedBytes(job), true);
      yield scan.batches.take();
    }
    scan.finish(unpacking.kind);
    yield scan.batches.take();
  } finally {
    chunks.return(undefined);
    unpacking.close();
  }
}

/** How many unpacked bytes of a file have right checksums, from its start. */
function* verifiedBytes(job: ScanJob): Generator<readonly ScanBatch[], number> {
  const opened = openUnpacking(job.path, job);
  if (!opened.ok) return 0;
  const { unpacking } = opened;
  const chunks = unpacking.chunks();
  try {
    while (chunks.next().done !== true) yield [];
    return unpacking.verified;
  } finally {
    chunks.return(undefined);
    unpacking.close();
  }
}
