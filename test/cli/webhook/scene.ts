import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { glob } from 'tinyglobby';
import { onTestFinished } from 'vitest';
import type { UnroutableEvent } from '../../../src/detect/events/event.ts';
import { createProgram } from '../../../src/cli/program.ts';
import type { Io } from '../../../src/app/io.ts';
import { serveRis, type ServeRisOptions } from '../../../src/cli/serve-ris/serve-ris.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { watch, type WatchOptions } from '../../../src/cli/watch/watch.ts';
import { addWebhook } from '../../../src/cli/webhook/add.ts';
import { ROOT } from '../../support/cli.ts';
import type { Certificate } from '../../support/certificates.ts';
import { Text } from '../../support/text.ts';

export interface Posted {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly event: UnroutableEvent;
}

/** A receiver of webhooks on loopback, closed when the test ends. */
export interface Hook {
  readonly port: number;
  readonly url: string;
  readonly posted: readonly Posted[];
  /** Resolves when as many have come. */
  count(many: number): Promise<readonly Posted[]>;
}

/** @param certificate then it speaks HTTPS */
export async function hook(
  answer: (posted: Posted, response: ServerResponse) => void = ok,
  certificate?: Certificate,
): Promise<Hook> {
  const posted: Posted[] = [];
  const waiting = new Set<() => void>();
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const headers = flat(request.headers);
      const one = { id: headers['webhook-id'] ?? '', headers, body, event: eventIn(body) };
      posted.push(one);
      answer(one, response);
      for (const look of waiting) look();
    });
  };
  const server = certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const count = (many: number): Promise<readonly Posted[]> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (posted.length < many) return;
        waiting.delete(look);
        resolve(posted);
      };
      waiting.add(look);
      look();
    });
  const scheme = certificate === undefined ? 'http' : 'https';
  return { port, url: `${scheme}://127.0.0.1:${port}/hook`, posted, count };
}

function ok(_: Posted, response: ServerResponse): void {
  response.writeHead(204).end();
}

function eventIn(body: string): UnroutableEvent {
  return (body.startsWith('{') ? JSON.parse(body) : {}) as UnroutableEvent;
}

function flat(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A store, and a folder that is removed when the test ends. */
export interface Place {
  readonly folder: string;
  readonly store: string;
  /** Runs the command with these arguments, in this process, on a handle of its own. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

export async function place(where?: string): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-webhook-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = where ?? join(folder, 'store');
  return {
    folder,
    store,
    async run(args, env = {}) {
      const [stdout, stderr] = [new Text(), new Text()];
      const io: Io = {
        ...{ stdout, stderr },
        env: { UNROUTABLE_STORE: store, HOME: folder, ...env },
        signal: new AbortController().signal,
      };
      let status = 0;
      await createProgram(io, (end) => (status = end))
        .parseAsync(['node', 'unroutable', ...args])
        .catch((error: { exitCode?: number }) => (status = error.exitCode === 0 ? 0 : 2));
      return { status, stdout: stdout.text, stderr: stderr.text };
    },
  };
}

export interface Watching {
  readonly stdout: Text;
  readonly stderr: Text;
  /** Its exit status. */
  readonly done: Promise<number>;
  stop(): Promise<number>;
}

/** The 22 December 2014 as RIS Live would have sent it, and a watch of it. Both are stopped when the test ends. */
export async function watching(
  { store }: Place,
  serve: Partial<ServeRisOptions>,
  more: Partial<WatchOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Watching> {
  const files = (await glob('incidents/2014-12-22/**/*.{gz,bz2}', { cwd: ROOT }))
    .map((file) => join(ROOT, file))
    .sort();
  const dumps = files.filter((file) => file.includes('bview'));
  const first = /bview\.(\d{8}\.\d{4})/.exec(dumps[0] ?? '')?.[1] ?? '';
  const stop = new AbortController();
  const said = new Text();
  const [stdout, stderr] = [new Text(), new Text()];
  const ioOf = (out: Text, err: Text): Io => ({ stdout: out, stderr: err, env, signal: stop.signal });
  const updates = files.filter((file) => file.includes('updates'));
  const serving = serveRis({ files: updates, port: 0, speed: 'max', ...serve }, ioOf(said, said));
  const url = await said.until(/ws:\/\/\S+/);
  const seed = { from: 'mrt', paths: dumps.filter((file) => file.includes(first)) } as const;
  const options = { settings: {}, url, history: true, seed, store, format: 'ndjson', ...more } as const;
  const done = watch(options, ioOf(stdout, stderr)).then((status): number => status);
  const ended = Promise.all([done, serving]);
  const end = async (): Promise<number> => {
    stop.abort();
    const [status] = await ended;
    return status;
  };
  onTestFinished(async () => void (await end()));
  return { stdout, stderr, done, stop: end };
}

/** The events in lines of NDJSON. */
export function eventsIn(text: string): readonly UnroutableEvent[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as UnroutableEvent);
}

/** Adds with names that resolve as given. */
export async function add(at: Place, url: string, addresses: readonly string[] | Error, more: object = {}) {
  const [stdout, stderr] = [new Text(), new Text()];
  const env = { HOME: at.folder };
  const io: Io = { stdout, stderr, env, signal: new AbortController().signal };
  const resolve = () => (addresses instanceof Error ? Promise.reject(addresses) : Promise.resolve(addresses));
  const options = { settings: {}, store: at.store };
  const status = await addWebhook('desk', { url, ...more }, options, { io, means: { clock: systemClock, resolve } });
  return { status, stdout: stdout.text, stderr: stderr.text };
}
