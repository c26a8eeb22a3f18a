/** The entry of a reading thread: scans files as they are asked for, and sends no more than there is credit for. */
import { parentPort } from 'node:worker_threads';
import { scanFile, type ScanBatch } from './scan.ts';
import { costOf, WINDOW_BYTES, type FromThread, type ToThread } from './scan-threads.ts';

interface Run {
  credit: number;
  isStopped: boolean;
  wake: () => void;
}

const runs = new Map<number, Run>();

parentPort?.on('message', (message: ToThread) => {
  if (message.type === 'start') {
    const run: Run = { credit: WINDOW_BYTES, isStopped: false, wake: () => undefined };
    runs.set(message.id, run);
    void scan(message, run);
    return;
  }
  const run = runs.get(message.id);
  if (run === undefined) return;
  if (message.type === 'credit') run.credit += message.bytes;
  else run.isStopped = true;
  run.wake();
});

async function scan({ id, job }: Extract<ToThread, { type: 'start' }>, run: Run): Promise<void> {
  try {
    for await (const batch of scanFile(job)) {
      while (run.credit <= 0 && !run.isStopped) await new Promise<void>((resolve) => (run.wake = resolve));
      if (run.isStopped) break;
      run.credit -= costOf(batch);
      post({ type: 'batch', id, batch }, batch);
    }
    post({ type: 'end', id });
  } catch (error) {
    post({ type: 'failed', id, reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    runs.delete(id);
  }
}

function post(message: FromThread, batch?: ScanBatch): void {
  const buffers = batch === undefined ? [] : [batch.records.buffer, batch.places.buffer];
  parentPort?.postMessage(message, buffers as ArrayBuffer[]);
}
