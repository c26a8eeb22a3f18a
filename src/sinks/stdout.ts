import type { Writable } from 'node:stream';

/** Takes text in order and waits while the reader is slow: nothing is kept in memory for it. */
export interface TextSink {
  /** Resolves when more may be written: at once, or when the reader has caught up. Does nothing once the reader is gone. */
  write(text: string): Promise<void>;
  /** Resolves when all is with the operating system, or the reader is gone. */
  flush(): Promise<void>;
  /** Why writing failed: `gone` when the reader closed the pipe (`| head`), which is no error; `undefined` while all is well. */
  readonly failure: 'gone' | Error | undefined;
}

/** A sink into a stream. `onFailure` is called once, when it can take no more. */
export function textSink(stream: Writable, onFailure: () => void): TextSink {
  let failure: 'gone' | Error | undefined;
  const fail = (error: NodeJS.ErrnoException) => {
    if (failure !== undefined) return;
    failure = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' ? 'gone' : error;
    onFailure();
  };
  stream.on('error', fail);
  return {
    get failure() {
      return failure;
    },
    async write(text) {
      if (failure !== undefined || stream.write(text)) return;
      await settled(stream, 'drain');
    },
    async flush() {
      if (failure !== undefined || stream.writableLength === 0) return;
      await new Promise<void>((resolve) => {
        stream.write('', () => resolve());
      });
    },
  };
}

/** Waits for the event, or for the stream to fail: then the event never comes. */
function settled(stream: Writable, event: 'drain'): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off(event, done).off('error', done).off('close', done);
      resolve();
    };
    stream.once(event, done).once('error', done).once('close', done);
  });
}
