import { open } from 'node:fs/promises';
import { record } from '../../streams/tape/record.ts';
import type { Collector } from '../bgp/peer.ts';
import { createEngine, type Engine } from '../engine.ts';
import { run } from '../pipeline.ts';
import type { UnroutableEvent } from '../detect/event.ts';
import type { Clock } from '../ports.ts';
import { textSink } from '../sinks/stdout.ts';
import { memoryStore } from '../store/memory.ts';
import { eventLines } from './event-lines.ts';
import { EXIT, type ExitStatus } from './exit-status.ts';
import { complain, widthOf, type Io } from './io.ts';
import { bad, good, refusal, type Result } from './result.ts';
import { select, type Selection, type SelectionOptions } from './selection.ts';
import { statusLine } from './status-line.ts';
import { systemClock } from './system-clock.ts';
import { controlTerritory, openFeed, type Feed, type Seed } from './watch-feed.ts';
import { createLogger, type Logger } from './watch-log.ts';

/** The options of `watch`, read. */
export interface WatchOptions extends SelectionOptions {
  readonly url?: string;
  readonly collectors?: readonly Collector[];
  /** @default ripestat; none when the server plays history */
  readonly seed?: Seed;
  readonly history?: boolean;
  /** Base URL of RIPEstat, for mirrors and tests. */
  readonly ripestat?: string;
  readonly format?: 'text' | 'ndjson';
  /** Path of the tape to write. */
  readonly record?: string;
  readonly color?: boolean;
  readonly quiet?: boolean;
}

/** RIS holds sessions for 180 s without a KEEPALIVE. */
const LIVE_PEER_SILENCE_MS = 180_000;
/** Live, a verdict needs voters at as many collectors, or at all that were asked for. */
const LIVE_MIN_COLLECTORS = 5;
/** Events kept to tell none twice: a repeated commit follows the first one. */
const MOST_KEPT = 10_000;
/** How often the line of a terminal is drawn, milliseconds. */
const REDRAW_MS = 1000;

/** `unroutable watch`: until it is stopped, or the recording that is played has ended. */
export async function watch(options: WatchOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const line = new StatusLine(io);
  const log = createLogger(io, () => line.clear());
  const ready = await prepare(options, log, clock);
  if (!ready.ok) {
    for (const fault of ready.faults) complain(io, fault);
    return ready.status;
  }
  return conduct(ready.value, options, io, line, clock);
}

interface Ready {
  readonly selection: Selection;
  readonly feed: Feed;
  readonly engine: Engine;
  readonly tape: Tape | undefined;
}

async function prepare(options: WatchOptions, log: Logger, clock: Clock): Promise<Result<Ready>> {
  const isHistory = options.history === true;
  const chosen = await select(options);
  if (!chosen.ok) return chosen;
  const selection = isHistory ? chosen.value : forLive(chosen.value, options);
  const control = controlTerritory(isHistory);
  const feed = await openFeed({
    url: options.url,
    collectors: options.collectors,
    seed: options.seed ?? { from: isHistory ? 'none' : 'ripestat' },
    isHistory,
    ripestat: options.ripestat,
    territories: selection.territories.map(({ territory }) => territory),
    control,
    clock,
    log,
  });
  if (!feed.ok) return feed;
  const tape = await openTape(options.record);
  if (!tape.ok) return tape;
  const engine = createEngine({ ...selection, ...(control === undefined ? {} : { control }) });
  return good({ selection, feed: feed.value, engine, tape: tape.value });
}

/** What only a live feed can be asked for, unless the user said otherwise. */
function forLive(selection: Selection, { settings, collectors }: WatchOptions): Selection {
  const least = Math.min(LIVE_MIN_COLLECTORS, collectors?.length ?? LIVE_MIN_COLLECTORS);
  return {
    territories: selection.territories.map(({ territory, policy }) => ({
      territory,
      policy:
        'minCollectors' in settings ? policy : { ...policy, minCollectors: Math.max(policy.minCollectors, least) },
    })),
    voting:
      'peerSilence' in settings || selection.voting.peerSilenceMs > 0
        ? selection.voting
        : { ...selection.voting, peerSilenceMs: LIVE_PEER_SILENCE_MS },
  };
}

async function conduct(
  ready: Ready,
  options: WatchOptions,
  io: Io,
  line: StatusLine,
  clock: Clock,
): Promise<ExitStatus> {
  const { feed, engine, tape, selection } = ready;
  const ended = new AbortController();
  const signal = AbortSignal.any([io.signal, ended.signal]);
  const sink = textSink(io.stdout, () => ended.abort());
  const drawing =
    options.quiet === true ? undefined : line.draw(() => statusLine(engine, feed.live.stats()), clock, ended.signal);
  const source = tape === undefined ? feed.source : record(feed.source, (text) => tape.write(text));
  try {
    const lines = eventLines(options, selection, io);
    const tell = async (events: readonly UnroutableEvent[]): Promise<void> => {
      // The feed learns what was decided of its gaps.
      feed.note(events);
      line.clear();
      await sink.write(lines(events));
    };
    await run(source, engine, { store: memoryStore(MOST_KEPT), tell }, signal);
  } finally {
    ended.abort();
    await drawing;
    line.clear();
    await sink.flush();
    await tape?.close();
  }
  if (tape?.failure !== undefined) {
    complain(io, `--record ${options.record}: ${refusal(tape.failure)}`);
    return EXIT.files;
  }
  return sink.failure === undefined || sink.failure === 'gone' ? EXIT.done : EXIT.files;
}

interface Tape {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  readonly failure: Error | undefined;
}

/** Written for the run alone: an existing file is not overwritten. */
async function openTape(path: string | undefined): Promise<Result<Tape | undefined>> {
  if (path === undefined) return good(undefined);
  let stream;
  try {
    stream = (await open(path, 'wx')).createWriteStream();
  } catch (error) {
    return bad(EXIT.usage, `--record ${path}: ${refusal(error)}`);
  }
  let failure: Error | undefined;
  const sink = textSink(stream, () => undefined);
  return good({
    get failure() {
      return failure;
    },
    async write(text) {
      await sink.write(text);
      if (sink.failure !== undefined && sink.failure !== 'gone') failure = sink.failure;
    },
    async close() {
      await sink.flush();
      await new Promise<void>((resolve) => stream.end(resolve));
    },
  });
}

/** One line at the bottom of a terminal; nothing where stderr is none. */
class StatusLine {
  readonly #io: Io;
  #isShown = false;

  constructor(io: Io) {
    this.#io = io;
  }

  clear(): void {
    if (this.#isShown) this.#io.stderr.write('\r\u001b[2K');
    this.#isShown = false;
  }

  async draw(text: () => string, clock: Clock, signal: AbortSignal): Promise<void> {
    if (this.#io.stderr.isTTY !== true) return;
    while (!signal.aborted) {
      this.clear();
      this.#io.stderr.write(text().slice(0, widthOf(this.#io.stderr) - 1));
      this.#isShown = true;
      await clock.sleep(REDRAW_MS, signal);
    }
  }
}
