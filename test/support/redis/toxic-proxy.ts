import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { freePort } from './ports.ts';

/** What befalls bytes on their way. "Reply" is what the target sends. */
export type Toxic =
  | { readonly kind: 'pass' }
  /** Nothing arrives on either side, and nothing is lost: it arrives when this is over. */
  | { readonly kind: 'stall' }
  /** Requests arrive, replies do not. */
  | { readonly kind: 'drop-replies' }
  /** After so many bytes of reply from now on, on each connection, it is reset. */
  | { readonly kind: 'reset-mid-reply'; readonly afterBytes: number }
  /** After so many bytes of reply from now on, on each connection, nothing comes any more, though requests arrive. */
  | { readonly kind: 'half-reply'; readonly afterBytes: number }
  /** Every byte, both ways, is written by itself. */
  | { readonly kind: 'slice' }
  /** Nobody listens, and who was connected is reset. */
  | { readonly kind: 'refuse' };

/** A stretch of wire before a TCP or Unix socket, which can be made to fail. */
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

/** One connection, and what befalls it. */
interface Link {
  /** The socket that the client is at the other end of. */
  readonly client: Socket;
  /** Ours to the target. */
  readonly target: Socket;
  /** Bytes of reply that came through since the toxic was set. */
  replied: number;
  /** Bytes of reply were thrown away. */
  torn: boolean;
}

/** The toxic that holds, and the promise of its end. */
interface Wire {
  toxic: Toxic;
  over: Promise<void>;
}

const HOST = '127.0.0.1';

/** Starts a proxy before a target, on a port of 127.0.0.1 which it keeps. It passes until it is told otherwise. */
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
    // It stood in the queue when the listener was closed.
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

/** One chunk at a time, so that what is held back is held back at its source. */
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

/** Until the system has taken the bytes, or the socket is no more. */
async function write(to: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    to.write(bytes, () => resolve());
  });
}

function resetBoth({ client, target }: Link): void {
  reset(client);
  reset(target);
}

/** Left to itself, `resetAndDestroy` sends what is waiting and takes leave (FIN) first; a cut wire does not. */
function reset(socket: Socket): void {
  // Of a Unix socket, or one that is not connected, there is nothing to reset.
  if (socket.remoteAddress === undefined) return void socket.destroy();
  socket.destroySoon = () => void socket.destroy();
  socket.resetAndDestroy();
}
