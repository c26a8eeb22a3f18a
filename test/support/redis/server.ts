import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { theRedis } from './binary.ts';
import type { Certificates } from './certificates.ts';
import { guardian } from './guardian.ts';
import { freePort } from './ports.ts';

/** Lines of redis.conf by directive, with unchanged values; several of one directive as a list. */
export type Config = Readonly<Record<string, string | number | readonly string[]>>;

export interface ServerOptions {
  /** Added to, or replacing, the defaults: append-only file synced every second, `noeviction`, no snapshots. */
  readonly config?: Config;
  /** Answers only over TLS, with these certificates, and requires client certificates. */
  readonly tls?: Certificates;
  /** The login of the fixture itself, if `config` leaves the default user without rights. */
  readonly as?: { readonly username?: string; readonly password: string };
  /** Folder of its data, which the caller removes. @default its own folder, removed when it stops */
  readonly folder?: string;
  /** @default `server`; a Sentinel's PING is answered all the same */
  readonly mode?: 'server' | 'sentinel';
}

/** The options for `new Redis(…)` to connect like the fixture. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** A redis-server for a test. If the test forgets to stop it, it ends with the test process. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** Unix socket of the same server, with the same rights, without TLS. */
  readonly socket: string;
  readonly folder: string;
  readonly connection: Connection;
  /** Id of the running process; `undefined` between an end and `restart`. */
  readonly pid: () => number | undefined;
  /** The end of what it has written, at most 64 KiB. */
  readonly log: () => string;
  /** One command on a connection of its own. Rejects as ioredis does. */
  readonly cli: (command: string, ...args: readonly (string | number)[]) => Promise<unknown>;
  /** @param signal with SIGSTOP or SIGCONT the process stays; with others, waits for its end. @default SIGKILL */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  /**
   * Kills it if it runs, and starts it with the same port, data and configuration, to which `config` is added; waits
   * until it answers otherwise than LOADING.
   */
  readonly restart: (config?: Config) => Promise<void>;
  /** Kills it and removes its folder. */
  readonly stop: () => Promise<void>;
}

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 20_000;
const POLL_MS = 5;
const MAX_LOG = 65_536;
const PORTS_TRIED = 5;

const DEFAULTS: Config = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '""',
  'maxmemory-policy': 'noeviction',
  // Otherwise a replica waits five seconds for other replicas.
  'repl-diskless-sync-delay': 0,
  'repl-ping-replica-period': 1,
};

/**
 * Starts a redis-server on a free port of 127.0.0.1 and on a Unix socket; it has answered a PING.
 *
 * @throws when no Redis is found, or it does not start: with the end of its log.
 */
export async function startRedis(options: ServerOptions = {}): Promise<RedisServer> {
  const folder = options.folder ?? guardian().folder();
  for (let tried = 1; ; tried++) {
    const server = redisServer(folder, await freePort(), options);
    try {
      await server.restart(await firstConfig(server, options));
      return server;
    } catch (error) {
      await server.kill();
      const taken = server.log().includes('Address already in use');
      if (taken && tried < PORTS_TRIED) continue;
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

/** Also starts a new file, in case the last try left one. */
async function firstConfig(server: RedisServer, { tls, mode, config }: ServerOptions): Promise<Config> {
  await writeFile(join(server.folder, 'redis.conf'), '');
  return {
    bind: HOST,
    port: tls === undefined ? server.port : 0,
    unixsocket: server.socket,
    dir: server.folder,
    ...(tls && {
      'tls-port': server.port,
      'tls-cert-file': tls.files.serverCert,
      'tls-key-file': tls.files.serverKey,
      'tls-ca-cert-file': tls.files.ca,
      'tls-replication': 'yes',
    }),
    ...(mode === 'sentinel' ? {} : DEFAULTS),
    ...config,
  };
}

function redisServer(folder: string, port: number, options: ServerOptions): RedisServer {
  const conf = join(folder, 'redis.conf');
  const connection = connectionTo(port, options);
  let child: ChildProcess | undefined;
  let log = '';

  const server: RedisServer = {
    host: HOST,
    port,
    socket: join(folder, 'redis.sock'),
    folder,
    connection,
    pid: () => child?.pid,
    log: () => log,
    cli: (command, ...args) => call(connection, command, args),
    async kill(signal = 'SIGKILL') {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended;
    },
    async restart(config = {}) {
      await server.kill();
      await appendFile(conf, linesOf(config));
      const { server: program, env } = await theRedis();
      const started = spawn(program, [conf, ...(options.mode === 'sentinel' ? ['--sentinel'] : [])], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      guardian().watch(started);
      started.once('exit', () => {
        if (child === started) child = undefined;
      });
      const keep = (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-MAX_LOG);
      };
      started.stdout.on('data', keep);
      started.stderr.on('data', keep);
      await ready(server, once(started, 'close'));
    },
    async stop() {
      await server.kill();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
  return server;
}

function connectionTo(port: number, { tls, as }: ServerOptions): Connection {
  return {
    host: HOST,
    port,
    ...as,
    ...(tls && { tls: { ca: tls.ca, cert: tls.clientCert, key: tls.clientKey } }),
  };
}

function linesOf(config: Config): string {
  return Object.entries(config)
    .flatMap(([directive, value]) => [value].flat().map((one) => `${directive} ${one}\n`))
    .join('');
}

/** Until it answers; whether that is PONG, or that it wants a password, or that its disk is full. */
async function ready(server: RedisServer, closed: Promise<unknown>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const error = await server.cli('PING').then(
      () => undefined,
      (reason: Error) => reason,
    );
    if (error === undefined || (error.name === 'ReplyError' && !error.message.startsWith('LOADING'))) return;
    if (server.pid() === undefined) {
      await closed;
      throw new Error(`redis-server ended:\n${server.log()}`, { cause: error });
    }
    if (performance.now() > deadline) {
      throw new Error(`redis-server is not ready after ${READY_WITHIN_MS} ms:\n${server.log()}`, { cause: error });
    }
    await sleep(POLL_MS);
  }
}

async function call(connection: Connection, command: string, args: readonly (string | number)[]): Promise<unknown> {
  const client = new Redis({
    ...connection,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
  });
  let reason: unknown;
  client.on('error', (error) => {
    reason = error;
  });
  try {
    await client.connect();
    return await client.call(command, ...args);
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.disconnect();
  }
}
