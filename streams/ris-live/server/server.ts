import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData } from 'ws';
import { parseJson } from '../../../src/lib/json.ts';
import { inTime } from '../../../src/lib/within.ts';
import type { Clock } from '../../../src/ports.ts';
import { parseSocketOptions } from './commands.ts';
import { parseFilter } from './filter.ts';
import { Outlet, responsePipe, webSocketPipe } from './outlet.ts';
import type { Faults } from './faults.ts';
import { Station, type StationOptions, type StationReport } from './station.ts';
import { hostPort } from '../../../src/bgp/host-port.ts';

/** The options of a RIS Live server. */
export interface RisServerOptions extends StationOptions {
  /** Address to listen on. @default 127.0.0.1 */
  readonly host?: string;
  /** @default 0: any free port */
  readonly port?: number;
  /** Most concurrent connections; more are refused with 503. @default 100 */
  readonly maxClients?: number;
}

/** A RIS Live server that is listening. */
export interface RisServer {
  readonly port: number;
  /** `ws://127.0.0.1:4321/v1/ws/` */
  readonly url: string;
  readonly faults: Faults;
  /** Resolves when the server has ended completely: at the end of the feed, or after an abort. */
  readonly done: Promise<StationReport>;
}

/** Largest frame of a client, bytes. Subscriptions to 10,000 prefixes fit. */
const MAX_COMMAND_BYTES = 2 ** 20;
/**
 * Compression (RFC 7692), offered like RIS Live, for clients that request it. Messages have a few hundred similar
 * bytes, so all are compressed, with one window for each client.
 */
const DEFLATE = { threshold: 64, zlibDeflateOptions: { level: 6, memLevel: 8 }, concurrencyLimit: 4 };
/** How long clients may take to read the rest and close; when the server is stopped, only to close. Milliseconds. */
const GOODBYE_MS = 30_000;
const STOPPED_GOODBYE_MS = 2000;

/** Serves a feed like RIS Live, until it ends or `signal` aborts. Rejects if the port cannot be used. */
export async function serveRisLive(options: RisServerOptions, signal: AbortSignal): Promise<RisServer> {
  const station = new Station(options);
  const http = createServer();
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_COMMAND_BYTES,
    perMessageDeflate: DEFLATE,
  });
  const isFull = (): boolean => station.outlets.size >= (options.maxClients ?? 100);
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    if (!/^\/v1\/ws\/?$/.test(targetOf(request).path)) return refuse(socket, '404 Not Found');
    if (isFull()) return refuse(socket, '503 Service Unavailable');
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const client = station.add(new Outlet(webSocketPipe(webSocket, socket)));
      webSocket.on('message', (data, isBinary) => station.receive(client, isBinary ? '' : textOf(data)));
    });
  });
  http.on('request', (request, response) => stream(station, request, response, isFull()));

  const host = options.host ?? '127.0.0.1';
  http.listen(options.port ?? 0, host);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const done = serve(station, http, options, signal);
  return { port, url: `ws://${hostPort(host, port)}/v1/ws/`, faults: station.faults, done };
}

async function serve(
  station: Station,
  http: Server,
  options: RisServerOptions,
  signal: AbortSignal,
): Promise<StationReport> {
  try {
    return await station.run(signal);
  } finally {
    await hangUp(station, http, options.clock, signal);
  }
}

/** Clients get a moment; then all connections are closed. */
async function hangUp(station: Station, http: Server, clock: Clock, signal: AbortSignal): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeIdleConnections();
  const emptied = station.emptied();
  if (!signal.aborted) await inTime(emptied, { clock, ms: GOODBYE_MS, signal }, () => undefined);
  await inTime(emptied, { clock, ms: STOPPED_GOODBYE_MS }, () => undefined);
  for (const outlet of station.outlets) outlet.destroy();
  http.closeAllConnections();
  await Promise.all([closed, emptied]);
}

/** The default options of the HTTP stream: RIPE's includes `raw`, the only part that bgpipe and libbgpstream decode. */
const STREAM_OPTIONS = { includeRaw: true, acknowledge: false } as const;

/** The same messages over HTTP, one JSON object a line; the filter is in a header. */
function stream(station: Station, request: IncomingMessage, response: ServerResponse, isFull: boolean): void {
  const { path, query } = targetOf(request);
  if (!/^\/v1\/stream\/?$/.test(path))
    return answer(response, 404, 'Not found. Try /v1/ws/ or /v1/stream/?format=json');
  if (request.method !== 'GET') return answer(response, 405, 'Only GET');
  if ((query.get('format') ?? 'json') !== 'json') return answer(response, 400, 'Only format=json is served');
  if (isFull) return answer(response, 503, 'Too many clients');
  const wanted = jsonOf(request.headers['x-ris-subscribe']);
  const subscription = parseFilter(wanted);
  const socketOptions = parseSocketOptions(wanted);
  if (!subscription.ok) return answer(response, 400, `X-RIS-Subscribe: ${subscription.message}`);
  if (socketOptions === false) return answer(response, 400, 'X-RIS-Subscribe: Invalid socketOptions');

  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.flushHeaders();
  station
    .add(new Outlet(responsePipe(response)))
    .subscribe(subscription, socketOptions === undefined ? STREAM_OPTIONS : { ...socketOptions, acknowledge: false });
}

/** A header that is not JSON is passed on as text, which `parseFilter` refuses. */
function jsonOf(header: string | string[] | undefined): unknown {
  if (typeof header !== 'string' || header === '') return header;
  const value = parseJson(header);
  return value === undefined ? header : value;
}

function targetOf({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = '/', query = ''] = url.split('?', 2);
  return { path, query: new URLSearchParams(query) };
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data as ArrayBuffer).toString('utf8');
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
