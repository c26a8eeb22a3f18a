import type { ReachPlan } from '../../app/probe/read-probes.ts';
import { counted } from '../../report/printable.ts';
import { record } from '../../../streams/tape/record.ts';
import { RIS_LIVE_URL } from '../../../streams/ris-live/source.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { Clock, ElementSource } from '../../ports.ts';
import { durationText } from '../../report/clock.ts';
import { textSink } from '../../sinks/stdout.ts';
import { eventLines } from '../../app/output/event-lines.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { openStore, type OpenStore, type StoreOptions } from '../../app/open-store.ts';
import { retrying } from '../../app/retry.ts';
import { aborted } from '../../lib/abort.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { select, tooMany, type Limits, type Selection, type SelectionOptions } from '../../config/selection.ts';
import { DEFAULTS, liveDefaults } from '../../config/settings.ts';
import { statusLine } from './status-line.ts';
import { systemClock } from '../../app/system-clock.ts';
import { createProgressLine, showEachSecond, type ProgressLine } from '../output/progress.ts';
import { controlTerritory } from '../../app/feed/feed.ts';
import type { FeedOptions, Healer, Seed } from '../../app/feed/types.ts';
import { heartbeatUrls, type HeartbeatSettings, type HeartbeatUrls } from '../../app/watch/heartbeat.ts';
import { createLogger, type Logger } from '../../app/log.ts';
import { packageVersion } from '../../app/package-root.ts';
import { openTape, type Tape } from '../../app/watch/tape-file.ts';
import { httpPlace, type HttpPlace, type HttpSettings } from '../../app/http/http-options.ts';
import { startLookouts } from '../../app/watch/lookouts.ts';
import { KEEP_EVENTS } from '../../app/watch/upkeep.ts';
import { Watch } from '../../app/watch/watcher.ts';
import type { WatchEnd, WatchParts } from '../../app/watch/parts.ts';
import type { WatchMeter } from '../../app/watch/watch-meter.ts';
import { namedTwice } from '../../app/watch/webhooks.ts';
import { readWebhooks, type WebhooksFile } from '../../config/webhooks-file.ts';

/** The parsed options of `watch`. */
export interface WatchOptions extends SelectionOptions, StoreOptions, HttpSettings, HeartbeatSettings, Limits {
  readonly url?: string;
  readonly collectors?: readonly Collector[];
  /** @default ripestat; none if the server plays history */
  readonly seed?: Seed;
  /** @default `usualHealer` */
  readonly heal?: Healer;
  readonly history?: boolean;
  /** Base URL of RIPEstat, for mirrors and tests. */
  readonly ripestat?: string;
  /** Path of a YAML file of services to probe, see docs/probing.md. */
  readonly probes?: string;
  /** Path of a YAML file of webhooks. */
  readonly webhooks?: string;
  readonly format?: 'text' | 'ndjson';
  /** Least number of events that stay in the store. @default 20,000 */
  readonly keepEvents?: number;
  /** Path of the tape to write. */
  readonly record?: string;
  readonly color?: boolean;
  readonly quiet?: boolean;
}

/** `unroutable watch`: runs until it is stopped, or until the played recording has ended. */
export async function watch(options: WatchOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const line = createProgressLine(io, () => clock.monotonicMs());
  const call = { options, io, clock, line, log: createLogger(io, () => line.clear()) };
  const ready = await prepare(call);
  // It was stopped while it waited for its store: nothing is left to do.
  if (!ready.ok) return ready.kind === 'interrupted' ? EXIT.done : failed(ready, io);
  return conduct(ready.value, call);
}

/** How the command was called, and where it writes. */
interface Call {
  readonly options: WatchOptions;
  readonly io: Io;
  readonly clock: Clock;
  /** The status line of a terminal. */
  readonly line: ProgressLine;
  readonly log: Logger;
}

/** What the options say, checked before anything is opened. */
interface Checked {
  readonly selection: Selection;
  readonly http: HttpPlace | undefined;
  readonly heartbeat: HeartbeatUrls | undefined;
  readonly webhooks: WebhooksFile;
  readonly probes: ReachPlan | undefined;
}

interface Ready extends Checked {
  readonly feed: FeedOptions;
  readonly opened: OpenStore;
  readonly tape: Tape | undefined;
}

async function prepare(call: Call): Promise<Result<Ready>> {
  const { options, log } = call;
  const checked = await check(call);
  if (!checked.ok) return checked;
  const { selection, webhooks } = checked.value;
  const tape = await openTape(options.record);
  if (!tape.ok) return tape;
  const opened = await openPatiently(selection, call);
  if (!opened.ok) return opened;
  const twice = await namedTwice(webhooks, opened.value.store, options.webhooks);
  if (twice !== undefined) {
    await opened.value.store.close();
    return twice;
  }
  for (const warning of [...webhooks.warnings, ...opened.value.warnings]) log.warn(warning);
  return good({ ...checked.value, feed: feedOf(selection, call), opened: opened.value, tape: tape.value });
}

/** One check for each option, in the order in which faults are reported. */
async function check({ options, io }: Call): Promise<Result<Checked>> {
  const defaults = options.history === true ? DEFAULTS : liveDefaults(options.collectors);
  const selection = await select(options, { defaults, signal: io.signal });
  if (!selection.ok) return selection;
  const http = options.http === undefined ? good(undefined) : await httpPlace(options, io);
  if (!http.ok) return http;
  const heartbeat = heartbeatUrls(options, io);
  if (!heartbeat.ok) return heartbeat;
  const limited = tooMany(selection.value, options);
  if (!limited.ok) return limited;
  const webhooks = await configuredWebhooks(options, io);
  if (!webhooks.ok) return webhooks;
  const probes = await probesFor(options, selection.value);
  if (!probes.ok) return probes;
  return good({
    ...{ selection: selection.value, http: http.value, heartbeat: heartbeat.value },
    ...{ webhooks: webhooks.value, probes: probes.value },
  });
}

function feedOf({ territories }: Selection, { options, clock, log }: Call): FeedOptions {
  const isHistory = options.history === true;
  const { url, collectors, heal, ripestat, seed = { from: isHistory ? 'none' : 'ripestat' } } = options;
  return {
    ...{ url, collectors, seed, heal, isHistory, ripestat, clock, log },
    territories: territories.map(({ territory }) => territory),
    control: controlTerritory(isHistory),
  };
}

/** The probes of `--probes`; none without the file. */
async function probesFor(options: WatchOptions, { territories }: Selection): Promise<Result<ReachPlan | undefined>> {
  const { probes, history } = options;
  if (probes === undefined) return good(undefined);
  if (history === true) return bad('usage', '--probes asks the present, and --history plays the past: leave one out');
  const { planOf, readProbes } = await import('../../app/probe/read-probes.ts');
  const known = territories.map(({ territory }) => territory);
  const file = await readProbes(probes, known);
  return file.ok
    ? good(
        planOf(
          file.value,
          known.map(({ id }) => id),
        ),
      )
    : file;
}

async function configuredWebhooks({ webhooks }: WatchOptions, io: Io): Promise<Result<WebhooksFile>> {
  return webhooks === undefined ? good({ endpoints: [], warnings: [] }) : readWebhooks(webhooks, io.env);
}

/** Retries while the server does not answer, or is still loading its data. A refusal is final. */
async function openPatiently(selection: Selection, { options, io, log, clock }: Call): Promise<Result<OpenStore>> {
  const ids = selection.territories.map(({ territory }) => territory.id);
  // A played recording is stored only with an explicit `--store`.
  const isUnstored = options.history === true && options.store === undefined;
  const place = { ...options, keepEvents: options.keepEvents ?? KEEP_EVENTS, ...(isUnstored ? { store: 'none' } : {}) };
  const wait = retrying(clock, Math.random, io.signal, (error) =>
    log.error(`${refusal(error)}; trying again until it answers`),
  );
  for (let attempt = 1; ; attempt++) {
    const opened = await openStore(place, ids, io, clock);
    if (opened.ok || !opened.isAway) return opened;
    if (io.signal.aborted) return bad('interrupted');
    await wait(new Error(opened.faults.join('; ')), attempt);
  }
}

async function conduct(ready: Ready, call: Call): Promise<ExitStatus> {
  const { feed, opened, tape, http, heartbeat } = ready;
  const { options, io, line, clock, log } = call;
  const { store, isLasting } = opened;
  const ended = new AbortController();
  const signal = AbortSignal.any([io.signal, ended.signal]);
  const sink = textSink(io.stdout, () => ended.abort());
  const meter = http === undefined ? undefined : (await import('../../app/watch/watch-meter.ts')).watchMeter();
  const watcher = new Watch(partsOf(ready, call, { sink, meter }));
  const beside: Promise<unknown>[] = [];
  let end: WatchEnd;
  try {
    const lookouts = await startLookouts({ http, heartbeat, watcher, store, isLasting, feed, meter }, ended.signal);
    if (!lookouts.ok) return failed(lookouts, io);
    const { url } = lookouts.value;
    beside.push(lookouts.value.ended);
    if (options.quiet !== true)
      beside.push(showEachSecond(line, () => statusLine(watcher.view()), { io, clock, signal: ended.signal }));
    logStart(ready, url);
    end = await watcher.run(signal);
    if (end.ok && url !== undefined && !io.signal.aborted) {
      log.info(`the feed has ended; the page stays at ${url} until this program is stopped`);
      await aborted(signal);
    }
  } finally {
    ended.abort();
    line.clear();
    await sink.flush();
    await tape?.close();
    await Promise.all(beside);
    await store.close();
  }
  if (!end.ok) return failed(end, io);
  log.info(io.signal.aborted ? 'stopped' : 'the feed has ended');
  if (tape?.failure !== undefined) complain(io, `--record ${options.record}: ${refusal(tape.failure)}`);
  const isWritten = sink.failure === undefined || sink.failure === 'gone';
  return isWritten && tape?.failure === undefined ? EXIT.done : EXIT.files;
}

/** Where a watch writes its events, and who counts. */
interface Outlets {
  readonly sink: ReturnType<typeof textSink>;
  readonly meter: WatchMeter | undefined;
}

function partsOf(ready: Ready, { options, io, line }: Call, { sink, meter }: Outlets): WatchParts {
  const { selection, feed, opened, tape, webhooks, http, heartbeat, probes } = ready;
  const lines = eventLines(options, selection, io);
  const recorded = (source: ElementSource): ElementSource =>
    tape === undefined ? source : record(source, (text) => tape.write(text));
  return {
    ...{ selection, feed, probes, keepEvents: options.keepEvents },
    ...{ isLasting: opened.isLasting, inspect: opened.inspect, warnings: opened.warnings },
    store: meter === undefined ? opened.store : meter.store(opened.store),
    isServed: http !== undefined || heartbeat !== undefined,
    webhooks: { endpoints: webhooks.endpoints, environment: io.env, note: meter?.noteWebhook },
    record: (source) => (meter === undefined ? recorded(source) : meter.source(recorded(source))),
    async print(events) {
      line.clear();
      await sink.write(lines(events));
      return sink.failure === undefined;
    },
  };
}

/** The first lines of the log: where the page is, what is watched, and what is probed. */
function logStart({ selection, feed, opened, probes }: Ready, url: string | undefined): void {
  if (url !== undefined) feed.log.info(`the page is at ${url}`);
  feed.log.info(startText(selection, feed, opened));
  if (probes !== undefined) feed.log.info(probesText(probes));
}

/** What this process watches. */
function startText({ territories }: Selection, feed: FeedOptions, { store, isLasting }: OpenStore): string {
  const ids = territories.map(({ territory }) => territory.id);
  const names = ids.length > MAX_NAMED ? `${ids.length} territories` : ids.join(', ');
  const voters = [...new Set(territories.map(({ policy }) => `${policy.minVoters}/${policy.minCollectors}`))].join(
    ', ',
  );
  const durability = isLasting ? `stored in ${store.name}` : 'not stored';
  return (
    `unroutable ${packageVersion()} watches ${names} on ${new URL(feed.url ?? RIS_LIVE_URL).host}, seeded from ` +
    `${feed.seed.from === 'none' ? 'nothing' : feed.seed.from}, ${durability}; voters/collectors needed: ${voters}`
  );
}

/** A log line about probes: targets, contact, and measurements that are read. */
function probesText({ own, atlas }: ReachPlan): string {
  const asks =
    own === undefined
      ? 'asks no service itself'
      : `asks ${own.targets.length} services and ${own.controls.length} controls every ${durationText(own.everyMs)} as ${own.ask.userAgent}`;
  const reads = atlas === undefined ? '' : `; reads ${counted(atlas.measurements.length, 'measurement')} of RIPE Atlas`;
  return `${asks}${reads}: docs/probing.md says how to switch it off`;
}

/** Most territories named in the first line of the log; more are only counted. */
const MAX_NAMED = 10;
