import type { Clock } from '../../ports.ts';
import { httpPlace, type HttpPlace, type HttpSettings } from '../../app/http/http-options.ts';
import { serveStore } from '../../app/http/serve-store.ts';
import type { Io } from '../../app/io.ts';
import { Meter } from '../../app/metrics/meter.ts';
import { storeUnready } from '../../app/leadership/readiness.ts';
import { openExisting, type StoreOptions, type Unopened } from '../../app/open-store.ts';
import { systemClock } from '../../app/system-clock.ts';
import { select, type SelectionOptions } from '../../config/selection.ts';
import { memoryStore } from '../../store/memory.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';

/** The options of `serve`. */
export interface ServeOptions extends StoreOptions, SelectionOptions, HttpSettings {}

/** `unroutable serve`: serves the page and the API of a store that other processes write, until it is stopped. */
export async function serve(options: ServeOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const place = await httpPlace(options, io);
  if (!place.ok) return failed(place, io);
  const selection = await select(options, io);
  if (!selection.ok) return failed(selection, io);
  const ids = selection.value.territories.map(({ territory }) => territory.id);
  const opened = await openExisting({ ...options, access: 'read' }, ids, io, clock);
  if (!opened.ok && opened.isForeign === true) return serveRefusal(place.value, opened, io, clock);
  if (!opened.ok) return failed(opened, io);
  const { store } = opened.value;
  try {
    const unready = (): Promise<string | undefined> => storeUnready(store, clock.wallMs());
    const server = await serveStore(place.value, { store, clock, unready, meter: new Meter() }, io.signal);
    if (!server.ok) return failed(server, io);
    io.stdout.write(`${server.value.url}\n`);
    await server.value.closed;
    return EXIT.done;
  } finally {
    await store.close();
  }
}

/**
 * For a store of another version the page gives the reason, so that readers do not find a dead address. The exit status
 * is the same as if it had not started.
 */
async function serveRefusal(place: HttpPlace, refused: Unopened, io: Io, clock: Clock): Promise<ExitStatus> {
  const status = failed(refused, io);
  const unreadable = refused.faults.join('; ').replace(/^--store[^:]*: /, '');
  const [store, meter] = [memoryStore(), new Meter()];
  const served = { store, clock, unready: async () => unreadable, meter, unreadable };
  const server = await serveStore(place, served, io.signal);
  if (!server.ok) return failed(server, io);
  io.stdout.write(`${server.value.url}\n`);
  await server.value.closed;
  return status;
}
