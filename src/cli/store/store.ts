import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { isoTime } from '../../bgp/time.ts';
import type { StateStore } from '../../ports.ts';
import { listEndpoints } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { counted } from '../../report/printable.ts';
import { textSink } from '../../sinks/stdout.ts';
import { exportStore, importStore } from '../../store/transfer.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { openExisting, openLasting, type OpenStore, type StoreOptions } from '../../app/open-store.ts';
import { endStream } from '../../lib/end-stream.ts';
import { refusal } from '../../lib/errno.ts';
import { select, type SelectionOptions } from '../../config/selection.ts';
import { systemClock } from '../../app/system-clock.ts';

/** The options of `store`. */
export interface StoreCommandOptions extends StoreOptions, SelectionOptions {
  /** File to write to, or to read from; else stdout. */
  readonly file?: string;
}

/** `unroutable store check`: prints whether the store can be used, and what it contains. */
export async function checkStore(options: StoreCommandOptions, io: Io): Promise<ExitStatus> {
  return withStore(options, io, async ({ store, name, warnings }) => {
    const kept = await store.load();
    const events = await store.count();
    const holder = await store.leases.holder();
    const lines = [
      `${name} in ${store.name}: it can be used`,
      ...warnings.map((warning) => `  warning    ${warning}`),
      kept === undefined
        ? '  state      nothing is stored yet'
        : `  state      ${counted(kept.records.length, 'record')}, up to ${isoTime(kept.cursor)}, commit ${kept.number}`,
      `  events     ${events}`,
      `  leader     ${holder === undefined ? 'none' : holder.holder}`,
    ];
    io.stdout.write(`${lines.join('\n')}\n`);
    return EXIT.done;
  });
}

/** Only for the owner, because it contains URLs of webhooks. */
const OWNER_ONLY = 0o600;

/** `unroutable store export`: writes the whole store as lines of JSON. */
export async function exportTo(options: StoreCommandOptions, io: Io): Promise<ExitStatus> {
  return withStore({ ...options, access: 'read' }, io, async ({ store, name }) => {
    const { file } = options;
    if (await isEmpty(store)) {
      complain(io, `${name} in ${store.name}: nothing is stored under this name, so there is nothing to export`);
      return EXIT.store;
    }
    const stream = file === undefined ? io.stdout : createWriteStream('', { fd: await open(file, 'wx', OWNER_ONLY) });
    const sink = textSink(stream, () => undefined);
    for await (const line of exportStore(store, name)) await sink.write(`${line}\n`);
    await sink.flush();
    if (file !== undefined) await endStream(stream);
    return sink.failure === undefined || sink.failure === 'gone' ? EXIT.done : EXIT.files;
  });
}

/** No state, no event, no webhook: usually a misspelled name. */
async function isEmpty(store: StateStore): Promise<boolean> {
  if ((await store.load()) !== undefined) return false;
  for await (const _ of store.events()) return false;
  const { found, unreadable } = await listEndpoints(store);
  return found.length + unreadable.length === 0;
}

/** `unroutable store import FILE`: imports into an empty store. */
export async function importFrom(file: string, options: StoreCommandOptions, io: Io): Promise<ExitStatus> {
  return withStore(
    options,
    io,
    async ({ store, name }) => {
      const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
      const imported = await importStore(store, lines);
      if (!imported.ok) {
        complain(io, `${file}: ${imported.reason}`);
        return EXIT.files;
      }
      io.stdout.write(
        `${name} in ${store.name}: ${counted(imported.events, 'event')} and ${counted(imported.records, 'record')}\n`,
      );
      return EXIT.done;
    },
    openLasting,
  );
}

async function withStore(
  options: StoreCommandOptions,
  io: Io,
  work: (opened: OpenStore) => Promise<ExitStatus>,
  opening: typeof openLasting = openExisting,
): Promise<ExitStatus> {
  const selection = await select(options);
  const ids = selection.ok ? selection.value.territories.map(({ territory }) => territory.id) : [];
  const opened = selection.ok ? await opening(options, ids, io, systemClock) : selection;
  if (!opened.ok) return failed(opened, io);
  try {
    return await work(opened.value);
  } catch (error) {
    const isFile = error instanceof Error && 'syscall' in error && 'path' in error;
    complain(io, `${isFile ? String(error.path) : opened.value.store.name}: ${refusal(error)}`);
    return isFile ? EXIT.files : EXIT.store;
  } finally {
    await opened.value.store.close();
  }
}
