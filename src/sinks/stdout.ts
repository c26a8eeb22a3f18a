import type { Writable } from 'node:stream';

/** Writes text in order, and waits while the reader is slow: it does not buffer text. */
export interface TextSink {
  /**
   * Resolves when more may be written: at once, or when the reader has caught up. Does nothing after the reader has
   * gone.
   */
  write(text: string): Promise<void>;
  /** Resolves when the operating system has all of it, or the reader has gone. */
  flush(): Promise<void>;
  /**
   * Why writing failed: `gone` if the reader closed the pipe (`| head`), which is not an error; `undefined`: it works.
   */
  readonly failure: 'gone' | Error | undefined;
}

/** A sink into a stream. `onFailure` is called once, when the stream cannot be written to any more. */
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

/** Waits for the event, or for the stream to fail: the event would then never come. */
function settled(stream: Writable, event: 'drain'): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off(event, done).off('error', done).off('close', done);
      resolve();
    };
    stream.once(event, done).once('error', done).once('close', done);
  });
}
