import { HttpsProxyAgent } from 'https-proxy-agent';
import { WebSocket, type RawData } from 'ws';
import { AsyncQueue } from '../../src/lib/async-queue.ts';
import { proxyOf } from '../../src/lib/proxy.ts';
import { retryAfterMs } from '../../src/lib/retry-after.ts';
import type { Clock } from '../../src/ports.ts';

/** Why a connection ended. */
export interface Closing {
  /** The WebSocket close code (RFC 6455 section 7.4); 1006 when there was none. */
  readonly code: number;
  readonly reason: string;
  /** The server closed it; we closed it; or it broke, or was never open. */
  readonly by: 'server' | 'us' | 'fault';
  /** The least wait before the next attempt that the server asks for, milliseconds (RFC 9110 section 10.2.3). */
  readonly retryAfterMs?: number;
}

/** An open WebSocket. */
export interface Connection {
  /** Sends text. Does nothing after the end of the connection. */
  send(text: string): void;
  /** All frames since the last batch. Ends with the connection. Read it once. */
  frames(): AsyncIterable<readonly Uint8Array[]>;
  /** Cuts the connection. */
  cut(reason: string): void;
  /** Resolves when the connection is over; never rejects. */
  readonly closing: Promise<Closing>;
}

/** How a WebSocket is opened and watched. */
export interface ConnectOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Deadline for opening a connection, milliseconds. @default 10_000 */
  readonly handshakeMs?: number;
  /** Milliseconds between pings. @default 15_000 */
  readonly pingMs?: number;
  /** Without a frame or a pong for this long, milliseconds, the connection is dead. @default 30_000 */
  readonly deadMs?: number;
}

/** Bytes. A BGP message of 65,535 bytes (RFC 8654), spelled in JSON and in hex, stays below half of this. */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024;

/** Most unread bytes. Beyond this the socket is not read, and TCP slows the server down. */
const MAX_FRAMES_WAITING = 4096;
const MAX_BYTES_WAITING = 16 * 1024 * 1024;

/** RIS Live does not fragment messages; a stream of tiny fragments is an attack on memory. */
const MAX_FRAGMENTS = 1024;

/**
 * Opens a WebSocket. Resolves to the open connection, or to why it failed. A dead link gives no sign (no close, no
 * error, until TCP times out), and half a frame can wait forever for the rest. So a ping is sent every 15 s, and the
 * connection is closed after 30 s without a pong or a complete frame.
 */
export function connect(options: ConnectOptions, signal: AbortSignal): Promise<Connection | Closing> {
  if (signal.aborted) return Promise.resolve({ code: 1006, reason: 'stopped', by: 'us' });
  const socket = openedSocket(options.url);
  if (!(socket instanceof WebSocket)) return Promise.resolve(socket);
  const end = new End(socket, signal);
  const { clock, handshakeMs = 10_000 } = options;
  socket.on('unexpected-response', (_request, { statusCode, headers }) => {
    const waitMs = retryAfterMs(headers['retry-after'], clock.wallMs()) ?? 0;
    const asks = waitMs > 0 ? `, and asks to wait ${Math.ceil(waitMs / 1000)} s` : '';
    end.refused(`Unexpected server response: ${statusCode}${asks}`, waitMs);
  });
  void giveUpAfter(socket, end, clock, handshakeMs);
  return new Promise((resolve) => {
    socket.once('open', () => resolve(connectionOf(socket, end, options)));
    void end.closing.then(resolve);
  });
}

async function giveUpAfter(socket: WebSocket, end: End, clock: Clock, ms: number): Promise<void> {
  await clock.sleep(ms, end.signal);
  if (socket.readyState === WebSocket.CONNECTING) end.cut(`no handshake within ${ms / 1000} s`);
}

function openedSocket(url: string): WebSocket | Closing {
  const options = {
    maxPayload: MAX_FRAME_BYTES,
    maxFragments: MAX_FRAGMENTS,
    // Compression is not offered: the saved bytes are not worth the risk of decompression bombs.
    perMessageDeflate: false,
    followRedirects: false,
    closeTimeout: 1000,
  };
  try {
    const proxy = proxyOf(url);
    return new WebSocket(url, proxy === undefined ? options : { ...options, agent: new HttpsProxyAgent(proxy) });
  } catch (error) {
    // The URL or the proxy is not valid.
    return { code: 1006, reason: String(error), by: 'fault' };
  }
}

/** Reports the end of a socket once, whichever side ended it. */
class End {
  readonly closing: Promise<Closing>;
  readonly #ended = new AbortController();
  readonly #socket: WebSocket;
  #why: Omit<Closing, 'code'> | undefined;

  constructor(socket: WebSocket, signal: AbortSignal) {
    this.#socket = socket;
    const stop = (): void => {
      this.#why ??= { reason: 'stopped', by: 'us' };
      this.#ended.abort();
      socket.close(1000);
      if (socket.readyState !== WebSocket.CLOSING) socket.terminate();
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', (error) => (this.#why ??= { reason: error.message, by: 'fault' }));
    this.closing = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        signal.removeEventListener('abort', stop);
        this.#ended.abort();
        const why = this.#why ?? { reason: reason.toString('utf8'), by: code === 1006 ? 'fault' : 'server' };
        resolve({ code, ...why });
      });
    });
  }

  /** Aborts when the connection has ended, or is no longer needed. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  cut(reason: string): void {
    this.#why ??= { reason, by: 'us' };
    this.#socket.terminate();
  }

  /** There will be no connection: the server refused the handshake. */
  refused(reason: string, waitMs: number): void {
    this.#why ??= { reason, by: 'fault', ...(waitMs > 0 ? { retryAfterMs: waitMs } : {}) };
    this.#socket.terminate();
  }
}

function connectionOf(socket: WebSocket, end: End, options: ConnectOptions): Connection {
  const inbox = new Inbox(socket);
  const watch = new DeadLinkWatch(socket, options);
  socket.on('message', (data) => {
    watch.noteMessage();
    inbox.put(bytesOf(data));
  });
  end.signal.addEventListener('abort', () => inbox.end(), { once: true });
  void watch.run(end, () => inbox.isFull);
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    async *frames() {
      for (;;) {
        const batch = await inbox.take();
        if (batch.length === 0) return;
        yield batch;
      }
    },
    cut: (reason) => end.cut(reason),
    closing: end.closing,
  };
}

/** Frames that were received and not read yet. When it is full, the socket pauses. */
class Inbox {
  readonly #socket: WebSocket;
  readonly #frames = new AsyncQueue<Uint8Array>(MAX_FRAMES_WAITING);
  #bytes = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get isFull(): boolean {
    return this.#frames.isFull || this.#bytes >= MAX_BYTES_WAITING;
  }

  put(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.isFull && !this.#socket.isPaused) this.#socket.pause();
  }

  end(): void {
    this.#frames.end();
  }

  /** Empty: no more frames will come. */
  async take(): Promise<readonly Uint8Array[]> {
    await this.#frames.filled();
    const frames = this.#frames.takeNow();
    this.#bytes = 0;
    if (this.#socket.isPaused) this.#socket.resume();
    return frames;
  }
}

/** If a timer fires this much too late, milliseconds, our process was stopped, not the server. */
const OVERSLEPT_MS = 5000;

/** Sends pings, and closes the connection if the other end does not answer. */
class DeadLinkWatch {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #pingMs: number;
  readonly #deadMs: number;
  #lastMessageMs: number;

  constructor(socket: WebSocket, { clock, pingMs = 15_000, deadMs = 30_000 }: ConnectOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#pingMs = pingMs;
    this.#deadMs = deadMs;
    this.#lastMessageMs = clock.monotonicMs();
    socket.on('pong', () => this.noteMessage());
    socket.on('ping', () => this.noteMessage());
  }

  noteMessage(): void {
    this.#lastMessageMs = this.#clock.monotonicMs();
  }

  async run(end: End, isHeld: () => boolean): Promise<void> {
    let pingAt = this.#clock.monotonicMs() + this.#pingMs;
    for (;;) {
      const due = Math.min(pingAt, this.#lastMessageMs + this.#deadMs);
      await this.#clock.sleep(Math.max(1, due - this.#clock.monotonicMs()), end.signal);
      if (end.signal.aborted) return;
      const woken = this.#clock.monotonicMs();
      // A paused socket delivers no pong, and data that arrived while this process was stopped is still in the kernel.
      if (isHeld() || woken > due + OVERSLEPT_MS) this.noteMessage();
      if (woken - this.#lastMessageMs >= this.#deadMs) return end.cut(`nothing received for ${this.#deadMs / 1000} s`);
      if (woken < pingAt) continue;
      pingAt = woken + this.#pingMs;
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
    }
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return Array.isArray(data) ? Buffer.concat(data) : data;
}
