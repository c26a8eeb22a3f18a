import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { freePort } from './ports.ts';

/** The fault of a connection. "Reply" is data from the target. */
export type Toxic =
  | { readonly kind: 'pass' }
  /** No data passes in either direction. It passes later, when the fault is over. */
  | { readonly kind: 'stall' }
  /** Requests arrive, replies do not. */
  | { readonly kind: 'drop-replies' }
  /** Each connection is reset after this many more bytes of reply. */
  | { readonly kind: 'reset-mid-reply'; readonly afterBytes: number }
  /** After this many more bytes of reply, each connection passes no more reply, though requests arrive. */
  | { readonly kind: 'half-reply'; readonly afterBytes: number }
  /** Every byte, both ways, is written by itself. */
  | { readonly kind: 'slice' }
  /** The port is closed, and connections are reset. */
  | { readonly kind: 'refuse' };

/** A proxy before a TCP or Unix socket that can be made to fail. */
export interface ToxicProxy {
  readonly host: string;
  readonly port: number;
  /**
   * Holds for connections that are there and that come. A connection that lost bytes is reset when another toxic takes
   * over: no stream goes on behind a hole.
   */
  readonly set: (toxic: Toxic) => Promise<void>;
  /** Resets every connection there is. */
  readonly reset: () => void;
  /** Connections that are open. */
  readonly open: () => number;
  /** Connections that ever were. */
  readonly accepted: () => number;
  readonly close: () => Promise<void>;
}

/** One connection, with its fault. */
interface Link {
  /** The socket to the client. */
  readonly client: Socket;
  /** The socket to the target. */
  readonly target: Socket;
  /** Bytes of reply that came through since the toxic was set. */
  replied: number;
  /** Bytes of reply were thrown away. */
  torn: boolean;
}

/** The present fault, and a promise of its end. */
interface Wire {
  toxic: Toxic;
  over: Promise<void>;
}

const HOST = '127.0.0.1';

/** Starts a proxy before a target, on a fixed port of 127.0.0.1. Without a fault it passes everything. */
export async function startToxicProxy(to: NetConnectOpts): Promise<ToxicProxy> {
  const links = new Set<Link>();
  let end: () => void = () => undefined;
  const lasting = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  const wire: Wire = { toxic: { kind: 'pass' }, over: lasting() };
  let accepted = 0;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    // It was in the queue when the listener was closed.
    if (wire.toxic.kind === 'refuse') return reset(client);
    accepted += 1;
    const link = joined(client, to, wire);
    links.add(link);
    client.once('close', () => links.delete(link));
  });
  const port = await listenAnywhere(server);

  const resetAll = () => {
    for (const link of links) resetBoth(link);
  };
  return {
    host: HOST,
    port,
    async set(toxic) {
      const before = wire.toxic;
      wire.toxic = toxic;
      for (const link of links) {
        if (link.torn || toxic.kind === 'refuse') resetBoth(link);
        link.replied = 0;
      }
      end();
      wire.over = lasting();
      if (toxic.kind === 'refuse' && before.kind !== 'refuse') await close(server);
      if (toxic.kind !== 'refuse' && before.kind === 'refuse') await listen(server, port);
    },
    reset: resetAll,
    open: () => links.size,
    accepted: () => accepted,
    async close() {
      resetAll();
      end();
      if (server.listening) await close(server);
    },
  };
}

async function listenAnywhere(server: Server): Promise<number> {
  for (;;) {
    const port = await freePort();
    try {
      await listen(server, port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function listen(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(port, HOST);
  await listening;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}

function joined(client: Socket, to: NetConnectOpts, wire: Wire): Link {
  const target = connect({ ...to, allowHalfOpen: true, noDelay: true });
  const link: Link = { client, target, replied: 0, torn: false };
  for (const socket of [client, target]) socket.on('error', () => resetBoth(link));
  pump(client, target, (chunk) => request(link, wire, chunk));
  pump(target, client, (chunk) => reply(link, wire, chunk));
  return link;
}

/** One chunk at a time, so that a delay also slows the source. */
function pump(from: Socket, to: Socket, deliver: (chunk: Buffer) => Promise<void>): void {
  from.on('data', (chunk: Buffer) => {
    from.pause();
    void deliver(chunk).then(() => from.resume());
  });
  from.once('end', () => to.end());
}

async function request({ target }: Link, wire: Wire, chunk: Buffer): Promise<void> {
  while (wire.toxic.kind === 'stall') await wire.over;
  await (wire.toxic.kind === 'slice' ? writeSliced(target, chunk) : write(target, chunk));
}

async function reply(link: Link, wire: Wire, chunk: Buffer): Promise<void> {
  while (wire.toxic.kind === 'stall') await wire.over;
  const { toxic } = wire;
  switch (toxic.kind) {
    case 'pass':
      return await write(link.client, chunk);
    case 'slice':
      return await writeSliced(link.client, chunk);
    case 'drop-replies':
      link.torn = true;
      return;
    case 'half-reply':
      return await write(link.client, allowed(link, chunk, toxic.afterBytes));
    case 'reset-mid-reply':
      await write(link.client, allowed(link, chunk, toxic.afterBytes));
      if (link.replied < toxic.afterBytes) return;
      // Node.js takes bytes and a reset that come together for bytes and an end: let them be read first.
      await turn();
      await turn();
      return resetBoth(link);
    case 'refuse':
      return resetBoth(link);
  }
}

/** The part of a chunk that is among the first `most` bytes of reply; the rest is lost. */
function allowed(link: Link, chunk: Buffer, most: number): Buffer {
  const part = chunk.subarray(0, Math.max(0, most - link.replied));
  link.replied += part.length;
  if (part.length < chunk.length) link.torn = true;
  return part;
}

async function writeSliced(to: Socket, chunk: Buffer): Promise<void> {
  for (const byte of chunk) {
    await write(to, Buffer.of(byte));
    await turn();
  }
}

/** Waits until the system has taken the bytes, or the socket is closed. */
async function write(to: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    to.write(bytes, () => resolve());
  });
}

function resetBoth({ client, target }: Link): void {
  reset(client);
  reset(target);
}

/** By itself, `resetAndDestroy` first sends waiting data and a FIN; a cut line does not. */
function reset(socket: Socket): void {
  // Of a Unix socket, or one that is not connected, there is nothing to reset.
  if (socket.remoteAddress === undefined) return void socket.destroy();
  socket.destroySoon = () => void socket.destroy();
  socket.resetAndDestroy();
}
