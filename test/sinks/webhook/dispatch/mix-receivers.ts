import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Endpoint } from '../../../../src/sinks/webhook/endpoints/endpoint.ts';
import type { Random } from '../../../support/sim-random.ts';
import type { Certificates } from '../request/certificates.ts';
import { endpointOf, verify, type Received } from './world.ts';

/** What goes wrong at each endpoint, of a hundred requests. Of the flaky one's events one in fifty is always refused. */
const FAULTS = { flaky: 30, hanging: [5, 10, 15], throttling: [20, 30], tls: 30, nameless: 30 } as const;
const HOPELESS = 50;

/** The receivers, and what they were sent. */
export class MixedReceivers {
  /** By `endpoint/id`. The bodies are looked at as they come, and not held. */
  readonly seen = new Set<string>();
  bodies = 0;
  unverified = 0;
  begun = 0;
  ended = 0;
  /** Requests that they let hang: only time ends them. */
  held = 0;
  readonly random: Random;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(random: Random) {
    this.random = random;
  }

  listener(name: string, answer: (one: Received, response: ServerResponse) => void): RequestListener {
    return (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = request.headers as Record<string, string>;
        const one = { id: headers['webhook-id'] ?? '', headers, body: Buffer.concat(chunks).toString() };
        this.seen.add(`${name}/${one.id}`);
        this.bodies++;
        if (!isVerified(one)) this.unverified++;
        answer(one, response);
      });
    };
  }

  hold(response: ServerResponse): void {
    this.held++;
    response.on('close', () => this.held--);
  }

  async listen(server: Server): Promise<number> {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  percent(): number {
    return this.random() * 100;
  }
}

/** Every name leads to loopback, but for the one that is sometimes not known. */
export function resolving(receivers: MixedReceivers, name: string): Promise<readonly string[]> {
  receivers.begun++;
  if (name !== 'nameless.test' || receivers.percent() >= FAULTS.nameless) return Promise.resolve(['127.0.0.1']);
  return Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
}

/** Starts a receiver for each fault, and gives the endpoints that lead to them. */
export async function fiveEndpoints(
  receivers: MixedReceivers,
  certificates: Certificates,
  folder: string,
): Promise<Endpoint[]> {
  const many = { concurrency: 16 };
  const ok = (_: Received, response: ServerResponse): void => void response.writeHead(204).end();
  const flaky = await receivers.listen(
    createHttpServer(
      receivers.listener('flaky', ({ id }, response) => {
        const fails = Number.parseInt(id.slice(0, 6), 16) % HOPELESS === 0 || receivers.percent() < FAULTS.flaky;
        response.writeHead(fails ? 500 + Math.floor(receivers.percent() / 25) : 200).end('ok');
      }),
    ),
  );
  const hanging = await receivers.listen(
    createHttpServer(receivers.listener('hanging', (_, response) => hang(receivers, response))),
  );
  const throttling = await receivers.listen(
    createHttpServer(receivers.listener('throttling', (_, response) => throttle(receivers, response))),
  );
  const nameless = await receivers.listen(createHttpServer(receivers.listener('nameless', ok)));
  const https = createHttpsServer(certificates.good, receivers.listener('tls', ok));
  https.on('tlsClientError', () => undefined);
  const tls = await receivers.listen(
    createServer((socket) => {
      if (receivers.percent() >= FAULTS.tls) https.emit('connection', socket);
      else socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    }),
  );
  const ca = join(folder, 'authority.pem');
  writeFileSync(ca, certificates.authority);
  return [
    endpointOf('flaky', flaky, many),
    endpointOf('hanging', hanging, many),
    endpointOf('throttling', throttling, many),
    endpointOf('nameless', nameless, many),
    endpointOf('tls', tls, { ...many, url: `https://hook.test:${tls}/hook`, ca }),
  ];
}

/** Says nothing, or a byte and then nothing, or resets. */
function hang(receivers: MixedReceivers, response: ServerResponse): void {
  const percent = receivers.percent();
  const [silent, drips, resets] = FAULTS.hanging;
  if (percent >= resets) response.writeHead(204).end();
  else if (percent >= drips) response.socket?.resetAndDestroy();
  else {
    receivers.hold(response);
    if (percent >= silent) response.writeHead(200).write('o');
  }
}

function throttle(receivers: MixedReceivers, response: ServerResponse): void {
  const percent = receivers.percent();
  const [throttled, redirected] = FAULTS.throttling;
  if (percent < throttled) response.writeHead(429, { 'retry-after': '7' }).end();
  else if (percent < redirected) response.writeHead(301, { location: 'http://127.0.0.1:1/' }).end();
  else response.writeHead(200).end();
}

/** By the time at which it was sent: `standardwebhooks` asks `Date.now` for it. */
function isVerified(one: Received): boolean {
  const { now } = Date;
  Date.now = () => Number(one.headers['webhook-timestamp']) * 1_000;
  try {
    verify(one);
    return true;
  } catch {
    return false;
  } finally {
    Date.now = now;
  }
}
