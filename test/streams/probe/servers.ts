import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { ask } from '../../../streams/probe/ask.ts';
import type { Finding } from '../../../streams/probe/finding.ts';
import type { ProbeKind, ProbeTarget } from '../../../src/bgp/probe.ts';

/** The whole of 127.0.0.0/8 is loopback: the last octets can be those of the real targets. */
export const HOST = '127.45.176.71';

const open: (() => Promise<void>)[] = [];

/** Call after each test. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((close) => close()));
}

/** Closed by `closeAll`. */
export function closing(close: () => Promise<void>): void {
  open.push(close);
}

/** A TCP server that does this with each connection. Gives its port, and the connections so far. */
export async function tcpServer(
  use: (socket: Socket) => void,
  host = HOST,
): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    use(socket);
  });
  return { port: await listening(server, host, sockets), sockets };
}

/** Listens at a free port of the host; all sockets go with it. */
export async function listening(server: Server, host: string, sockets: Socket[] = []): Promise<number> {
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A UDP server that answers each packet with these. Gives its port, and the packets so far. */
export async function udpServer(
  answer: (packet: Buffer, from: RemoteInfo) => readonly Buffer[],
  host = HOST,
): Promise<{ readonly port: number; readonly packets: Buffer[] }> {
  const packets: Buffer[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => {
    packets.push(packet);
    for (const reply of answer(packet, from)) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  closing(() => new Promise((resolve) => socket.close(() => resolve())));
  return { port: socket.address().port, packets };
}

export function targetAt(kind: ProbeKind, port: number, name = '', address = HOST): ProbeTarget {
  return { kind, address, port, name };
}

export const USER_AGENT = 'unroutable/test (reachability; noc@example.org)';

export function asked(target: ProbeTarget, timeoutMs = 5_000): Promise<Finding | undefined> {
  return ask(target, { timeoutMs, userAgent: USER_AGENT }, new AbortController().signal);
}

/** `answered: HTTP 200` */
export async function outcomeText(target: ProbeTarget, timeoutMs?: number): Promise<string> {
  const finding = await asked(target, timeoutMs);
  if (finding === undefined) return 'stopped';
  return finding.result === undefined ? `not asked: ${finding.failure}` : `${finding.result}: ${finding.detail}`;
}
