import { setImmediate } from 'node:timers/promises';
import type { ContainerOptions } from '../container/container.ts';
import { openUnpacking } from '../container/container.ts';
import { Scan } from './record-scan.ts';
import { createFramer } from '../record/records.ts';
import type { ScanBatch, ScanJob } from './scan-job.ts';

/**
 * Most bytes that are held back before checksums are known. Beyond this, the file is unpacked a second time in
 * parallel, only for its checksums, so that each later byte is known to be right or wrong as it comes.
 */
const HELD_BYTES = 8 * 2 ** 20;

/** Scans a file like `scanSteps`, and yields to the event loop after each step. */
export async function* scanFile(job: ScanJob): AsyncGenerator<ScanBatch, void> {
  for (const batches of scanSteps(job)) {
    yield* batches;
    await setImmediate();
  }
}

/** How other threads help the one that reads a file. */
export type Helped = Pick<ContainerOptions, 'slots' | 'ring'>;

/**
 * Unpacks, frames and prefilters one file, in steps of some hundred kilobytes; each gives what batches it has. Never
 * throws on input: a file that cannot be read is one damage.
 *
 * Data of a gzip member is used only after its checksum was verified. If the checksum is wrong, everything after the
 * last good member is one damage: deflate copies a damaged octet into later messages, so good and bad data cannot be
 * distinguished.
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

/** Number of verified unpacked bytes of a file, from its start. */
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
