import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Ends a stream, and waits until all is written or it fails. The reason goes to the stream's error listener. */
export async function endStream(stream: Writable): Promise<void> {
  stream.end();
  await finished(stream).catch(() => undefined);
}
