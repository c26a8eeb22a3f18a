import { join } from 'node:path';
import type { Clock } from '../../ports.ts';
import { listed } from '../../report/printable.ts';
import { listEndpoints } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import type { EndpointRecord } from '../../sinks/webhook/endpoints/records.ts';
import type { Unreadable } from '../../sinks/webhook/endpoints/read-records.ts';
import { systemResolver, type Resolver } from '../../sinks/webhook/request/target.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { chosenStore, openExisting, type openStore, type OpenStore, type StoreOptions } from '../../app/open-store.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { select, type Selection, type SelectionOptions } from '../../config/selection.ts';
import { didYouMean } from '../../config/suggest.ts';
import { systemClock } from '../../app/system-clock.ts';

/** Options of all webhook commands: the watch and its store. */
export interface WebhookOptions extends StoreOptions, SelectionOptions {}

/** The clock and the name resolver; tests pass their own. */
export interface Means {
  readonly clock: Clock;
  readonly resolve: Resolver;
}

/** This machine's clock and name resolution. */
export const SYSTEM: Means = { clock: systemClock, resolve: systemResolver };

/** The output of a command, with its clock and name resolver. */
export interface Caller {
  readonly io: Io;
  /** @default SYSTEM */
  readonly means?: Means;
}

/** An open store of a watch, and the territories in it. */
export interface OpenWebhooks extends OpenStore {
  readonly selection: Selection;
  /** Folder of generated secrets; `undefined` if this user has no folder for state. */
  readonly secrets: string | undefined;
}

/**
 * Opens the store, runs the work and always closes it. A missing store is a fault, except for `webhook add`, which may
 * run before the watch and creates the store (`open`).
 */
export async function withWebhooks(
  options: WebhookOptions,
  { io, clock }: { readonly io: Io; readonly clock: Clock },
  work: (webhooks: OpenWebhooks) => Promise<ExitStatus>,
  open: typeof openStore = openExisting,
): Promise<ExitStatus> {
  const opened = await openWith(open, options, io, clock);
  if (!opened.ok) return failed(opened, io);
  const { store } = opened.value;
  try {
    return await work(opened.value);
  } catch (error) {
    complain(io, `${store.name}: ${refusal(error)}`);
    return EXIT.store;
  } finally {
    await store.close();
  }
}

/** The same for one endpoint; an unknown name is reported. */
export function withEndpoint(
  name: string,
  options: WebhookOptions,
  at: { readonly io: Io; readonly clock: Clock },
  work: (webhooks: OpenWebhooks, record: EndpointRecord) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  return withWebhooks(options, at, async (webhooks) => {
    const known = await endpointNamed(webhooks, name, at.io);
    return known.ok ? work(webhooks, known.value) : failed(known, at.io);
  });
}

/** Records of another version, or edited by hand: they are left unchanged. */
export function printUnreadable(unreadable: readonly Unreadable[], io: Io): void {
  for (const { space, key, reason } of unreadable) complain(io, `warning: ${space} ${key}: ${reason}`);
}

/** The endpoint with this name, or an error message. */
async function endpointNamed({ store }: OpenStore, name: string, io: Io): Promise<Result<EndpointRecord>> {
  const { found, unreadable } = await listEndpoints(store);
  printUnreadable(unreadable, io);
  const record = found.find(({ endpoint }) => endpoint.name === name);
  if (record !== undefined) return good(record);
  const names = found.map(({ endpoint }) => endpoint.name);
  const known = names.length === 0 ? 'there are none' : `there are ${listed(names)}`;
  return bad('usage', `webhook ${name}: there is no webhook of this name${didYouMean(name, names)} (${known})`);
}

async function openWith(
  open: typeof openStore,
  options: WebhookOptions,
  io: Io,
  clock: Clock,
): Promise<Result<OpenWebhooks>> {
  const selection = await select(options);
  if (!selection.ok) return selection;
  const ids = selection.value.territories.map(({ territory }) => territory.id);
  const opened = await open(options, ids, io, clock);
  if (!opened.ok) return opened;
  const { value } = opened;
  if (!value.isLasting) {
    await value.store.close();
    return bad('usage', '--store none: webhooks would not be stored; name a folder or a Redis');
  }
  return good({ ...value, selection: selection.value, secrets: secretsFolder(options, io, value.name) });
}

/** For a folder store: beside the database. For Redis: in the state folder of the calling user. */
function secretsFolder(options: StoreOptions, io: Io, name: string): string | undefined {
  const place = chosenStore(options, io);
  const folder = isRemote(place) ? chosenStore({}, { env: { ...io.env, UNROUTABLE_STORE: undefined } }) : place;
  return folder === 'none' ? undefined : join(folder, name, 'webhook-secrets');
}

/** Whether processes may lead that cannot read the files of this machine. */
export function isRemote(place: string): boolean {
  return /^[a-z+-]+:\/\//.test(place) && !/^[a-z]+\+unix:/.test(place);
}
