import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, StateStore } from '../ports.ts';
import type { OpenOptions } from '../store/redis/open.ts';
import { parseWatchName, watchName } from '../store/keys.ts';
import { memoryStore } from '../store/memory.ts';
import type { Io } from './io.ts';
import { bad, type Result } from '../lib/result.ts';
import { userFolder } from './user-folder.ts';

/** The options that choose a store. */
export interface StoreOptions {
  /** A Redis URL, a folder, or `none`. */
  readonly store?: string;
  /** Name of the watch in the store. @default $UNROUTABLE_NAME, else the ids of the territories */
  readonly name?: string;
  /** `read`: nothing is written; a Redis user without the right to write is enough. @default write */
  readonly access?: 'write' | 'read';
  /** Number of events that stay in the store: a Redis without room for them gets a warning. */
  readonly keepEvents?: number | undefined;
}

/** An open store, and remarks about it. */
export interface OpenStore {
  readonly store: StateStore;
  readonly name: string;
  /** Whether it outlives the program. */
  readonly isLasting: boolean;
  /** Warnings of its check at the start. */
  readonly warnings: readonly string[];
  /** Repeats the check, because the server's settings may change. Returns the present warnings. */
  readonly inspect?: () => Promise<readonly string[]>;
}

/** The store could not be opened. `isAway`: another try later may succeed. `isForeign`: another version wrote it. */
export type Unopened = Extract<Result<never>, { ok: false }> & {
  readonly isAway: boolean;
  readonly isForeign?: boolean;
};

type Opening = { readonly ok: true; readonly value: OpenStore } | Unopened;

/** Events that a memory store holds, to recognize a repeated commit. */
const MAX_STORED_EVENTS = 10_000;

const REDIS = /^(?:redis|valkey)(?:s?(?:-sentinel|-cluster)?|\+unix):\/\//;

/** The scheme of a URL. `redis:` alone counts, too: it cannot mean a folder. A Windows drive letter does not count. */
const SCHEME = /^(?:[a-z][a-z0-9+.-]*:\/\/|(?:redis|valkey)[a-z+-]*:)/i;

/**
 * The place of `--store`, else of $UNROUTABLE_STORE, else the user's state folder by the XDG base directory
 * specification; without a home folder, memory.
 */
export function chosenStore({ store }: StoreOptions, { env }: Pick<Io, 'env'>): string {
  const chosen = store ?? env['UNROUTABLE_STORE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const state = userFolder('STATE', { env });
  return state === undefined ? 'none' : join(state, 'unroutable');
}

/** The name of `--name`, else of $UNROUTABLE_NAME, else a name made of the territories' ids. */
function chosenName({ name }: StoreOptions, territories: readonly string[], { env }: Pick<Io, 'env'>): string {
  const fromEnvironment = env['UNROUTABLE_NAME'] ?? '';
  return name ?? (fromEnvironment === '' ? watchName(territories) : fromEnvironment);
}

/** Why a name is not valid. The ids of many territories make a name that is too long. */
function nameFault(
  name: string,
  { name: asked }: StoreOptions,
  territories: readonly string[],
  { env }: Pick<Io, 'env'>,
): string {
  const form = 'it must consist of letters, digits and . _ + -, at most 64';
  if (asked !== undefined) return `--name ${name}: ${form}`;
  if ((env['UNROUTABLE_NAME'] ?? '') !== '') return `UNROUTABLE_NAME ${name}: ${form}`;
  return `the ids of ${territories.length} territories make too long a name for the watch: give it one with --name or UNROUTABLE_NAME`;
}

/** Opens the store of a watch over these territories. Without a server or a folder, the data ends with the process. */
export async function openStore(
  options: StoreOptions,
  territories: readonly string[],
  io: Pick<Io, 'env'>,
  clock: Clock,
): Promise<Opening> {
  const name = chosenName(options, territories, io);
  const place = chosenStore(options, io);
  // A memory store cannot be looked up, so a default name that is too long does no harm.
  const isFree = place === 'none' && name === watchName(territories);
  if (!isFree && parseWatchName(name) === undefined)
    return { ...bad('usage', nameFault(name, options, territories, io)), isAway: false };
  if (place === 'none')
    return { ok: true, value: { store: memoryStore(MAX_STORED_EVENTS), name, isLasting: false, warnings: [] } };
  if (REDIS.test(place))
    return openInRedis(place, { name, clock, access: options.access ?? 'write', keepEvents: options.keepEvents }, io);
  const [scheme] = SCHEME.exec(place) ?? [];
  if (scheme === undefined) return openInFolder(join(place, name), name, clock);
  // The rest may be a password.
  return {
    ...bad('usage', `--store ${scheme}…: it must be redis://… or another URL of docs/redis.md, a folder, or none`),
    isAway: false,
  };
}

/** Opens an existing store for reading. A missing folder is a fault, and is not created. */
export async function openExisting(...wanted: Parameters<typeof openStore>): Promise<Opening> {
  const [options, territories, io] = wanted;
  const place = chosenStore(options, io);
  const name = chosenName(options, territories, io);
  const isFolder = place !== 'none' && !SCHEME.test(place) && parseWatchName(name) !== undefined;
  if (!isFolder || existsSync(join(place, name))) return openLasting(...wanted);
  const fault = `${join(place, name)}: nothing is stored there; check --store and --name, or start \`watch\``;
  return { ...bad('store', fault), isAway: false };
}

/** Opens a store that outlives the program. Creates it if it does not exist. */
export async function openLasting(...wanted: Parameters<typeof openStore>): Promise<Opening> {
  const opened = await openStore(...wanted);
  if (!opened.ok || opened.value.isLasting) return opened;
  return { ...bad('usage', '--store none: nothing is stored there'), isAway: false };
}

/** Loaded on demand: a replay needs neither. */
async function openInRedis(url: string, options: OpenOptions, { env }: Pick<Io, 'env'>): Promise<Opening> {
  const { openRedis } = await import('../store/redis/open.ts');
  const password = env['UNROUTABLE_REDIS_PASSWORD'];
  const opened = await openRedis(url, { ...options, ...(password === undefined ? {} : { password }) });
  if (!opened.ok)
    return {
      ...bad('store', `--store: ${opened.reason}`),
      isAway: opened.retry,
      isForeign: opened.checks.some(({ isOtherVersion }) => isOtherVersion === true),
    };
  const { store, checks } = opened;
  const warnings = checks.filter(({ level }) => level === 'warn').map(({ text }) => text);
  const inspect = async (): Promise<readonly string[]> =>
    (await store.health()).checks.filter(({ level }) => level !== 'ok').map(({ text }) => text);
  return { ok: true, value: { store, name: options.name, isLasting: true, warnings, inspect } };
}

async function openInFolder(folder: string, name: string, clock: Clock): Promise<Opening> {
  const { openEmbedded } = await import('../store/embedded/open.ts');
  const opened = await openEmbedded(folder, { name, clock });
  if (!opened.ok) {
    const isForeign = opened.fault === 'newer-schema' || opened.fault === 'older-schema';
    const isAway = opened.fault === 'same-process-id';
    return { ...bad('store', `--store ${folder}: ${opened.reason}`), isAway, isForeign };
  }
  return { ok: true, value: { store: opened.store, name, isLasting: true, warnings: opened.warnings } };
}
