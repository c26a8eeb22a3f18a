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
import { TerminalLine } from '../output/terminal-line.ts';
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
import type { WatchEnd } from '../../app/watch/parts.ts';
import type { WebhookParts } from '../../app/watch/webhooks.ts';
import { namedTwice, readWebhooks, type WebhooksFile } from '../../config/webhooks-file.ts';

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
  const line = new TerminalLine(io);
  const log = createLogger(io, () => line.clear());
  const ready = await prepare(options, io, log, clock);
  // It was stopped while it waited for its store: nothing is left to do.
  if (!ready.ok) return ready.kind === 'interrupted' ? EXIT.done : failed(ready, io);
  return conduct(ready.value, options, io, line, clock);
}

interface Ready {
  readonly selection: Selection;
  readonly feed: FeedOptions;
  readonly opened: OpenStore;
  readonly tape: Tape | undefined;
  readonly webhooks: WebhookParts;
  readonly http: HttpPlace | undefined;
  readonly heartbeat: HeartbeatUrls | undefined;
  readonly probes: ReachPlan | undefined;
}

// oxlint-disable-next-line max-lines-per-function -- one check an option, in the order in which faults are reported
async function prepare(options: WatchOptions, io: Io, log: Logger, clock: Clock): Promise<Result<Ready>> {
  const isHistory = options.history === true;
  const chosen = await select(options, {
    defaults: isHistory ? DEFAULTS : liveDefaults(options.collectors),
    signal: io.signal,
  });
  if (!chosen.ok) return chosen;
  const selection = chosen.value;
  const http = options.http === undefined ? good(undefined) : await httpPlace(options, io);
  if (!http.ok) return http;
  const beats = heartbeatUrls(options, io);
  if (!beats.ok) return beats;
  const limited = tooMany(selection, options);
  if (!limited.ok) return limited;
  const webhooks = await configuredWebhooks(options, io);
  if (!webhooks.ok) return webhooks;
  const probes = await probesFor(options, selection);
  if (!probes.ok) return probes;
  const tape = await openTape(options.record);
  if (!tape.ok) return tape;
  const opened = await openPatiently(options, selection, { io, log, clock });
  if (!opened.ok) return opened;
  const twice = await namedTwice(webhooks.value, opened.value.store, options.webhooks);
  if (twice !== undefined) {
    await opened.value.store.close();
    return twice;
  }
  for (const warning of [...webhooks.value.warnings, ...opened.value.warnings]) log.warn(warning);
  const feed: FeedOptions = {
    url: options.url,
    collectors: options.collectors,
    seed: options.seed ?? { from: isHistory ? 'none' : 'ripestat' },
    heal: options.heal,
    isHistory,
    ripestat: options.ripestat,
    territories: selection.territories.map(({ territory }) => territory),
    control: controlTerritory(isHistory),
    clock,
    log,
  };
  const { endpoints } = webhooks.value;
  return good({
    ...{ selection, feed, opened: opened.value, tape: tape.value },
    webhooks: { endpoints, environment: io.env },
    http: http.value,
    heartbeat: beats.value,
    probes: probes.value,
  });
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
async function openPatiently(
  options: WatchOptions,
  selection: Selection,
  { io, log, clock }: { readonly io: Io; readonly log: Logger; readonly clock: Clock },
): Promise<Result<OpenStore>> {
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

// oxlint-disable-next-line max-lines-per-function, max-params -- the one place where the parts of a watch are put together
async function conduct(
  { selection, feed, opened, tape, webhooks, http, heartbeat, probes }: Ready,
  options: WatchOptions,
  io: Io,
  line: TerminalLine,
  clock: Clock,
): Promise<ExitStatus> {
  const ended = new AbortController();
  const sink = textSink(io.stdout, () => ended.abort());
  const lines = eventLines(options, selection, io);
  const meter = http === undefined ? undefined : (await import('../../app/watch/watch-meter.ts')).watchMeter();
  const recorded = (source: ElementSource): ElementSource =>
    tape === undefined ? source : record(source, (text) => tape.write(text));
  const turns = new Watch({
    selection,
    feed,
    store: meter === undefined ? opened.store : meter.store(opened.store),
    isLasting: opened.isLasting,
    isServed: http !== undefined || heartbeat !== undefined,
    inspect: opened.inspect,
    warnings: opened.warnings,
    keepEvents: options.keepEvents,
    webhooks: { ...webhooks, note: meter?.noteWebhook },
    probes,
    record: (source) => (meter === undefined ? recorded(source) : meter.source(recorded(source))),
    async print(events) {
      line.clear();
      await sink.write(lines(events));
      return sink.failure === undefined;
    },
  });
  const { store, isLasting } = opened;
  const lookouts = await startLookouts({ http, heartbeat, turns, store, isLasting, feed, meter }, ended.signal);
  if (!lookouts.ok) {
    ended.abort();
    await tape?.close();
    await opened.store.close();
    return failed(lookouts, io);
  }
  const { url, ended: lookedOut } = lookouts.value;
  if (url !== undefined) feed.log.info(`the page is at ${url}`);
  const drawing = options.quiet === true ? undefined : line.draw(() => statusLine(turns.view()), clock, ended.signal);
  let end: WatchEnd;
  feed.log.info(startText(selection, feed, opened));
  if (probes !== undefined) feed.log.info(probesText(probes));
  try {
    end = await turns.run(AbortSignal.any([io.signal, ended.signal]));
    if (end.ok && url !== undefined && !io.signal.aborted) {
      feed.log.info(`the feed has ended; the page stays at ${url} until this program is stopped`);
      await aborted(AbortSignal.any([io.signal, ended.signal]));
    }
  } finally {
    ended.abort();
    await drawing;
    line.clear();
    await sink.flush();
    await tape?.close();
    await lookedOut;
    await opened.store.close();
  }
  if (!end.ok) return failed(end, io);
  feed.log.info(io.signal.aborted ? 'stopped' : 'the feed has ended');
  if (tape?.failure !== undefined) {
    complain(io, `--record ${options.record}: ${refusal(tape.failure)}`);
    return EXIT.files;
  }
  return sink.failure === undefined || sink.failure === 'gone' ? EXIT.done : EXIT.files;
}

/** The first line of the log: what this process watches. */
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
