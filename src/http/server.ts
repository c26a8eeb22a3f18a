import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono, type Context } from 'hono';
import { isoTime } from '../bgp/time.ts';
import type { Clock, StateStore } from '../ports.ts';
import { apiOf, askedOf, problemOf } from './api.ts';
import { atomFeed, badgeSvg, calendar } from './feeds.ts';
import { guard, HEADERS, type Access } from './guard.ts';
import { feedItems } from './incident-views.ts';
import { openapi } from './openapi.ts';
import { addPage } from './page-files.ts';
import { EventStream, STREAM_HEADERS } from './stream.ts';
import { verdictView } from './views.ts';
import { hostPort } from '../bgp/host-port.ts';

/** What the HTTP server serves, and where it listens. */
export interface HttpOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly access: Access;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  /** Folder of the built page; without it there is no page. */
  readonly page: string | undefined;
  /** Why the program is not ready; `undefined`: it is ready. */
  readonly unready: () => Promise<string | undefined>;
  /** Names of ASes by number, for the answers. @default none */
  readonly names?: ReadonlyMap<number, string> | undefined;
  /** Why the store cannot be read at all: the page and the API answer only this. */
  readonly unreadable?: string | undefined;
  /** Without it there is no /metrics. */
  readonly metrics?: HttpMetrics | undefined;
}

/** The content of /metrics, to which the server adds its own counts. */
export interface HttpMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** Call with the status of each answer. */
  answered(status: number): void;
  /** Registers a function that returns the number of readers of the event stream, for each scrape. */
  listening(readers: () => number): void;
}

/** An HTTP server that is listening. */
export interface HttpServer {
  readonly url: string;
  /** Resolves when the server has ended. */
  readonly closed: Promise<void>;
}

type Bindings = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } };

/** Most concurrent answers; further clients are asked to try again later. Streams do not count. */
const MOST_AT_ONCE = 256;
/** Most concurrent connections. */
const MOST_CONNECTIONS = 2_000;
const MOST_HEADER_BYTES = 16 * 1024;

/** Serves until `signal` aborts. Rejects if the port cannot be used. */
export async function serveHttp(options: HttpOptions, signal: AbortSignal): Promise<HttpServer> {
  const { store, clock } = options;
  const verdicts = async (): Promise<string> => JSON.stringify(await verdictView(store, {}, clock.wallMs()));
  const stream = new EventStream({ store, clock, signal, verdicts });
  const listener = getRequestListener(appOf(options, stream).fetch);
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 2_000,
    },
    (request, response) => void listener(request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', refuse);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = new Promise<void>((resolve) => server.on('close', resolve));
  const close = (): void => {
    server.close();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
    server.closeIdleConnections();
  };
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  return { url: `http://${hostPort(options.host, port)}/`, closed };
}

/** Answers input that is not HTTP with a short message. */
function refuse(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return;
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

// oxlint-disable-next-line max-lines-per-function -- the list of what is served
function appOf(options: HttpOptions, stream: EventStream): Hono<Bindings> {
  const { store, access, version, metrics } = options;
  const app = new Hono<Bindings>();
  if (metrics !== undefined) {
    metrics.listening(() => stream.readers);
    app.use('*', async (context, next) => {
      await next();
      metrics.answered(context.res.status);
    });
  }
  app.use('*', guard(access));
  app.get('/healthz', (context) => context.json({ ok: true }));
  app.get('/readyz', async (context) => {
    const reason = await options.unready().catch(() => 'the store does not answer');
    return reason === undefined ? context.json({ ready: true }) : context.json({ ready: false, reason }, 503);
  });
  if (options.unreadable !== undefined) addRefusal(app, options.unreadable);
  app.get('/api/v1/events/stream', async (context) => {
    const asked = askedOf(context, 'stream');
    if (context.req.method === 'HEAD') return context.body(null, 200, STREAM_HEADERS);
    if (stream.isFull) {
      context.header('Retry-After', '1');
      return context.json({ error: 'too many readers' }, 503);
    }
    const after = context.req.header('last-event-id') ?? asked.after;
    await stream.add(context.env.outgoing, HEADERS, after === '' ? undefined : after);
    return RESPONSE_ALREADY_SENT;
  });
  let underWay = 0;
  app.use('*', async (context, next) => {
    if (underWay >= MOST_AT_ONCE) {
      context.header('Retry-After', '1');
      return context.json({ error: 'too many requests at once: try again' }, 503);
    }
    underWay++;
    try {
      await next();
    } finally {
      underWay--;
    }
    return undefined;
  });
  app.route('/api/v1', apiOf(store, options.clock, options.names));
  if (metrics !== undefined) addMetrics(app, metrics);
  app.get('/openapi.json', (context) =>
    context.json(openapi(version, { hasMetrics: metrics !== undefined }) as object),
  );
  addFeeds(app, options);
  addPage(app, options.page);
  app.notFound((context) => context.json({ error: 'there is nothing at this address' }, 404));
  app.onError((error, context) => {
    const { status, error: text } = problemOf(error);
    return context.json({ error: text }, status);
  });
  return app;
}

/** All routes that would read the store answer with the reason why it cannot be read. */
function addRefusal(app: Hono<Bindings>, reason: string): void {
  for (const path of ['/api/v1/*', '/badge.svg', '/feed.xml', '/incidents.ics'])
    app.get(path, (context) => context.json({ error: `the store cannot be read: ${reason}` }, 503));
}

function addMetrics(app: Hono<Bindings>, metrics: HttpMetrics): void {
  app.get('/metrics', async (context) => {
    const text = await metrics.text();
    context.header('Content-Type', metrics.contentType);
    context.header('Cache-Control', 'no-store');
    return context.body(text);
  });
}

function addFeeds(app: Hono<Bindings>, { store, clock, access }: HttpOptions): void {
  const now = (): string => isoTime(clock.wallMs());
  const asked = (context: Context) => askedOf(context, 'view');
  const text = (context: Context, type: string, body: string): Response => {
    context.header('Content-Type', type);
    context.header('Cache-Control', 'no-cache');
    return context.body(body);
  };
  app.get('/badge.svg', async (context) => {
    const { verdicts } = await verdictView(store, asked(context), clock.wallMs());
    // A badge is made for pages of other hosts.
    if (access.isPublic) context.header('Cross-Origin-Resource-Policy', 'cross-origin');
    return text(context, 'image/svg+xml', badgeSvg(verdicts));
  });
  app.get('/feed.xml', async (context) => {
    const items = await feedItems(store, { ...asked(context), limit: 50 }, clock.wallMs());
    const feed = atomFeed(items, new URL(context.req.url).origin, now());
    return text(context, 'application/atom+xml; charset=utf-8', feed);
  });
  app.get('/incidents.ics', async (context) => {
    const items = await feedItems(store, { ...asked(context), limit: 1000 }, clock.wallMs());
    return text(context, 'text/calendar; charset=utf-8', calendar(items, now()));
  });
}
