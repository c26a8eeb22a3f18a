import { isoTime } from '../../bgp/time.ts';
import type { ReachabilityView } from '../../detect/events/event.ts';
import type { Clock, Kept, StateStore } from '../../ports.ts';
import { counted, printable } from '../../report/printable.ts';
import { reachabilityText } from '../../report/reach-words.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { isAlive, readInstances, type Instance } from '../../app/leadership/instances.ts';
import { storeUnready } from '../../app/leadership/readiness.ts';
import { complain, type Io } from '../../app/io.ts';
import { openExisting, type StoreOptions } from '../../app/open-store.ts';
import { refusal } from '../../lib/errno.ts';
import { select, type SelectionOptions } from '../../config/selection.ts';
import { systemClock } from '../../app/system-clock.ts';
import type { StateRecord } from '../../spaces.ts';

/** The options of `status`. */
export interface StatusOptions extends StoreOptions, SelectionOptions {
  readonly format?: 'text' | 'json';
  /** Print only the reason, and answer with the exit status. */
  readonly ready?: boolean;
}

/** The state of a watch. */
interface Status {
  readonly store: string;
  readonly name: string;
  readonly kept: Kept | undefined;
  /** Why the watch is not ready, in the words of /readyz. */
  readonly reason: string | undefined;
  readonly leader: { readonly holder: string; readonly token: number } | undefined;
  readonly instances: readonly (Instance & { readonly alive: boolean })[];
  readonly verdicts: readonly StateRecord[];
  readonly incidents: readonly StateRecord[];
  /** Whether services answer, by territory; empty without probes. */
  readonly reachability: readonly StateRecord[];
}

/** `unroutable status`: prints the state of a watch, its leader, and whether it is ready. */
export async function printStatus(options: StatusOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const selection = await select(options);
  const opened = selection.ok
    ? await openExisting(
        { ...options, access: 'read' },
        selection.value.territories.map(({ territory }) => territory.id),
        io,
        clock,
      )
    : selection;
  if (!opened.ok) {
    const status = failed(opened, io);
    return options.ready === true ? EXIT.notReady : status;
  }
  const { store, name } = opened.value;
  try {
    const status = await read(store, name, clock.wallMs());
    if (options.ready === true) return printReady(status, io);
    io.stdout.write(
      options.format === 'json' ? `${JSON.stringify(documentOf(status), undefined, 2)}\n` : textOf(status),
    );
    return EXIT.done;
  } catch (error) {
    complain(io, `${store.name}: ${refusal(error)}`);
    return options.ready === true ? EXIT.notReady : EXIT.store;
  } finally {
    await store.close();
  }
}

async function read(store: StateStore, name: string, wallMs: number): Promise<Status> {
  const [kept, reason, leader, instances, verdicts, incidents, reachability] = await Promise.all([
    store.load(),
    storeUnready(store, wallMs),
    store.leases.holder(),
    readInstances(store),
    store.read('verdicts'),
    store.read('incidents'),
    store.read('reachability'),
  ]);
  const known = instances.map((instance) => ({ ...instance, alive: isAlive(instance, wallMs) }));
  return { store: store.name, name, kept, reason, leader, instances: known, verdicts, incidents, reachability };
}

function printReady({ reason }: Status, io: Io): ExitStatus {
  if (reason === undefined) return EXIT.done;
  complain(io, `not ready: ${reason}`);
  return EXIT.notReady;
}

function documentOf(status: Status): unknown {
  const { store, name, kept, reason, leader, instances, verdicts, incidents, reachability } = status;
  return {
    store,
    name,
    ready: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    ...(kept === undefined ? {} : { cursor: isoTime(kept.cursor), commit: kept.number }),
    ...(leader === undefined ? {} : { leader: { id: leader.holder, token: leader.token } }),
    instances,
    verdicts: byKey(verdicts),
    incidents: byKey(incidents),
    ...(reachability.length === 0 ? {} : { reachability: byKey(reachability) }),
  };
}

function byKey(records: readonly StateRecord[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(records.map(({ key, value }) => [key, JSON.parse(value) as unknown]));
}

function textOf(status: Status): string {
  const { store, name, kept, reason, leader, instances, verdicts, incidents, reachability } = status;
  const lines = [
    `${name} in ${store}`,
    kept === undefined
      ? '  state      nothing is stored yet'
      : `  state      up to ${timeText(isoTime(kept.cursor))}, commit ${kept.number}`,
    `  ready      ${reason === undefined ? 'yes' : `no: ${reason}`}`,
    ...instances.map((instance) => `  ${instanceText(instance, leader?.holder)}`),
    ...verdicts.map(({ key, value }) => `  ${key.padEnd(9)}  ${verdictText(value)}`),
    ...incidents.map(({ key, value }) => `  incident   ${key}: ${incidentText(value)}`),
    ...reachability.map(({ key, value }) => `  services   ${key}: ${servicesLine(value)}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function instanceText(
  { id, role, ready, reason, alive, version, startedAt }: Status['instances'][number],
  leader?: string,
) {
  const is = !alive ? 'no sign of life' : ready ? 'ready' : (reason ?? 'not ready yet');
  const part = id === leader ? 'leader' : role === 'leader' ? (alive ? 'standby' : 'ex-leader') : role;
  return `${part.padEnd(9)}  ${id} (${version}), ${is}, since ${timeText(startedAt)}`;
}

interface VerdictRecord {
  readonly verdict: string;
  readonly since: string;
  readonly visibility: { readonly voters: number; readonly unitsVisible: number; readonly units: number };
}

/** The engine wrote it. A record of another version is shown unchanged. */
function verdictText(value: string): string {
  const { verdict, since, visibility } = JSON.parse(value) as Partial<VerdictRecord>;
  if (verdict === undefined || visibility === undefined) return value;
  const { voters, unitsVisible, units } = visibility;
  // There was never a verdict, so there is no begin to show.
  const from = since === undefined || Date.parse(since) <= 0 ? '' : ` since ${timeText(since)}`;
  if (verdict === 'unknown') return `unknown${from}: ${counted(units, 'network')}, ${counted(voters, 'voter')}`;
  return `${verdict}${from}, ${unitsVisible} of ${counted(units, 'network')} visible to ${counted(voters, 'voter')}`;
}

function incidentText(value: string): string {
  const { id, worst, drops, spans } = JSON.parse(value) as {
    id?: string;
    worst?: string;
    drops?: number;
    spans?: readonly { from?: string }[];
  };
  if (id === undefined || drops === undefined || spans === undefined) return value;
  return `${id}, ${worst}, ${counted(drops, 'drop')}, since ${timeText(spans[0]?.from ?? '')}`;
}

/** The engine wrote it. A record of another version is shown unchanged. */
function servicesLine(value: string): string {
  const view = JSON.parse(value) as Partial<ReachabilityView>;
  if (view.reachability === undefined || view.services === undefined || view.since === undefined) return value;
  const from = Date.parse(view.since) <= 0 ? '' : ` since ${timeText(view.since)}`;
  return `${reachabilityText({ ...view, reachability: view.reachability, services: view.services, vantages: view.vantages ?? 0 })}${from}`;
}

function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
