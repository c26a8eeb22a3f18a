/**
 * The entry point of a reading thread. It takes file after file, and sends the passed records. It never returns to its
 * event loop, so the user can reach it only through shared memory.
 */
import { parentPort } from 'node:worker_threads';
import { Bz2Slots } from '../container/bz2-slots.ts';
import { ScanControl } from './scan-control.ts';
import type { ScanBatch } from '../scan/scan-job.ts';
import { openUnpacking } from '../container/container.ts';
import { UnpackRings, type Unpack } from '../container/unpack-rings.ts';
import { scanSteps } from '../scan/scan.ts';
import type { FromThread, ToThread } from './scan-threads.ts';

interface OpenScan {
  readonly file: number;
  readonly steps: Generator<readonly ScanBatch[], void>;
}

type Open = (file: number) => OpenScan | undefined;

parentPort?.once('message', ({ jobs, shared, blocks, rings: ringed }: ToThread) => {
  const control = new ScanControl(jobs.length, shared);
  const slots = blocks && new Bz2Slots(blocks.count, () => control.changed(), blocks.shared);
  const unpack: Unpack = (file) => {
    const job = jobs[file];
    const opened = job && openUnpacking(job.path, job);
    return opened?.ok === true ? opened.unpacking : (opened?.reason ?? 'is not there');
  };
  const rings = ringed && new UnpackRings(jobs.length, unpack, () => control.changed(), ringed);
  const open: Open = (file) => {
    const job = jobs[file];
    return (
      job && { file, steps: scanSteps(job, { ...(slots && { slots }), ...(rings && { ring: rings.ring(file) }) }) }
    );
  };
  const help = slots ?? rings;
  readAll(control, open, help && (() => help.help()));
});

/**
 * Reads one file to its end. While too much of it waits, continues or begins another file. Without a file, helps other
 * threads.
 */
function readAll(control: ScanControl, open: Open, help: (() => boolean) | undefined): void {
  const readings: OpenScan[] = [];
  for (;;) {
    const { changes } = control;
    const reading = readings.find(({ file }) => !control.isFull(file)) ?? begun(control, open, readings);
    if (reading !== undefined) {
      if (goOn(reading, control)) continue;
      readings.splice(readings.indexOf(reading), 1);
      control.ended();
    } else if (help?.() !== true) {
      const isOver = help === undefined ? control.isAllTaken : control.isAllEnded;
      if (readings.length === 0 && isOver) return;
      control.waitAfter(changes);
    }
  }
}

function begun(control: ScanControl, open: Open, readings: OpenScan[]): OpenScan | undefined {
  const file = control.take();
  const reading = file === undefined ? undefined : open(file);
  if (reading !== undefined) readings.push(reading);
  return reading;
}

/** Reads one step; false: the file has ended. */
function goOn({ file, steps }: OpenScan, control: ScanControl): boolean {
  if (control.isStopped(file)) {
    steps.return();
    return false;
  }
  const { done, value } = steps.next();
  if (done === true) return false;
  if (value.length === 0) return true;
  for (const batch of value) control.give(file, batch);
  const message: FromThread = { file, batches: value };
  const buffers = value.flatMap(({ records, places }) => [records.buffer, places.buffer]);
  parentPort?.postMessage(message, buffers as ArrayBuffer[]);
  return true;
}
