import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, StateStore } from '../ports.ts';
import type { OpenOptions } from '../store/redis/open.ts';
import { parseWatchName, watchName } from '../store/keys.ts';
import { memoryStore } from '../store/memory.ts';
import type { Io } from './io.ts';
import { bad, type Result } from '../lib/result.ts';
import { userFolder } from './user-folder.ts';

/** Which store, as the command line says it. */
export interface StoreOptions {
  /** A Redis URL, a folder, or `none`. */
  readonly store?: string;
  /** Name of the watch in it. @default $UNROUTABLE_NAME, else made of the territories */
  readonly name?: string;
  /** `read`: nothing is written, and a Redis user without the right to write will do. @default write */
  readonly access?: 'write' | 'read';
  /** Number of events that stay in the store: a Redis without room for them gets a warning. */
  readonly keepEvents?: number | undefined;
}

/** A store that answers, and what is to be said of it. */
export interface OpenStore {
  readonly store: StateStore;
  readonly name: string;
  /** Whether it outlives the program. */
  readonly isLasting: boolean;
  /** What its start-up check found worth a warning. */
  readonly warnings: readonly string[];
  /** Looks again: a server may have been set otherwise since. Gives what is worth a warning now. */
  readonly inspect?: () => Promise<readonly string[]>;
}

/** It could not be opened. `isAway`: not now; it is worth another try. `isForeign`: another version wrote it. */
export type Unopened = Extract<Result<never>, { ok: false }> & {
  readonly isAway: boolean;
  readonly isForeign?: boolean;
};

type Opening = { readonly ok: true; readonly value: OpenStore } | Unopened;

/** Events that memory keeps to tell none twice: a repeated commit follows the first one. */
const MOST_KEPT = 10_000;

const REDIS = /^(?:redis|valkey)(?:s?(?:-sentinel|-cluster)?|\+unix):\/\//;

/** The scheme of a URL; `redis:` alone, too, of which nobody means a folder. A drive of Windows is none. */
const SCHEME = /^(?:[a-z][a-z0-9+.-]*:\/\/|(?:redis|valkey)[a-z+-]*:)/i;

/**
 * What `--store`, else $UNROUTABLE_STORE says; else a folder of the user's own, as the XDG base directory specification
 * has it; else, where there is no home, memory.
 */
export function chosenStore({ store }: StoreOptions, { env }: Pick<Io, 'env'>): string {
  const chosen = store ?? env['UNROUTABLE_STORE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const state = userFolder('STATE', { env });
  return state === undefined ? 'none' : join(state, 'unroutable');
}

/** What `--name`, else $UNROUTABLE_NAME says; else a name made of the territories. */
function chosenName({ name }: StoreOptions, territories: readonly string[], { env }: Pick<Io, 'env'>): string {
  const fromEnvironment = env['UNROUTABLE_NAME'] ?? '';
  return name ?? (fromEnvironment === '' ? watchName(territories) : fromEnvironment);
}

/** Why the name cannot be one; the ids of many territories together make too long a one. */
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

/** Opens the store of a watch over these territories. Without a server or a folder nothing is kept when it ends. */
export async function openStore(
  options: StoreOptions,
  territories: readonly string[],
  io: Pick<Io, 'env'>,
  clock: Clock,
): Promise<Opening> {
  const name = chosenName(options, territories, io);
  const place = chosenStore(options, io);
  // In memory nobody looks for it by a name that nobody chose.
  const isFree = place === 'none' && name === watchName(territories);
  if (!isFree && parseWatchName(name) === undefined)
    return { ...bad('usage', nameFault(name, options, territories, io)), isAway: false };
  if (place === 'none')
    return { ok: true, value: { store: memoryStore(MOST_KEPT), name, isLasting: false, warnings: [] } };
  if (REDIS.test(place))
    return openInRedis(place, { name, clock, access: options.access ?? 'write', keepEvents: options.keepEvents }, io);
  const [scheme] = SCHEME.exec(place) ?? [];
  if (scheme === undefined) return openInFolder(join(place, name), name, clock);
  // What follows may be a password.
  return {
    ...bad('usage', `--store ${scheme}…: it must be redis://… or another URL of docs/redis.md, a folder, or none`),
    isAway: false,
  };
}

/** Opens a store to look into: there must be one. A folder that is not there is a fault, and is not made. */
export async function openKept(...wanted: Parameters<typeof openStore>): Promise<Opening> {
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

/** Loaded when it is needed: a replay needs neither. */
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
