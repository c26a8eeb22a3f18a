/** The client of `bench:live`: what `unroutable watch` runs, in one process of its own, without terminal. */
import { follow } from '../../streams/follow.ts';
import { risLive, type LiveSource } from '../../streams/ris-live/source.ts';
import type { Element } from '../../src/bgp/element.ts';
import { BUILT_IN } from '../../src/territory/built-in.ts';
import { systemClock } from '../../src/app/system-clock.ts';
import { controlTerritory } from '../../src/app/feed/feed.ts';
import { LIVE_POLICY } from '../../src/policy/policy.ts';
import { createEngine, type Engine } from '../../src/engine.ts';
import { withHistory } from '../../src/history/with-history.ts';
import { run } from '../../src/pipeline.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Space } from '../../src/spaces.ts';
import { LIVE_VOTING } from '../../src/policy/voting-policy.ts';
import { SAMPLE_MS, type FromReceiver, type Received, type ToReceiver } from './live-protocol.ts';
import { liveSeed } from './live-seed.ts';
import { serveBeside } from './live-serving.ts';

/** Lags by the millisecond, so that a run of days takes no more memory than one of seconds. */
class Lags {
  /** The last one holds all that took longer. */
  readonly #counts = new Uint32Array(120_001);
  #count = 0;
  #max = 0;

  add(ms: number): void {
    const at = Math.min(Math.max(0, Math.round(ms)), this.#counts.length - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  get figures(): Received['lag'] {
    return { count: this.#count, p50: this.#at(0.5), p99: this.#at(0.99), max: this.#max };
  }

  #at(share: number): number {
    let below = 0;
    return this.#counts.findIndex((count) => (below += count) >= share * this.#count);
  }
}

const stop = new AbortController();
const lags = new Lags();
const store = memoryStore();
let measured = { fromMs: Infinity, untilMs: Infinity };
let applied = 0;
let gaps = 0;
let live: LiveSource | undefined;
let engine: Engine<Space> | undefined;

async function watch({ url, reorderMs, isServing }: Extract<ToReceiver, { type: 'watch' }>): Promise<void> {
  const control = controlTerritory(false);
  const territories = [...BUILT_IN, ...(control === undefined ? [] : [control])];
  live = risLive({
    url,
    reorderMs,
    client: 'unroutable-bench',
    blocks: territories.flatMap(({ blocks }) => blocks),
    clock: systemClock,
    random: Math.random,
    report: ({ type }) => {
      if (type === 'subscribed') post({ type });
      if (type === 'gap') gaps++;
    },
  });
  const made = createEngine({
    territories: BUILT_IN.map((territory) => ({ territory, policy: LIVE_POLICY })),
    voting: LIVE_VOTING,
    recorded: isServing,
    ...(control === undefined ? {} : { control }),
  });
  engine = isServing ? await withHistory(made, store) : made;
  if (isServing) post({ type: 'serving', url: await serveBeside(store, stop.signal) });
  void run(follow(liveSeed(Date.now()), live), noting(engine, reorderMs), { store }, stop.signal);
}

/** Only an element of a message has a lag: the client's own ticks have no time of the sender. */
function noting(judging: Engine<Space>, reorderMs: number): Engine<Space> {
  return {
    get now() {
      return judging.now;
    },
    status: () => judging.status(),
    reachability: () => judging.reachability(),
    views: judging.views,
    openGaps: () => judging.openGaps(),
    state: () => judging.state(),
    takeChanges: () => judging.takeChanges(),
    neverJudged: (since) => judging.neverJudged(since),
    noteLoss: (data) => judging.noteLoss(data),
    apply(element: Element) {
      const commit = judging.apply(element);
      if (element.type === 'announcement' || element.type === 'withdrawal') applied++;
      const isOfPeer = 'peer' in element && element.type !== 'gap';
      if (isOfPeer && element.at >= measured.fromMs && element.at <= measured.untilMs) {
        lags.add(Date.now() - element.at - reorderMs);
      }
      return commit;
    },
  };
}

function received(): Received {
  const stats = live?.stats();
  return {
    messages: stats?.messages ?? 0,
    applied,
    leftOut: stats?.routesLeftOut ?? 0,
    gaps,
    voters: engine?.status()[0]?.visibility.voters ?? 0,
    events: store.kept.length,
    reported: store.kept.slice(0, 10).map(({ type, subject, time }) => `${type} of ${subject} at ${time}`),
    odd: stats?.odd ?? {},
    lag: lags.figures,
  };
}

function sample(): void {
  const { messages = 0, lagMs = 0 } = live?.stats() ?? {};
  const { user, system } = process.cpuUsage();
  const cpu = (user + system) / 1e6;
  post({ type: 'sample', atMs: Date.now(), messages, lagMs, rss: process.memoryUsage.rss(), cpu });
}

function post(message: FromReceiver): void {
  process.send?.(message);
}

const sampling = setInterval(sample, SAMPLE_MS);
process.on('message', (message: ToReceiver) => {
  if (message.type === 'watch') void watch(message);
  if (message.type === 'measure') measured = message;
  if (message.type === 'report') post({ type: 'report', received: received() });
  if (message.type !== 'stop') return;
  stop.abort();
  clearInterval(sampling);
  process.disconnect();
});
process.once('disconnect', () => process.exit());
