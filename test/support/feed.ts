import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { settled } from './clock.ts';

/** One client, with its subscriptions. */
interface Subscriber {
  readonly socket: WebSocket;
  readonly types: Set<string>;
  readonly prefixes: Set<string>;
  /** The link is dead, without notice to either end. */
  isFrozen: boolean;
  /** Callers that wait until the client has taken everything. */
  arrived: () => void;
}

/** How subscriptions of new connections are handled. */
export type Service =
  | 'right'
  /** It is never acknowledged, and nothing is sent. */
  | 'unacknowledged'
  /** It is acknowledged, and nothing is sent. */
  | 'forgotten'
  /** It is acknowledged; messages of sessions are sent, routes are not. */
  | 'sessions-only';

interface RisFrame {
  readonly type: string;
  readonly data: { readonly type: string };
}

/** A RIS Live on loopback, over real WebSockets. It sends the test's messages to clients that subscribed to them. */
export class LiveFeed {
  service: Service = 'right';
  /** Total number of connections. */
  connections = 0;
  readonly #ears = new Set<Subscriber>();
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => this.#listenTo(socket));
  }

  static async listen(): Promise<LiveFeed> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new LiveFeed(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/ws/`;
  }

  /** Sends frames of `ris_message`, and resolves when every reachable client has them. */
  async send(frames: readonly object[]): Promise<void> {
    for (const frame of frames as readonly RisFrame[]) {
      const text = JSON.stringify(frame);
      for (const subscriber of this.#ears) if (wants(subscriber, frame)) subscriber.socket.send(text);
    }
    await Promise.all([...this.#ears].map(arrived));
    await settled(2);
  }

  /** The same for frames of any kind, to all clients. */
  async sayAnything(frames: readonly (object | string)[]): Promise<void> {
    for (const { socket, isFrozen } of this.#ears) {
      if (isFrozen || socket.readyState !== socket.OPEN) continue;
      for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    }
    await Promise.all([...this.#ears].map(arrived));
    await settled(2);
  }

  /** The links go dead: no data passes any more, without notice. */
  freeze(): void {
    for (const subscriber of this.#ears) {
      subscriber.isFrozen = true;
      subscriber.socket.pause();
    }
  }

  /** The connections end without a close frame (1006). */
  break(): void {
    for (const { socket } of this.#ears) socket.terminate();
  }

  async close(): Promise<void> {
    for (const { socket } of this.#ears) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #listenTo(socket: WebSocket): void {
    this.connections++;
    const subscriber: Subscriber = {
      socket,
      types: new Set(),
      prefixes: new Set(),
      isFrozen: false,
      arrived: () => undefined,
    };
    const { service } = this;
    this.#ears.add(subscriber);
    socket.on('error', () => undefined);
    socket.on('pong', () => subscriber.arrived());
    socket.on('close', () => {
      this.#ears.delete(subscriber);
      subscriber.arrived();
    });
    socket.on('message', (data: Buffer) => subscribe(subscriber, service, data.toString()));
  }
}

function subscribe(subscriber: Subscriber, service: Service, text: string): void {
  const { type, data } = JSON.parse(text) as { type: string; data: Record<string, unknown> | null };
  if (type !== 'ris_subscribe' || data === null || service === 'unacknowledged') return;
  const { socketOptions, ...subscription } = data;
  subscriber.socket.send(JSON.stringify({ type: 'ris_subscribe_ok', data: { subscription, socketOptions } }));
  const prefixes = [data['prefix'] ?? []].flat() as string[];
  if (service === 'forgotten') return;
  if (typeof data['type'] === 'string') subscriber.types.add(data['type']);
  if (service === 'right') for (const prefix of prefixes) subscriber.prefixes.add(prefix);
}

/** The tests send only routes to which the program subscribes. */
function wants({ types, prefixes, isFrozen, socket }: Subscriber, { data }: RisFrame): boolean {
  if (isFrozen || socket.readyState !== socket.OPEN) return false;
  return data.type === 'UPDATE' ? prefixes.size > 0 : types.has(data.type);
}

/** A pong comes after the client has taken everything that was sent before the ping. */
function arrived(subscriber: Subscriber): Promise<void> {
  if (subscriber.isFrozen || subscriber.socket.readyState !== subscriber.socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    subscriber.arrived = resolve;
    subscriber.socket.ping();
  });
}
