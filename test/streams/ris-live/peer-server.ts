import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { until } from '../../support/clock.ts';

/** A RIS Live of our own on loopback: it acknowledges, and otherwise sends what the test gives it. */
export class PeerServer {
  readonly #server: WebSocketServer;
  readonly sockets: WebSocket[] = [];
  /** What clients sent, parsed. */
  readonly received: { readonly type: string; readonly data: Record<string, unknown> | null }[] = [];
  readonly requests: string[] = [];
  acknowledges = true;
  pongs = 0;

  constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      this.requests.push(request.url ?? '');
      this.sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer) => this.#receive(socket, data.toString()));
    });
  }

  static async listen(options: { autoPong?: boolean } = {}): Promise<PeerServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
    await new Promise((resolve) => server.once('listening', resolve));
    return new PeerServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/ws/`;
  }

  /** The connection that is open now. */
  get socket(): WebSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no client connected');
    return socket;
  }

  get subscriptions(): Record<string, unknown>[] {
    return this.received.filter(({ type }) => type === 'ris_subscribe').map(({ data }) => data ?? {});
  }

  async connections(count: number): Promise<void> {
    await until(() => this.sockets.length >= count, `connection ${count}`);
  }

  send(...frames: readonly (string | object)[]): void {
    for (const frame of frames) this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(socket: WebSocket, text: string): void {
    const message = JSON.parse(text) as { type: string; data: Record<string, unknown> | null };
    this.received.push(message);
    if (message.type !== 'ris_subscribe' || !this.acknowledges) return;
    const { socketOptions, ...subscription } = message.data ?? {};
    socket.send(JSON.stringify({ type: 'ris_subscribe_ok', data: { subscription, socketOptions } }));
  }
}

/** A TCP server that treats a connection as the test says, for faults that no WebSocket server makes. */
export async function rawServer(
  serve: (socket: Socket) => void,
): Promise<{ url: string; sockets: Socket[]; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let counter = 0;

export interface MessageFields {
  readonly at: number;
  readonly host?: string;
  readonly peer?: string;
  readonly asn?: number;
  readonly id?: string;
}

/** A message's common fields, as the feed of 2026 has them. `at` is in milliseconds. */
function common({
  at,
  host = 'rrc00',
  peer = '198.51.100.1',
  asn = 64_513,
  id,
}: MessageFields): Record<string, unknown> {
  const hex = at.toString(16).padStart(12, '0') + (counter++ % 65_536).toString(16).padStart(4, '0');
  return { timestamp: at / 1000, peer, peer_asn: String(asn), id: id ?? `${peer}-${hex}`, host: `${host}.ripe.net` };
}

export function keepalive(fields: MessageFields): object {
  return { type: 'ris_message', data: { ...common(fields), type: 'KEEPALIVE' } };
}

export function state(fields: MessageFields, state: string): object {
  return { type: 'ris_message', data: { ...common(fields), type: 'STATE', state } };
}

export function announce(
  fields: MessageFields,
  prefixes: readonly string[],
  path: readonly unknown[] = [64_513, 4837, 131_279],
): object {
  const announcements = [{ next_hop: '198.51.100.1', prefixes }];
  const data = {
    ...common(fields),
    type: 'UPDATE',
    path,
    community: [],
    origin: 'IGP',
    announcements,
    withdrawals: [],
  };
  return { type: 'ris_message', data };
}

export function withdraw(fields: MessageFields, prefixes: readonly string[]): object {
  const data = { ...common(fields), type: 'UPDATE', path: [], community: [], announcements: [], withdrawals: prefixes };
  return { type: 'ris_message', data };
}
