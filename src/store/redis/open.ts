import { readFile } from 'node:fs/promises';
import type { Clock, StateStore } from '../../ports.ts';
import { keysOf, parseWatchName, type Keys } from '../keys.ts';
import { checkServer, checkServerToRead, type Check, type Wanted } from './check.ts';
import type { RedisTarget } from './clients.ts';
import { failureOf, RedisFailure, type FailureKind } from './failure.ts';
import { RedisLink } from './link.ts';
import { checkPlace, checkPlaceToRead } from './place.ts';
import { WRITABLE } from './scripts.ts';
import { redisStore } from './store.ts';
import { tlsMismatch } from './tls-probe.ts';
import { parseRedisUrl, type Login, type RedisAddress } from './url.ts';

/** How a store in Redis is opened. */
export interface OpenOptions {
  /** Name of the watch. Territories that are watched together are stored under one name. */
  readonly name: string;
  readonly clock: Clock;
  /** Replaces a password in the URL. It comes from the environment, so that no process list shows it. */
  readonly password?: string;
  /**
   * A command fails after this many milliseconds without a reply. At least 100.
   *
   * @default 3000
   */
  readonly deadlineMs?: number;
  /** From 0 to 1, 1 excluded: the jitter of reconnecting. @default Math.random */
  readonly random?: () => number;
  /** Number of events to keep. A server without room for them gets a warning. */
  readonly keepEvents?: number | undefined;
  /**
   * `read`: needs no right to write, and works on a replica.
   *
   * @default write
   */
  readonly access?: 'write' | 'read';
}

/** The health of the server. */
export interface Health {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** The problem in one line, if it is not ok. */
  readonly reason?: string;
  /** Whether waiting may help. */
  readonly retry: boolean;
}

/** A store in Redis, with a check of its server. */
export interface RedisStore extends StateStore {
  /** Repeats the check that `open` made. Never rejects. */
  health(): Promise<Health>;
}

/** A store in Redis, or why it could not be opened. */
export type Opened =
  | { readonly ok: true; readonly store: RedisStore; readonly checks: readonly Check[] }
  /** `retry`: another try later may succeed. */
  | { readonly ok: false; readonly reason: string; readonly retry: boolean; readonly checks: readonly Check[] };

const DEADLINE_MS = 3_000;

/** Errors of a connection on which only one side speaks TLS; they have other causes, too. */
const TLS_MISMATCH: ReadonlySet<FailureKind> = new Set(['closed', 'timeout', 'tls']);

/** Connects, checks that the server can keep our guarantees, and returns the store. Tries once. */
export async function openRedis(url: string, options: OpenOptions): Promise<Opened> {
  const parsed = parseRedisUrl(url);
  if (!parsed.ok) return refused(`the Redis URL: ${parsed.reason}`, false);
  const { address } = parsed;
  if (parseWatchName(options.name) === undefined) return refused(`${options.name} is not a name of a watch`, false);
  const target = await targetOf(address, options.password);
  if (typeof target === 'string') return refused(target, false);

  const link = new RedisLink(target, {
    clock: options.clock,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    random: options.random ?? Math.random,
  });
  try {
    await link.connect();
  } catch (error) {
    link.abort();
    const failure = failureOf(error);
    const mismatch = TLS_MISMATCH.has(failure.kind) ? await tlsMismatch(target, options.clock) : undefined;
    if (mismatch !== undefined) return refused(`${address.name}: ${mismatch}`, false);
    return refused(`${address.name}: ${failure.message}`, failure.isPassing);
  }
  const keys = keysOf(options.name);
  const waits = address.durability === 'wait';
  const access = options.access ?? 'write';
  const wanted = { acceptsVolatile: address.acceptsVolatile, waitsForReplica: waits, keepEvents: options.keepEvents };
  const inspect = (): Promise<Health> => (access === 'read' ? lookToRead(link, keys) : look(link, keys, wanted));
  const health = await inspect();
  if (!health.ok) {
    await link.close();
    const mismatch = health.retry ? await tlsMismatch(target, options.clock) : undefined;
    if (mismatch !== undefined) return refused(`${address.name}: ${mismatch}`, false);
    return { ok: false, reason: `${address.name}: ${health.reason ?? ''}`, retry: health.retry, checks: health.checks };
  }
  const store = redisStore(address.name, { link, keys, clock: options.clock, waits, access });
  return {
    ok: true,
    checks: health.checks,
    store: { ...store, health: inspect },
  };
}

function refused(reason: string, retry: boolean): Opened {
  return { ok: false, reason, retry, checks: [] };
}

/** The order matters: a server that is too old would not understand the scripts of the later steps. */
async function look(link: RedisLink, keys: Keys, wanted: Wanted): Promise<Health> {
  const checks: Check[] = [];
  try {
    checks.push(...(await checkEach(link, (hello, info) => checkServer(hello, info, wanted))));
    if (isTooOld(checks)) return healthOf(checks, false);
    checks.push(...(await checkPlace(link, keys, wanted.waitsForReplica)));
    await link.run(WRITABLE, [keys.meta], []);
    checks.push({ check: 'writable', level: 'ok', text: 'writable: yes' });
    return healthOf(
      checks,
      checks.every(({ check, level }) => level !== 'refuse' || check === 'role'),
    );
  } catch (error) {
    const failure = failureOf(error);
    checks.push({ check: 'writable', level: 'refuse', text: failure.message });
    return healthOf(checks, failure.isPassing);
  }
}

async function lookToRead(link: RedisLink, keys: Keys): Promise<Health> {
  try {
    const checks = await checkEach(link, checkServerToRead);
    if (isTooOld(checks)) return healthOf(checks, false);
    return healthOf([...checks, ...(await checkPlaceToRead(link, keys))], false);
  } catch (error) {
    const failure = failureOf(error);
    const check: Check = { check: 'rights', level: 'refuse', text: failure.message };
    return healthOf([check], failure.isPassing);
  }
}

type ServerCheck = (hello: unknown, info: string | undefined) => readonly Check[];

async function checkEach(link: RedisLink, check: ServerCheck): Promise<readonly Check[]> {
  const hellos = await askEach(link, 'hello');
  const infos = await askEach(link, 'info', 'everything');
  const servers = hellos ?? infos ?? [undefined];
  return worst(servers.map((_, i) => check(hellos?.[i], infos === undefined ? undefined : String(infos[i]))));
}

function isTooOld(checks: readonly Check[]): boolean {
  return checks.some(({ check, level }) => check === 'version' && level === 'refuse');
}

/** `undefined` if this user may not send the command, or the server has it disabled. */
async function askEach(
  link: RedisLink,
  command: string,
  ...args: readonly string[]
): Promise<readonly unknown[] | undefined> {
  try {
    return await link.callEach(command, args);
  } catch (error) {
    const isUnknown = error instanceof RedisFailure && error.message.includes('unknown command');
    if (isUnknown || (error instanceof RedisFailure && error.kind === 'noperm')) return undefined;
    throw error;
  }
}

const LEVELS = ['ok', 'warn', 'refuse'] as const;

/** For a cluster, the worst result of its masters counts. */
function worst(servers: readonly (readonly Check[])[]): readonly Check[] {
  const [first = [], ...others] = servers;
  return first.map((check, i) =>
    others.reduce((found, server) => {
      const other = server[i];
      return other !== undefined && LEVELS.indexOf(other.level) > LEVELS.indexOf(found.level) ? other : found;
    }, check),
  );
}

function healthOf(checks: readonly Check[], retry: boolean): Health {
  const reasons = checks.filter(({ level }) => level === 'refuse').map(({ text }) => text);
  return reasons.length === 0
    ? { ok: true, checks, retry: false }
    : { ok: false, checks, reason: reasons.join('; '), retry };
}

/** Reads the address and the files that it names. Returns a reason for people if that fails. */
export async function targetOf(address: RedisAddress, password: string | undefined): Promise<RedisTarget | string> {
  try {
    const { kind, nodes, db, tls } = address;
    const [own, sentinels] = await Promise.all([
      password ?? passwordOf(address.login),
      passwordOf(address.sentinelLogin),
    ]);
    const { username } = address.login;
    const asked = address.sentinelLogin.username;
    return {
      kind,
      nodes,
      db,
      ...(address.socket !== undefined && { socket: address.socket }),
      ...(address.master !== undefined && { master: address.master }),
      ...(address.natMap !== undefined && { natMap: address.natMap }),
      ...(username !== undefined && { username }),
      ...(own !== undefined && { password: own }),
      ...(asked !== undefined && { sentinelUsername: asked }),
      ...(sentinels !== undefined && { sentinelPassword: sentinels }),
      ...(tls && {
        tls: {
          ...(tls.servername !== undefined && { servername: tls.servername }),
          ...(tls.ca !== undefined && { ca: await text(tls.ca) }),
          ...(tls.cert !== undefined && { cert: await text(tls.cert) }),
          ...(tls.key !== undefined && { key: await text(tls.key) }),
        },
      }),
    };
  } catch (error) {
    // The message names the file and what is wrong with it.
    return `${address.name}: ${(error as Error).message}`;
  }
}

async function passwordOf({ password, passwordFile }: Login): Promise<string | undefined> {
  if (passwordFile === undefined) return password;
  // Some editors start a file with a byte order mark.
  const secret = (await text(passwordFile)).replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
  if (secret === '') throw new Error(`${passwordFile} is empty: it should hold a password`);
  return secret;
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8');
}
