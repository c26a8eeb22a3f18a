import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { RisFeed } from '../../../../../streams/ris-live/server/feed.ts';
import type { RisMessage } from '../../../../../streams/ris-live/server/message.ts';
import { serveRisLive, type RisServer, type RisServerOptions } from '../../../../../streams/ris-live/server/server.ts';
import { HandClock, until } from '../../../../support/clock.ts';

export type Frame = { type: string; data?: Record<string, unknown> & { id?: string; message?: string } };

/** A client that tests control, over a real socket. */
export class Listener {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly texts: string[] = [];
  closed: { code: number; reason: string } | undefined;
  pongs = 0;

  constructor(url: string) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      this.texts.push(text);
      const frame = frameOf(text);
      if (frame !== undefined) this.frames.push(frame);
    });
    this.socket.on('pong', () => this.pongs++);
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    onTestFinished(() => this.socket.terminate());
  }

  get messages(): Frame[] {
    return this.frames.filter(({ type }) => type === 'ris_message');
  }

  get ids(): (string | undefined)[] {
    return this.messages.map(({ data }) => data?.id);
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    return this;
  }

  send(type: string, data?: unknown): void {
    this.socket.send(JSON.stringify({ type, data }));
  }

  /** Resolves with the first frame of this type, or the nth. */
  async frame(type: string, count = 1): Promise<Frame> {
    await until(() => this.frames.filter((frame) => frame.type === type).length >= count, `${count} ${type}`);
    const frame = this.frames.filter((one) => one.type === type)[count - 1];
    if (frame === undefined) throw new Error(type);
    return frame;
  }

  async hungUp(): Promise<{ code: number; reason: string }> {
    await until(() => this.closed !== undefined, 'the end of the connection');
    return this.closed ?? { code: 0, reason: '' };
  }
}

export interface OnAir {
  readonly server: RisServer;
  readonly clock: HandClock;
  readonly stop: AbortController;
  /** An open connection. */
  readonly listen: () => Promise<Listener>;
}

/** A server of this feed, on a clock that the test turns; gone with the test. */
export async function onAir(
  feed: RisFeed | readonly RisMessage[],
  options: Partial<Omit<RisServerOptions, 'feed' | 'clock'>> & { clock?: HandClock } = {},
): Promise<OnAir> {
  const clock = options.clock ?? new HandClock();
  const stop = new AbortController();
  const source = 'batches' in feed ? feed : feedOf(feed);
  const server = await serveRisLive({ speed: 'max', ...options, feed: source, clock }, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    // Connections that a fault has killed do not close: the clock must pass before they are torn down.
    await turnedUntil(clock, server.done);
  });
  return { server, clock, stop, listen: () => new Listener(server.url).opened() };
}

export function feedOf(messages: readonly RisMessage[]): RisFeed {
  return {
    hosts: [...new Set(messages.map(({ host }) => host))],
    async *batches(signal) {
      for (let i = 0; i < messages.length && !signal.aborted; i += 100) yield messages.slice(i, i + 100);
    },
  };
}

/** Lets time pass until this has come about. */
export async function turnedUntil<T>(clock: HandClock, outcome: Promise<T>): Promise<T> {
  const seen = { isDone: false };
  void outcome.finally(() => (seen.isDone = true));
  while (!seen.isDone) await clock.turn(1000);
  return outcome;
}

/** `undefined` for garbage. */
function frameOf(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === 'object' && frame !== null ? (frame as Frame) : undefined;
  } catch {
    return undefined;
  }
}
