import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventTime } from '../../../../src/bgp/time.ts';
import type { StateStore } from '../../../../src/ports.ts';
import { putEndpoint } from '../../../../src/sinks/webhook/desk.ts';
import { dispatchWebhooks } from '../../../../src/sinks/webhook/dispatch/dispatch.ts';
import type { WebhookReport } from '../../../../src/sinks/webhook/dispatch/report.ts';
import type { Endpoint } from '../../../../src/sinks/webhook/endpoint.ts';
import { HandClock } from '../../../support/clock.ts';
import { mulberry32, type Random } from '../../../support/sim-random.ts';
import { makeCertificates, type Certificates } from '../certificates.ts';
import { chain, endpointOf, SECRET, verify, type Received } from './world.ts';

export interface MixReport {
  readonly events: number;
  readonly endpoints: number;
  readonly attempts: number;
  /** By `endpoint/id`, each of which must be delivered or a dead letter. */
  readonly delivered: number;
  readonly dead: number;
  readonly lost: number;
  /** Delivered although the receiver never had it. */
  readonly unseen: number;
  /** Bodies that came in, and those of them that `standardwebhooks` refuses. */
  readonly bodies: number;
  readonly unverified: number;
  readonly longestAttemptMs: number;
  /** Time that passed on the dispatcher's clock. */
  readonly hours: number;
  readonly mostRssMb: number;
}

/** What goes wrong at each endpoint, of a hundred requests. Of the flaky one's events one in fifty is refused for ever. */
const FAULTS = { flaky: 30, hanging: [5, 10, 15], throttling: [20, 30], tls: 30, nameless: 30 } as const;
const HOPELESS = 50;

/** The receivers, and what they were sent. */
class World {
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

/**
 * Sends so many events to five endpoints, each with faults of its own, until every one is delivered or given up. The
 * receivers are real; the clock is turned by hand whenever nothing but time is waited for.
 */
export async function mixRun(
  store: StateStore,
  { events, seed }: { readonly events: number; readonly seed: number },
): Promise<MixReport> {
  const clock = new HandClock('2026-11-22T00:00:00Z');
  const world = new World(mulberry32(seed));
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-mix-'));
  const stop = new AbortController();
  try {
    const endpoints = await fiveEndpoints(world, makeCertificates(), folder);
    for (const endpoint of endpoints) await putEndpoint(store, endpoint, { from: 'command', nowMs: clock.wallMs() });
    const cursor = clock.wallMs() as EventTime;
    const wanted = chain(events);
    for (let i = 0; i < events; i += 1_000) {
      const batch = { number: i / 1_000 + 1, cursor, elements: 0, events: wanted.slice(i, i + 1_000), changes: [] };
      await store.commit(batch);
    }
    const ledger = new Ledger(world, clock);
    const done = dispatchWebhooks(
      {
        store,
        token: () => undefined,
        clock,
        random: mulberry32(seed + 1),
        resolve: (name) => resolving(world, name),
        environment: { SECRET },
        sentence: ({ id }) => `Event ${id}.`,
        report: (report) => ledger.take(report),
        lookMs: 3_600_000,
      },
      stop.signal,
    );
    await ledger.play(events * endpoints.length);
    stop.abort();
    await done;
    return {
      ...ledger.report(),
      events,
      endpoints: endpoints.length,
      lost: await ledger.lost(store, wanted, endpoints),
    };
  } finally {
    stop.abort();
    await world.close();
    rmSync(folder, { recursive: true });
  }
}

function resolving(world: World, name: string): Promise<readonly string[]> {
  world.begun++;
  if (name !== 'nameless.test' || world.percent() >= FAULTS.nameless) return Promise.resolve(['127.0.0.1']);
  return Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
}

async function fiveEndpoints(world: World, certificates: Certificates, folder: string): Promise<Endpoint[]> {
  const many = { concurrency: 16 };
  const ok = (_: Received, response: ServerResponse): void => void response.writeHead(204).end();
  const flaky = await world.listen(
    createHttpServer(
      world.listener('flaky', ({ id }, response) => {
        const fails = Number.parseInt(id.slice(0, 6), 16) % HOPELESS === 0 || world.percent() < FAULTS.flaky;
        response.writeHead(fails ? 500 + Math.floor(world.percent() / 25) : 200).end('ok');
      }),
    ),
  );
  const hanging = await world.listen(
    createHttpServer(world.listener('hanging', (_, response) => hang(world, response))),
  );
  const throttling = await world.listen(
    createHttpServer(world.listener('throttling', (_, response) => throttle(world, response))),
  );
  const nameless = await world.listen(createHttpServer(world.listener('nameless', ok)));
  const https = createHttpsServer(certificates.good, world.listener('tls', ok));
  https.on('tlsClientError', () => undefined);
  const tls = await world.listen(
    createServer((socket) => {
      if (world.percent() >= FAULTS.tls) https.emit('connection', socket);
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
function hang(world: World, response: ServerResponse): void {
  const percent = world.percent();
  const [silent, drips, resets] = FAULTS.hanging;
  if (percent >= resets) response.writeHead(204).end();
  else if (percent >= drips) response.socket?.resetAndDestroy();
  else {
    world.hold(response);
    if (percent >= silent) response.writeHead(200).write('o');
  }
}

function throttle(world: World, response: ServerResponse): void {
  const percent = world.percent();
  const [throttled, redirected] = FAULTS.throttling;
  if (percent < throttled) response.writeHead(429, { 'retry-after': '7' }).end();
  else if (percent < redirected) response.writeHead(301, { location: 'http://127.0.0.1:1/' }).end();
  else response.writeHead(200).end();
}

/** Keeps account of what becomes of each event, and turns the clock when nothing but time is waited for. */
class Ledger {
  readonly #world: World;
  readonly #clock: HandClock;
  readonly #startMs: number;
  readonly #next = new Map<string, number>();
  readonly #delivered = new Set<string>();
  readonly #dead = new Set<string>();
  #longestMs = 0;
  #mostRss = 0;

  constructor(world: World, clock: HandClock) {
    this.#world = world;
    this.#clock = clock;
    this.#startMs = clock.wallMs();
  }

  take(report: WebhookReport): void {
    if (report.type !== 'attempt') return;
    const { endpoint, attempt } = report;
    const place = `${endpoint}/${attempt.eventId}`;
    this.#world.ended++;
    this.#longestMs = Math.max(this.#longestMs, attempt.ms);
    this.#next.delete(place);
    if (attempt.ok) this.#delivered.add(place);
    else if (attempt.nextAtMs === undefined) this.#dead.add(place);
    else this.#next.set(place, attempt.nextAtMs);
  }

  /** Until so many are delivered or dead. */
  async play(all: number): Promise<void> {
    while (this.#delivered.size + this.#dead.size < all) {
      await this.#quiet();
      this.#mostRss = Math.max(this.#mostRss, process.memoryUsage.rss());
      if (this.#delivered.size + this.#dead.size >= all) return;
      const nextMs = this.#next.size === 0 ? 0 : leastOf(this.#next.values()) - this.#clock.wallMs();
      // No further than the deadline of what hangs: what begins meanwhile has time to be answered.
      await this.#clock.turn(this.#world.held > 0 ? 30_000 : Math.max(1, nextMs));
    }
  }

  report() {
    const { seen, begun, bodies, unverified } = this.#world;
    return {
      attempts: begun,
      delivered: this.#delivered.size,
      dead: this.#dead.size,
      unseen: [...this.#delivered].filter((place) => !seen.has(place)).length,
      bodies,
      unverified,
      longestAttemptMs: this.#longestMs,
      hours: Math.round((this.#clock.wallMs() - this.#startMs) / 360_000) / 10,
      mostRssMb: Math.round(this.#mostRss / 2 ** 20),
    };
  }

  /** Those that are neither delivered nor among the dead letters of the store. */
  async lost(store: StateStore, events: readonly { id: string }[], endpoints: readonly Endpoint[]): Promise<number> {
    const letters = new Set((await store.read('webhooks/dead')).map(({ key }) => key));
    const places = endpoints.flatMap(({ name }) => events.map(({ id }) => `${name}/${id}`));
    return places.filter((place) => !this.#delivered.has(place) && !letters.has(place)).length;
  }

  /** Until all that is under way hangs, and that for some turns of the event loop. */
  async #quiet(): Promise<void> {
    let since = '';
    for (let turns = 0; turns < 40;) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = `${this.#world.begun} ${this.#world.ended} ${this.#world.held}`;
      const isQuiet = this.#world.begun - this.#world.ended === this.#world.held && now === since;
      turns = isQuiet ? turns + 1 : 0;
      since = now;
    }
  }
}

function leastOf(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
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
