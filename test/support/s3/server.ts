import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { guardian } from '../redis/guardian.ts';
import { freePort } from '../redis/ports.ts';

/** A store that speaks S3, on loopback. Objects are plain files in a folder. */
export interface S3Server {
  /** The environment for a user of the store. */
  readonly env: Readonly<Record<string, string>>;
  /** `s3://bucket` */
  readonly bucket: string;
  /** The folder of the bucket. */
  readonly folder: string;
  stop(): Promise<void>;
}

const BUCKET = 'extracts';
/** Markers that no other text has. */
const ACCESS_KEY = 'AKIDUNROUTABLETESTS';
const SECRET_KEY = 'a/secret+that-nobody-may-ever-see';
const READY_WITHIN_MS = 20_000;

/** The program; `undefined`: it is not installed. */
export const s3Program = findProgram();
/** For the titles of tests that need it. */
export const s3Note = s3Program === undefined ? ' (skipped: versitygw is not installed, see CONTRIBUTING.md)' : '';

function findProgram(): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    process.env['GOBIN'],
    join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin'),
  ];
  const paths = folders.flatMap((folder) => (folder === undefined || folder === '' ? [] : [join(folder, 'versitygw')]));
  return [process.env['UNROUTABLE_S3_SERVER'] ?? [], paths].flat().find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts versitygw over a folder with one bucket. If the test forgets to stop it, it ends with the test process. */
export async function startS3(): Promise<S3Server> {
  const root = join(guardian().folder(), 'store');
  mkdirSync(join(root, BUCKET), { recursive: true });
  const port = await freePort();
  const child = spawn(s3Program ?? '', ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', root], {
    env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    stdio: 'ignore',
  });
  guardian().watch(child);
  const endpoint = `http://127.0.0.1:${port}`;
  await answering(endpoint, child);
  return {
    env: { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY },
    bucket: `s3://${BUCKET}`,
    folder: join(root, BUCKET),
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer !== undefined) return;
    if (child.exitCode !== null || performance.now() > deadline) throw new Error('versitygw does not answer');
    await sleep(20);
  }
}

/** The fault of a request before the store gets it. */
export type S3Fault = 'ignores If-None-Match' | 'fails at times' | 'loses answers at times' | 'hides parts';

/** The same store behind a faulty proxy, which signs the requests that it passes on. */
export async function faultyS3(server: S3Server, fault: S3Fault): Promise<S3Server> {
  let requests = 0;
  const target = server.env['AWS_ENDPOINT_URL'] ?? '';
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isStruck = ++requests % 3 === 0;
    if (fault === 'fails at times' && isStruck) {
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      return;
    }
    if (fault === 'hides parts' && request.headers.range !== undefined) {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    const answer = await forward(request, Buffer.concat(chunks), `${target}${request.url}`, fault);
    const body = Buffer.from(await answer.arrayBuffer());
    if (fault === 'loses answers at times' && isStruck) {
      request.socket.destroy();
      return;
    }
    const range = answer.headers.get('content-range');
    response.writeHead(answer.status, range === null ? {} : { 'content-range': range }).end(body);
  };
  const proxy = createServer((request, response) => void pass(request, response).catch(() => response.destroy()));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    ...server,
    env: { ...server.env, AWS_ENDPOINT_URL: endpoint },
    async stop() {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

async function forward(request: IncomingMessage, body: Buffer, url: string, fault: S3Fault): Promise<Response> {
  const { range, 'if-none-match': condition, 'x-amz-content-sha256': sha256 } = request.headers;
  const method = request.method ?? 'GET';
  const signed = await new AwsV4Signer({
    method,
    url,
    headers: {
      'x-amz-content-sha256': String(sha256),
      ...(range !== undefined && { range }),
      ...(condition !== undefined && fault !== 'ignores If-None-Match' && { 'if-none-match': condition }),
    },
    accessKeyId: ACCESS_KEY,
    secretAccessKey: SECRET_KEY,
    service: 's3',
    region: 'us-east-1',
  }).sign();
  return fetch(url, { method, headers: signed.headers, ...(method === 'PUT' && { body: new Uint8Array(body) }) });
}
