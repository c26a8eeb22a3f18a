import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The fault of a request for a file. */
export type ArchiveFault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** 200 OK and a page for people, under the name of a file. */
  | { readonly kind: 'html' }
  /** The connection breaks after this many bytes. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Only this many bytes come, then nothing. */
  | { readonly kind: 'stall'; readonly after: number }
  /** This many bytes at a time, with a pause after each. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** The server names another length than it sends, and closes. */
  | { readonly kind: 'length'; readonly length: number }
  /** One byte of the body is another. */
  | { readonly kind: 'damage'; readonly at: number }
  /** Sent as a compressed response, as some servers do with a .gz file. */
  | { readonly kind: 'coded' }
  | { readonly kind: 'redirect'; readonly to: string };

interface Planned {
  readonly path: RegExp;
  readonly fault: ArchiveFault;
  times: number;
}

function drip(
  rest: Buffer,
  { bytes, everyMs }: { readonly bytes: number; readonly everyMs: number },
  response: ServerResponse,
): void {
  if (rest.length === 0) {
    response.end();
    return;
  }
  response.write(rest.subarray(0, bytes));
  setTimeout(() => drip(rest.subarray(bytes), { bytes, everyMs }, response), everyMs);
}

/** A server on loopback that lists and serves files as the archives of RIS and Route Views do, and fails on demand. */
export class ArchiveServer {
  /** By path from the root: `rrc00/2014.12/bview.20141222.0000.gz`. */
  readonly files = new Map<string, Uint8Array>();
  /** Every request, in order. */
  readonly requests: {
    readonly path: string;
    readonly range: string | undefined;
    readonly agent: string | undefined;
    /** Monotonic milliseconds. */
    readonly atMs: number;
  }[] = [];
  /** The most requests for files that were open at the same time. */
  mostAtOnce = 0;
  readonly #arrivals = new EventEmitter();
  #open = 0;
  #planned: Planned[] = [];
  readonly #server = createServer((request, response) => this.#serve(request, response));

  async listen(): Promise<string> {
    // On a busy machine a client may be silent for long between two requests.
    this.#server.keepAliveTimeout = 120_000;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  fail(path: RegExp, fault: ArchiveFault, times = 1): void {
    this.#planned.push({ path, fault, times });
  }

  /** Resolves when it has been asked so many times in all. */
  async askedTimes(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.#arrivals, 'request');
  }

  /** Number of requests for a file. */
  asked(path: RegExp): number {
    return this.requests.filter((request) => path.test(request.path)).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname.slice(1));
    const { range, 'user-agent': agent } = request.headers;
    this.requests.push({ path, range, agent, atMs: performance.now() });
    this.#arrivals.emit('request');
    const planned = this.#planned.find((one) => one.times > 0 && one.path.test(path));
    if (planned !== undefined) planned.times--;
    const body = this.files.get(path);
    if (planned === undefined && path.endsWith('/')) return this.#list(path, response);
    if (planned?.fault.kind === 'status') {
      response.writeHead(planned.fault.status, planned.fault.headers).end('no');
      return;
    }
    if (planned?.fault.kind === 'redirect') {
      response.writeHead(302, { location: planned.fault.to }).end();
      return;
    }
    if (planned?.fault.kind === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>We will be back</title>');
      return;
    }
    if (body === undefined) {
      response.writeHead(404).end('not found');
      return;
    }
    this.#open++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    response.once('close', () => this.#open--);
    this.#send(body, planned?.fault, { request, response });
  }

  #send(
    body: Uint8Array,
    fault: ArchiveFault | undefined,
    { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  ): void {
    const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const start = Number.isNaN(first) || !isSame ? 0 : first;
    if (start >= body.length && start > 0) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
      return;
    }
    const rest = Buffer.from(body.subarray(start));
    if (fault?.kind === 'damage') rest[fault.at] = (rest[fault.at] ?? 0) ^ 0xff;
    const length = fault?.kind === 'length' ? fault.length : rest.length;
    const range = start > 0 ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {};
    const coded = fault?.kind === 'coded' ? { 'content-encoding': 'x-gzip' } : {};
    response.writeHead(start > 0 ? 206 : 200, { etag, 'content-length': length, ...range, ...coded });
    if (fault?.kind === 'cut') response.write(rest.subarray(0, fault.after), () => response.destroy());
    else if (fault?.kind === 'drip') drip(rest, fault, response);
    else if (fault?.kind === 'stall') response.write(rest.subarray(0, fault.after));
    else if (fault?.kind === 'length' && length > rest.length) response.write(rest, () => response.destroy());
    else response.end(rest.subarray(0, length));
  }

  /** As Apache's mod_autoindex lists a folder. */
  #list(path: string, response: ServerResponse): void {
    const names = [...this.files.keys()].filter((file) => file.startsWith(path)).map((file) => file.slice(path.length));
    const here = [...new Set(names.map((name) => (name.includes('/') ? name.replace(/\/.*/, '/') : name)))].sort();
    if (here.length === 0) {
      response.writeHead(404).end('not found');
      return;
    }
    const rows = here.map((name) => `<tr><td><a href="${name}">${name}</a></td><td>2014-12-22 00:05</td></tr>`);
    const top = '<a href="?C=N;O=D">Name</a> <a href="/">Parent Directory</a>';
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<html><body>${top}<table>${rows.join('\n')}</table></body></html>`);
  }
}
