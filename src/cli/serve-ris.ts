import type { Collector } from '../bgp/peer.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Clock } from '../ports.ts';
import { printable } from '../report/printable.ts';
import { planMrt, type MrtPlan, type PlannedFile } from '../../streams/mrt/archive.ts';
import { Counts } from '../../streams/ris-live/server/counts.ts';
import { FAULT_NAMES, isFault, type ScriptedFault } from '../../streams/ris-live/server/faults.ts';
import { mrtFeed } from '../../streams/ris-live/server/feed.ts';
import type { Speed } from '../../streams/ris-live/server/pace.ts';
import { serveRisLive, type RisServer } from '../../streams/ris-live/server/server.ts';
import type { StationReport } from '../../streams/ris-live/server/station.ts';
import { EXIT, type ExitStatus } from './exit-status.ts';
import { complain, type Io } from './io.ts';
import { parseMoment } from './moment.ts';
import { bad, good, type Result } from './result.ts';
import { systemClock } from './system-clock.ts';

export interface ServeRisOptions {
  /** Files, folders and patterns: MRT updates; RIB dumps among them are not read. */
  readonly files: readonly string[];
  /** Event time runs so many times as fast as ours; `max`: as fast as the clients read. @default 1 */
  readonly speed?: Speed;
  /** Address to listen on. @default 127.0.0.1 */
  readonly host?: string;
  /** @default 4600 */
  readonly port?: number;
  /** The clock starts when so many clients have subscribed. @default 1 */
  readonly wait?: number;
  /** @default close */
  readonly atEnd?: 'close' | 'idle';
  /** Whether sessions that are up are heard every half minute. @default true */
  readonly keepalives?: boolean;
  /** Nothing before this event time is said. */
  readonly since?: EventTime;
  readonly until?: EventTime;
  /** Name of the collector of files whose path tells none. */
  readonly collector?: Collector;
  /** Bytes that a client may be behind for 30 s. @default 64 MiB */
  readonly behindBytes?: number;
  /** `NAME[=VALUE]@TIME`: see docs/serve-ris.md. */
  readonly fault?: readonly string[];
}

export const DEFAULT_RIS_PORT = 4600;

/** Serves archived updates as RIS Live would have. Resolves when the files have ended, or when it is stopped. */
export async function serveRis(options: ServeRisOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const ready = await prepare(options, io);
  if (!ready.ok) {
    for (const fault of ready.faults) complain(io, fault);
    return ready.status;
  }
  const { plan, script } = ready.value;
  const counts = new Counts();
  const damaged = new Set<string>();
  const feed = mrtFeed(plan, {
    counts,
    keepalives: options.keepalives ?? true,
    ...(options.since === undefined ? {} : { since: options.since }),
    damage: (file, reason) => {
      damaged.add(file);
      complain(io, `${file}: ${reason}`);
    },
  });
  const server = await started(options, { feed, clock, script, started: () => say(io, 'The clock runs.') }, io);
  if (server === undefined) return EXIT.usage;
  announce(server, plan, feed.hosts, options, io);
  const report = await server.done;
  conclude(report, counts, io);
  if (io.signal.aborted) return EXIT.interrupted;
  return damaged.size > 0 ? EXIT.partial : EXIT.done;
}

interface Ready {
  readonly plan: MrtPlan;
  readonly script: readonly ScriptedFault[];
}

async function prepare(options: ServeRisOptions, io: Io): Promise<Result<Ready>> {
  const script = parseScript(options.fault ?? []);
  if (!script.ok) return script;
  const { files, since, until, collector } = options;
  const planned = await planMrt({
    paths: files,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(collector === undefined ? {} : { collector }),
  });
  if (!planned.ok) return bad(EXIT.files, planned.reason);
  const { plan } = planned;
  for (const { path, reason } of plan.refused) complain(io, `${path}: ${reason}`);
  if (plan.collectors.every(({ updates }) => updates.length === 0)) {
    return bad(EXIT.files, 'there are only RIB dumps: RIS Live sends updates, and nothing else can be served');
  }
  const dumps = plan.collectors.flatMap(({ ribs }) => ribs);
  if (dumps.length > 0)
    say(io, `Not served: ${countOf(dumps)}. RIS Live sends updates alone; seed the client with a dump.`);
  return good({ plan, script: script.value });
}

function countOf(dumps: readonly PlannedFile[]): string {
  return dumps.length === 1 ? `1 RIB dump (${dumps[0]?.path ?? ''})` : `${dumps.length} RIB dumps`;
}

/** `drop=5@2014-12-22T15:00` */
function parseScript(texts: readonly string[]): Result<readonly ScriptedFault[]> {
  const script: ScriptedFault[] = [];
  for (const text of texts) {
    const [, name = '', value, time = ''] = /^([a-z-]+)(?:=([^@]*))?@(.+)$/.exec(text) ?? [];
    const at = parseMoment(time);
    if (at === undefined || !isFault(name, value)) {
      return bad(
        EXIT.usage,
        `--fault ${text}: it must be NAME[=VALUE]@TIME, the name one of ${FAULT_NAMES.join(', ')}`,
      );
    }
    script.push({ at, name, value });
  }
  return good(script.sort((a, b) => a.at - b.at));
}

type Parts = Pick<Parameters<typeof serveRisLive>[0], 'feed' | 'clock' | 'script' | 'started'>;

async function started(options: ServeRisOptions, parts: Parts, io: Io): Promise<RisServer | undefined> {
  const { speed = 1, port = DEFAULT_RIS_PORT, host = '127.0.0.1', wait = 1, atEnd = 'close', behindBytes } = options;
  const limit = behindBytes === undefined ? {} : { behindBytes };
  try {
    return await serveRisLive({ ...parts, speed, port, host, waitFor: wait, atEnd, ...limit }, io.signal);
  } catch (error) {
    complain(io, `${host}:${port}: ${PORT_REFUSALS[codeOf(error)] ?? String(error)}`);
    return undefined;
  }
}

const PORT_REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use: choose another with --port',
  EACCES: 'this port may not be used by you: choose another with --port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such address',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The address alone goes to stdout, for scripts. */
function announce(server: RisServer, plan: MrtPlan, hosts: readonly string[], options: ServeRisOptions, io: Io): void {
  const files = plan.collectors.reduce((sum, { updates }) => sum + updates.length, 0);
  const { speed = 1, wait = 1 } = options;
  const pace =
    speed === 'max' ? 'as fast as the clients read' : speed === 1 ? 'at the speed of life' : `${speed} times as fast`;
  say(io, `Serving ${files} ${files === 1 ? 'file' : 'files'} of ${hosts.join(', ')}, ${pace}.`);
  say(
    io,
    `The clock starts when ${wait === 1 ? 'a client has' : `${wait} clients have`} subscribed. Stop with Ctrl-C.`,
  );
  io.stdout.write(`${server.url}\n`);
}

function conclude({ messages, sent, clients }: StationReport, counts: Counts, io: Io): void {
  say(io, `Said ${messages} messages; sent ${sent} to ${clients} ${clients === 1 ? 'client' : 'clients'}.`);
  for (const [reason, count] of counts.all) say(io, `  not said: ${count} × ${reason}`);
}

function say(io: Io, text: string): void {
  io.stderr.write(`${printable(text)}\n`);
}
