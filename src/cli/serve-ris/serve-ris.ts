import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Collector } from '../../bgp/peer.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { Clock } from '../../ports.ts';
import { counted, grouped, printable } from '../../report/printable.ts';
import { planMrt } from '../../../streams/mrt/archive/archive.ts';
import type { PlannedFile } from '../../../streams/mrt/archive/planned-file.ts';
import { Counts } from '../../../streams/ris-live/server/counts.ts';
import { elementFeed } from '../../../streams/ris-live/server/element-feed.ts';
import { FAULT_NAMES, isFault, type ScriptedFault } from '../../../streams/ris-live/server/faults.ts';
import { mrtFeed, type RisFeed } from '../../../streams/ris-live/server/feed.ts';
import type { Speed } from '../../../streams/ris-live/server/pace.ts';
import { serveRisLive, type RisServer } from '../../../streams/ris-live/server/server.ts';
import type { StationReport } from '../../../streams/ris-live/server/station.ts';
import { tapeSource } from '../../../streams/tape/source.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { parseMoment } from '../../bgp/moment.ts';
import { listenRefusal, refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { systemClock } from '../../app/system-clock.ts';
import { isTape } from '../../app/replay/tape-archive.ts';

/** The options of `serve-ris`. */
export interface ServeRisOptions {
  /** Files, folders and patterns: MRT updates; RIB dumps among them are not read. Or one tape. */
  readonly files: readonly string[];
  /** How many times faster than real time event time runs; `max`: as fast as the clients read. @default 1 */
  readonly speed?: Speed;
  /** Address to listen on. @default 127.0.0.1 */
  readonly host?: string;
  /** @default 4600 */
  readonly port?: number;
  /** The clock starts when this many clients have subscribed. @default 1 */
  readonly wait?: number;
  /** @default close */
  readonly atEnd?: 'close' | 'idle';
  /** Whether to send KEEPALIVEs every 30 s for sessions that are up. @default true */
  readonly keepalives?: boolean;
  /** Messages before this event time are not sent. */
  readonly since?: EventTime;
  readonly until?: EventTime;
  /** Name of the collector, for files whose path does not contain it. */
  readonly collector?: Collector;
  /** Bytes by which a client may lag for 30 s. @default 64 MiB */
  readonly behindBytes?: number;
  /** `NAME[=VALUE]@TIME`: see docs/serve-ris.md. */
  readonly fault?: readonly string[];
}

/** The TCP port of `serve-ris` by default. */
export const DEFAULT_RIS_PORT = 4600;

/** Serves archived updates as RIS Live would have. Resolves at the end of the files, or when it is stopped. */
export async function serveRis(options: ServeRisOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const ready = await prepare(options, io);
  if (!ready.ok) return failed(ready, io);
  const { programme, script } = ready.value;
  const server = await started(
    options,
    { feed: programme.feed, clock, script, started: () => say(io, 'Event time runs now.') },
    io,
  );
  if (server === undefined) return EXIT.usage;
  announce(server, programme, options, io);
  const report = await server.done;
  conclude(report, programme.counts, io);
  if (io.signal.aborted) return EXIT.interrupted;
  return programme.damaged.size > 0 ? EXIT.partial : EXIT.done;
}

/** The data to serve, and what was found while reading it. */
interface Programme {
  readonly feed: RisFeed;
  /** Remarks for people. */
  readonly what: string;
  readonly counts: Counts;
  /** Files that could not be read completely. */
  readonly damaged: ReadonlySet<string>;
}

interface Ready {
  readonly programme: Programme;
  readonly script: readonly ScriptedFault[];
}

async function prepare(options: ServeRisOptions, io: Io): Promise<Result<Ready>> {
  const script = parseScript(options.fault ?? []);
  if (!script.ok) return script;
  const tape = options.files.find(isTape);
  if (tape !== undefined && options.files.length > 1) return bad('usage', `${tape}: a tape is served alone`);
  const programme = tape === undefined ? await openFiles(options, io) : await openTape(tape, io);
  return programme.ok ? good({ programme: programme.value, script: script.value }) : programme;
}

async function openFiles(options: ServeRisOptions, io: Io): Promise<Result<Programme>> {
  const { files, since, until, collector, keepalives = true } = options;
  const planned = await planMrt({
    paths: files,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(collector === undefined ? {} : { collector }),
  });
  if (!planned.ok) return bad('files', planned.reason);
  const { plan } = planned;
  for (const { path, reason } of plan.refused) complain(io, `${path} ${reason}`);
  const updates = plan.collectors.flatMap((one) => one.updates);
  if (updates.length === 0) {
    return bad('files', 'there are only RIB dumps: RIS Live sends updates, and nothing else can be served');
  }
  const dumps = plan.collectors.flatMap(({ ribs }) => ribs);
  if (dumps.length > 0)
    say(io, `Not served: ${countOf(dumps)}. RIS Live sends updates alone; seed the client with a dump.`);

  const { counts, damaged, damage } = ledger(io);
  const feed = mrtFeed(plan, { counts, keepalives, damage, ...(since === undefined ? {} : { since }) });
  const what = `${updates.length} ${updates.length === 1 ? 'file' : 'files'} of ${feed.hosts.join(', ')}`;
  return good({ feed, what, counts, damaged });
}

async function openTape(path: string, io: Io): Promise<Result<Programme>> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    return bad('files', `${path}: ${refusal(error)}`);
  }
  const { counts, damaged, damage } = ledger(io);
  const source = tapeSource(path, (report) => {
    if (report.type === 'end') return;
    const where = 'line' in report ? `line ${report.line}: ` : '';
    damage(path, `${where}${'reason' in report ? report.reason : 'the recording ends within this line'}`);
  });
  return good({ feed: elementFeed(source, counts), what: path, counts, damaged });
}

/** Only the first damage of each file is reported. */
function ledger(io: Io): { counts: Counts; damaged: Set<string>; damage: (file: string, reason: string) => void } {
  const damaged = new Set<string>();
  const damage = (file: string, reason: string): void => {
    if (!damaged.has(file)) complain(io, `${file}: ${reason}`);
    damaged.add(file);
  };
  return { counts: new Counts(), damaged, damage };
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
      return bad('usage', `--fault ${text}: it must be NAME[=VALUE]@TIME, the name one of ${FAULT_NAMES.join(', ')}`);
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
    complain(io, `${host}:${port}: ${listenRefusal(error)}`);
    return undefined;
  }
}

/** Only the address goes to stdout, for scripts. */
function announce(server: RisServer, { what }: Programme, { speed = 1, wait = 1 }: ServeRisOptions, io: Io): void {
  const fast = speed === 'max' ? 'as fast as the clients read' : `${grouped(speed)} times as fast as real time`;
  say(io, `Serving ${what}, ${speed === 1 ? 'in real time' : fast}.`);
  say(io, `It starts when ${wait === 1 ? 'a client has' : `${wait} clients have`} subscribed. Stop with Ctrl-C.`);
  io.stdout.write(`${server.url}\n`);
}

function conclude({ messages, sent, clients }: StationReport, counts: Counts, io: Io): void {
  say(io, `Made ${counted(messages, 'message')}; sent ${grouped(sent)} to ${counted(clients, 'client')}.`);
  for (const [reason, count] of counts.all) say(io, `  left out: ${grouped(count)} × ${reason}`);
}

function say(io: Io, text: string): void {
  io.stderr.write(`${printable(text)}\n`);
}
