import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { Notifier } from '../../../src/lib/notifier.ts';
import type { Clock } from '../../../src/ports.ts';

/** A connection to a client for frames: a WebSocket, or the response to a request. */
export interface Pipe {
  /** Written bytes that the kernel has not taken yet. */
  readonly bufferedBytes: number;
  /** `frame` as bytes: a text frame whose bytes are not text. */
  send(frame: string | Uint8Array): void;
  /** Holds back data until `uncork`, so that it is sent in one piece. */
  cork(): void;
  uncork(): void;
  /** Closes properly, with a closing frame. */
  close(code: number, reason: string): void;
  /** Ends the connection without a closing frame. */
  destroy(): void;
  /** For faults: stops reading, so nothing is answered. The connection stays open. */
  stopReading(): void;
  /** For faults: begins a frame and never ends it. */
  sendHalf(frame: string): void;
  onDrain(notify: () => void): void;
  onGone(notify: () => void): void;
}

/** A WebSocket as the pipe of an outlet. */
export function webSocketPipe(webSocket: WebSocket, socket: Duplex): Pipe {
  // The closing frame follows, which ends the connection.
  webSocket.on('error', () => undefined);
  const drains: (() => void)[] = [];
  // Data that waits for compression is not in the socket's buffer, and the socket gives no event when it is sent.
  const left = (): void => {
    if (webSocket.bufferedAmount === 0) for (const notify of drains) notify();
  };
  const isPacked = webSocket.extensions !== '';
  return {
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    send: (frame) => {
      if (isPacked) webSocket.send(frame, { binary: false }, left);
      else webSocket.send(frame, { binary: false });
    },
    cork: () => socket.cork(),
    uncork: () => socket.uncork(),
    close: (code, reason) => webSocket.close(code, reason),
    destroy: () => webSocket.terminate(),
    stopReading: () => void socket.pause(),
    sendHalf: (frame) => {
      const bytes = Buffer.from(frame);
      // RFC 6455 section 5.2: a whole text frame of 16-bit length, unmasked.
      socket.write(Buffer.from([0x81, 126, bytes.length >>> 8, bytes.length & 255]));
      socket.write(bytes.subarray(0, bytes.length >>> 1));
    },
    onDrain: (notify) => {
      drains.push(notify);
      socket.on('drain', notify);
    },
    onGone: (notify) => void socket.on('close', notify),
  };
}

/** Newline-delimited JSON: a frame is a line. */
export function responsePipe(response: ServerResponse): Pipe {
  return {
    get bufferedBytes() {
      return response.writableLength;
    },
    send: (frame) => {
      response.write(frame);
      response.write('\n');
    },
    cork: () => response.cork(),
    uncork: () => response.uncork(),
    close: () => void response.end(),
    destroy: () => void response.destroy(),
    stopReading: () => undefined,
    sendHalf: (frame) => void response.write(frame.slice(0, frame.length >>> 1)),
    onDrain: (notify) => void response.on('drain', notify),
    onGone: (notify) => void response.on('close', notify),
  };
}

/** A pipe with the state that a server needs, and the faults that a test may set. */
export class Outlet {
  readonly #pipe: Pipe;
  readonly #changed = new Notifier();
  #throttle: Throttle | undefined;
  #isFrozen = false;
  #isGone = false;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
    pipe.onDrain(() => this.#changed.notify());
    pipe.onGone(() => {
      this.#isGone = true;
      this.#throttle?.stop();
      this.#changed.notify();
    });
  }

  onGone(notify: () => void): void {
    this.#pipe.onGone(notify);
  }

  /** Whether data that is sent arrives. */
  get isWell(): boolean {
    return !this.#isGone && !this.#isFrozen;
  }

  /** Bytes by which the client lags. */
  get bufferedBytes(): number {
    return this.#isGone || this.#isFrozen ? 0 : this.#pipe.bufferedBytes + (this.#throttle?.queuedBytes ?? 0);
  }

  send(frame: string | Uint8Array): void {
    if (this.#isGone || this.#isFrozen) return;
    if (this.#throttle === undefined) this.#pipe.send(frame);
    else this.#throttle.push(frame);
  }

  /** Sends everything that `say` sends in one piece. */
  together(say: () => void): void {
    this.#pipe.cork();
    say();
    this.#pipe.uncork();
  }

  /** Resolves when at most `bytes` are waiting, or when the client has left. */
  async drainedTo(bytes: number): Promise<void> {
    while (this.bufferedBytes > bytes) await this.#changed.next();
  }

  /** Resolves when nothing is held back to be sent slowly. */
  async passedOn(): Promise<void> {
    while ((this.#throttle?.queuedBytes ?? 0) > 0 && this.isWell) await this.#changed.next();
  }

  close(code: number, reason: string): void {
    this.#throttle?.stop();
    this.#pipe.close(code, reason);
  }

  destroy(): void {
    this.#pipe.destroy();
  }

  /** Half-open: the connection stays open, but nothing is sent over it any more. */
  freeze(): void {
    this.#isFrozen = true;
    this.#pipe.stopReading();
    this.#changed.notify();
  }

  sendHalf(frame: string): void {
    if (this.#isFrozen || this.#isGone) return;
    this.#pipe.sendHalf(frame);
    this.freeze();
  }

  slowDown(bytesPerSecond: number, clock: Clock): void {
    this.#throttle?.stop();
    this.#throttle = new Throttle(this.#pipe, { bytesPerSecond, clock, notify: () => this.#changed.notify() });
  }
}

interface ThrottleOptions {
  readonly bytesPerSecond: number;
  readonly clock: Clock;
  readonly notify: () => void;
}

/** Limits the bytes per second. Its queue counts as the client's lag, and has the same bound. */
class Throttle {
  readonly #pipe: Pipe;
  readonly #options: ThrottleOptions;
  readonly #queue: (string | Uint8Array)[] = [];
  readonly #stopped = new AbortController();
  #isPumping = false;
  queuedBytes = 0;

  constructor(pipe: Pipe, options: ThrottleOptions) {
    this.#pipe = pipe;
    this.#options = options;
  }

  push(frame: string | Uint8Array): void {
    this.#queue.push(frame);
    this.queuedBytes += frame.length;
    if (!this.#isPumping) void this.#pump();
  }

  stop(): void {
    this.#stopped.abort();
    this.#queue.length = 0;
    this.queuedBytes = 0;
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    const { bytesPerSecond, clock, notify } = this.#options;
    const { signal } = this.#stopped;
    for (;;) {
      const frame = this.#queue[0];
      if (frame === undefined) break;
      await clock.sleep((frame.length / bytesPerSecond) * 1000, signal);
      if (signal.aborted) return;
      this.#queue.shift();
      this.queuedBytes -= frame.length;
      this.#pipe.send(frame);
      notify();
    }
    this.#isPumping = false;
  }
}
