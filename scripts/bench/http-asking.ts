import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer. Status 0: the connection ended without one. */
export interface Answer {
  readonly status: number;
  readonly bytes: number;
}

/** Connections that stay open and are used in turns. */
export class Connections {
  readonly #agent: Agent;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
    this.#agent = new Agent({ keepAlive: true, maxSockets: count });
  }

  ask(url: string): Promise<Answer> {
    return new Promise((resolve) => {
      let bytes = 0;
      const asked = request(url, { agent: this.#agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }));
        response.on('error', () => resolve({ status: 0, bytes }));
      });
      asked.on('error', () => resolve({ status: 0, bytes }));
      asked.end();
    });
  }

  /** Sends requests on every connection while `more` is true. */
  async flood(url: string, more: () => boolean, note: (answer: Answer, ms: number) => void): Promise<void> {
    const worker = async (): Promise<void> => {
      while (more()) {
        const start = performance.now();
        note(await this.ask(url), performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: this.#count }, worker));
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Sends `count` requests, and counts the answers by status. */
export async function burst(url: string, connections: number, count: number): Promise<ReadonlyMap<number, number>> {
  const pool = new Connections(connections);
  const statuses = new Map<number, number>();
  let left = count;
  await pool.flood(
    url,
    () => left-- > 0,
    ({ status }) => void statuses.set(status, (statuses.get(status) ?? 0) + 1),
  );
  pool.close();
  return statuses;
}

/** Readers of the event stream; of them `stuck` never read. */
export class StreamReaders {
  readonly #sockets: Socket[] = [];
  bytes = 0;
  ended = 0;

  constructor(url: string, count: number, stuck: number) {
    for (let i = 0; i < count; i++) {
      const socket = opened(url);
      socket.write('GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
      socket.on('close', () => this.ended++);
      if (i < stuck) socket.pause();
      else socket.on('data', (chunk: Buffer) => (this.bytes += chunk.length));
      this.#sockets.push(socket);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Hostile load until `signal` aborts: slow headers, headers and bodies that are too long, and bursts. */
export async function hostileLoad(url: string, signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  const note = (status: number): void => void statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const slow = new Set<Socket>();
  const again = (): void => {
    while (slow.size < 500) {
      const socket = opened(url);
      socket.on('close', () => slow.delete(socket)).resume();
      socket.write('GET /api/v1/verdict HTTP/1.1\r\nHost: lo');
      slow.add(socket);
    }
    for (const socket of slow) if (socket.writable) socket.write('c');
  };
  again();
  const drip = setInterval(again, 500);
  while (!signal.aborted) {
    await big(url, `X: ${'x'.repeat(1_000_000)}\r\n\r\n`);
    await big(url, 'Content-Length: 104857600\r\n\r\n', 104_857_600);
    for (const [status, count] of await burst(`${url}api/v1/verdict`, 512, 5_000))
      for (let i = 0; i < count; i++) note(status);
  }
  clearInterval(drip);
  for (const socket of slow) socket.destroy();
  return statuses;
}

/** Sends a request that is too long, until the server closes. */
async function big(url: string, text: string, body = 0): Promise<void> {
  const socket = opened(url).resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(`GET /api/v1/verdict HTTP/1.1\r\nHost: localhost\r\n${text}`);
  for (let sent = 0; sent < body && !socket.closed; sent += 65_536) {
    socket.write(Buffer.alloc(65_536));
    await sleep(1);
  }
  await closed;
}

function opened(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  return socket.on('error', () => undefined);
}
