import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { parsePrefix, type Prefix } from '../../../src/bgp/prefix.ts';
import type { Outgoing } from '../../../src/sinks/webhook/request/outgoing.ts';
import type { TargetRules } from '../../../src/sinks/webhook/request/target.ts';

export interface Receiver {
  readonly port: number;
  /** Connections so far, open ones and others. */
  readonly connections: () => number;
  readonly open: () => number;
  /** Bytes that came in on all of them. */
  readonly bytes: () => number;
}

/** A receiver on loopback that sends what `answer` gives, byte by byte. Closed when the test ends. */
export async function rawReceiver(answer: (socket: Socket) => void, host = '127.0.0.1', port = 0): Promise<Receiver> {
  const server = createServer((socket) => {
    answer(socket);
    // Unread bytes would hide that the other side has closed.
    socket.resume();
  });
  return listening(server, host, port);
}

/** A receiver on loopback that speaks HTTP. */
export async function httpReceiver(answer: RequestListener, host = '127.0.0.1'): Promise<Receiver> {
  return listening(createHttpServer(answer), host);
}

/** A receiver on loopback that speaks HTTPS with this certificate. */
export async function httpsReceiver(
  certificate: { readonly key: string; readonly cert: string },
  answer: RequestListener,
): Promise<Receiver> {
  return listening(createHttpsServer(certificate, answer), '127.0.0.1');
}

/** Rules under which loopback may be sent to, and plain http. */
export function loopbackRules(...ports: readonly number[]): TargetRules {
  return { http: true, ports, allow: [network('127.0.0.0/8'), network('::1/128')] };
}

export function network(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is not a network`);
  return prefix;
}

export function outgoing(url: string, more: Partial<Outgoing> = {}): Outgoing {
  const headers = { 'content-type': 'application/json', 'webhook-id': 'a1' };
  return { url, method: 'POST', headers, body: Buffer.from('{"a":1}'), ...more };
}

async function listening(server: Server, host: string, wanted = 0): Promise<Receiver> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let bytes = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      bytes += socket.bytesRead;
      sockets.delete(socket);
    });
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, host, resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const openBytes = (): number => [...sockets].reduce((sum, socket) => sum + socket.bytesRead, 0);
  return { port, connections: () => connections, open: () => sockets.size, bytes: () => bytes + openBytes() };
}
