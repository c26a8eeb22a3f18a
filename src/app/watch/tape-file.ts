import { open } from 'node:fs/promises';
import { textSink } from '../../sinks/stdout.ts';
import { endStream } from '../../lib/end-stream.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';

/** A tape that is being recorded. */
export interface Tape {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  readonly failure: Error | undefined;
}

/** Opens a new tape. An existing file is not overwritten. */
export async function openTape(path: string | undefined): Promise<Result<Tape | undefined>> {
  if (path === undefined) return good(undefined);
  let stream;
  try {
    stream = (await open(path, 'wx')).createWriteStream();
  } catch (error) {
    return bad('usage', `--record ${path}: ${refusal(error)}`);
  }
  let failure: Error | undefined;
  const sink = textSink(stream, () => undefined);
  return good({
    get failure() {
      return failure;
    },
    async write(text) {
      await sink.write(text);
      if (sink.failure !== undefined && sink.failure !== 'gone') failure = sink.failure;
    },
    async close() {
      await sink.flush();
      await endStream(stream);
    },
  });
}
