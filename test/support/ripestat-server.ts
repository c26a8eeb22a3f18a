import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerOf, emptied, envelope, type World } from '../streams/ripestat/answers.ts';

/** The fault of an answer. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** 200 OK, well formed, and nothing in it: 2020-09-30. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'html' }
  | { readonly kind: 'truncated' }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'hanging' }
  | { readonly kind: 'huge' }
  | { readonly kind: 'envelope'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'data'; readonly change: (data: Record<string, unknown>) => void };

interface Planned {
  readonly call: string;
  readonly fault: Fault;
  times: number;
}

/** A server on loopback that answers as RIPEstat does, in the forms of its real answers, and fails on demand. */
export class RipestatServer {
  readonly world: World;
  /** Every request: call and parameters. */
  readonly requests: { readonly call: string; readonly parameters: URLSearchParams }[] = [];
  /** The most requests that were open at the same time. */
  mostAtOnce = 0;
  #open = 0;
  #planned: Planned[] = [];
  #isOpen = true;
  #parked: (() => void)[] = [];
  #watchers: (() => void)[] = [];
  readonly #server = createServer((request, response) => this.#serve(request, response));

  constructor(world: World) {
    this.world = world;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The next answers to this call (`*`: to any) get this fault. */
  fail(call: string, fault: Fault, times = Infinity): void {
    this.#planned.push({ call, fault, times });
  }

  heal(): void {
    this.#planned = [];
  }

  /** Parks requests until the gate is opened. */
  closeGate(): void {
    this.#isOpen = false;
  }

  openGate(): void {
    this.#isOpen = true;
    for (const go of this.#parked.splice(0)) go();
  }

  /** Resolves after this many requests in all. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  count(call: string): number {
    return this.requests.filter((request) => request.call === call).length;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const call = /^\/data\/([a-z-]+)\/data\.json$/.exec(url.pathname)?.[1] ?? '';
    if (call === '') {
      response.writeHead(404).end();
      return;
    }
    this.requests.push({ call, parameters: url.searchParams });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#open);
    response.on('close', () => this.#open--);
    for (const watcher of this.#watchers.splice(0)) watcher();

    this.#parked.push(() => this.#answer(call, url.searchParams, response));
    if (this.#isOpen) this.openGate();
  }

  #answer(call: string, parameters: URLSearchParams, response: ServerResponse): void {
    const fault = this.#fault(call);
    if (fault?.kind === 'hanging') return;
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, { 'content-type': 'text/plain', ...fault.headers }).end('go away');
      return;
    }
    const data = answerOf(fault?.kind === 'empty' ? emptied(this.world) : this.world, call, parameters);
    if (data === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (fault?.kind === 'data') fault.change(data);
    const text = JSON.stringify(envelope(call, data, fault?.kind === 'envelope' ? fault.fields : {}));
    response.writeHead(200, { 'content-type': 'application/json' });
    switch (fault?.kind) {
      case 'html':
        response.end('<!DOCTYPE html><title>We will be back soon</title>');
        break;
      case 'truncated':
        response.end(text.slice(0, text.length / 2));
        break;
      case 'broken':
        response.write(text.slice(0, text.length / 2), () => response.destroy());
        break;
      case 'huge':
        writeForever(response);
        break;
      case 'empty':
      case 'envelope':
      case 'data':
      case undefined:
        response.end(text);
    }
  }

  #fault(call: string): Fault | undefined {
    const planned = this.#planned.find((one) => one.times > 0 && (one.call === '*' || one.call === call));
    if (planned !== undefined) planned.times--;
    return planned?.fault;
  }
}

function writeForever(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}
