import { join } from 'node:path';
import type { Clock, StateStore } from '../../ports.ts';
import type { StateRecord } from '../../spaces.ts';
import { SCHEMA } from '../keys.ts';
import { FolderDatabase, recordOf, stateKey } from './database.ts';
import { lengthen, readThrough } from './damage.ts';
import { claimFolder, DATA, refused, settle, type FolderFault } from './folder.ts';
import { MARK, type StoreMark } from './meta.ts';
import { enterFolder, type Presence } from './namesake.ts';
import { EmbeddedStore } from './store.ts';
import { WriteLock } from './write-lock.ts';

/** How a folder store is opened. */
export interface EmbeddedOptions {
  /** Name of the watch. A folder holds one watch, and is refused for another. */
  readonly name: string;
  readonly clock: Clock;
  /**
   * Bytes that must stay free on the disk: a write that would leave less is refused.
   *
   * @default 64 MiB, of a smaller disk than 640 MiB a tenth
   */
  readonly spareBytes?: number;
}

/** Why a folder cannot be used. */
export type EmbeddedFault =
  | FolderFault
  | 'newer-schema'
  | 'older-schema'
  | 'another-watch'
  /** A process with the same id in another container has the folder open. It can be opened when that process ends. */
  | 'same-process-id';

/** A folder store, or why it could not be opened. */
export type OpenedEmbedded =
  | {
      readonly ok: true;
      readonly store: StateStore;
      /** A message about the folder's access rights. */
      readonly warnings: readonly string[];
    }
  /** `reason` is for people, and does not name the folder. */
  | { readonly ok: false; readonly fault: EmbeddedFault; readonly reason: string };

/** Migrates a record to the next schema. `undefined`: the record is removed. */
export type Migration = (record: StateRecord) => StateRecord | undefined;

/** By the schema from which they migrate. */
export type Migrations = ReadonlyMap<number, Migration>;

/** So far there has been only one schema. */
const MIGRATIONS: Migrations = new Map();

/**
 * Opens a store in a folder, and creates the folder if it is missing. It never changes a foreign folder, or a store
 * with a newer schema. It migrates an older schema in one transaction before any read. Several processes may have the
 * same folder open.
 */
export function openEmbedded(path: string, options: EmbeddedOptions): Promise<OpenedEmbedded> {
  return openAs(path, options, { schema: SCHEMA, migrations: MIGRATIONS });
}

interface Form {
  readonly schema: number;
  readonly migrations: Migrations;
}

/** Opens the folder as a program with another schema would, for tests of upgrades. */
export async function openAs(path: string, options: EmbeddedOptions, form: Form): Promise<OpenedEmbedded> {
  const folder = claimFolder(path);
  if (!folder.ok) return folder;
  const presence = await enterFolder(path);
  if (presence === undefined) return { ok: false, fault: 'same-process-id', reason: sameProcessId() };
  const opened = await openEntered(path, options, form, presence);
  if (opened.ok) return { ...opened, warnings: folder.warnings };
  presence.end();
  return opened;
}

function sameProcessId(): string {
  const id = String(process.pid);
  return `process ${id} of another container has it open, and the two cannot be told apart, as this one is process ${id}, too: let them share process ids (docker run --pid=container:…), or use Redis`;
}

async function openEntered(
  path: string,
  { name, clock, spareBytes }: EmbeddedOptions,
  form: Form,
  presence: Presence,
): Promise<OpenedEmbedded> {
  let database: FolderDatabase | undefined;
  try {
    const opened = await openWhole(path, new WriteLock(path, clock), spareBytes);
    if (opened === undefined) return { ok: false, fault: 'damaged', reason: 'its database was cut short' };
    database = opened;
    const refusal = await opened.write(0, () => enter(opened, { schema: form.schema, name }, form.migrations));
    if (refusal === undefined) {
      settle(path);
      return { ok: true, store: new EmbeddedStore(opened, clock, presence), warnings: [] };
    }
    await opened.close();
    return refusal;
  } catch (error) {
    await database?.close();
    return refused(error);
  }
}

/** `undefined`: needed pages are missing. Nothing was changed then. */
async function openWhole(path: string, lock: WriteLock, spareBytes?: number): Promise<FolderDatabase | undefined> {
  const shorten = await lock.take(() => lengthen(join(path, DATA)));
  if (shorten === undefined) return FolderDatabase.open(path, lock, spareBytes);
  let database: FolderDatabase | undefined;
  try {
    const opened = await FolderDatabase.open(path, lock, spareBytes);
    database = opened;
    opened.read(() => readThrough([opened.meta, opened.state, opened.events, opened.ids]));
    return opened;
  } catch {
    // Shortening a mapped file would kill this process, so it is closed first.
    await database?.close();
    await lock.take(shorten);
    return undefined;
  }
}

/** Within a transaction: marks a new store, checks the mark of an existing one, and migrates an older one. */
function enter(
  database: FolderDatabase,
  ours: StoreMark,
  migrations: Migrations,
): Exclude<OpenedEmbedded, { ok: true }> | undefined {
  const text = database.meta.get(MARK);
  const mark = text === undefined ? ours : (JSON.parse(text) as StoreMark);
  if (mark.name !== ours.name) {
    return { ok: false, fault: 'another-watch', reason: `it holds the watch ${mark.name}, not ${ours.name}` };
  }
  if (mark.schema > ours.schema) {
    const reason = `it was written by a newer version (schema ${String(mark.schema)}, this one knows ${String(ours.schema)})`;
    return { ok: false, fault: 'newer-schema', reason };
  }
  for (let schema = mark.schema; schema < ours.schema; schema++) {
    const migration = migrations.get(schema);
    if (migration === undefined) {
      const reason = `it was written by an older version, and nothing leads from its schema ${String(schema)} to ${String(ours.schema)}`;
      return { ok: false, fault: 'older-schema', reason };
    }
  }
  for (let schema = mark.schema; schema < ours.schema; schema++) migrate(database, migrations.get(schema));
  if (text === undefined || mark.schema !== ours.schema) database.meta.putSync(MARK, JSON.stringify(ours));
  return undefined;
}

function migrate({ state }: FolderDatabase, migration: Migration | undefined): void {
  const records = [...state.getRange({})].map(({ key, value }) => recordOf(key, value));
  for (const record of records) state.removeSync(stateKey(record.space, record.key));
  for (const record of records) {
    const next = migration?.(record);
    if (next !== undefined) state.putSync(stateKey(next.space, next.key), next.value);
  }
}
