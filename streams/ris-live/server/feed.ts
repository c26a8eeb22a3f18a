import type { EventTime } from '../../../src/bgp/time.ts';
import { mergeByTime } from '../../merge.ts';
import type { CollectorPlan, MrtPlan } from '../../mrt/archive/archive.ts';
import type { PlannedFile } from '../../mrt/archive/planned-file.ts';
import { openContainer } from '../../mrt/container/container.ts';
import type { RecordSink } from '../../mrt/record/framer.ts';
import { createFramer } from '../../mrt/record/records.ts';
import { CollectorVoice } from './collector-voice.ts';
import { Counts } from './counts.ts';
import { hostOf, type RisMessage } from './message.ts';

/** The feed of a server: messages in order of time, from any source. */
export interface RisFeed {
  /** The collectors' names in messages. */
  readonly hosts: readonly string[];
  /** Does nothing until it is read, and reads no further ahead than a batch. Ends when `signal` aborts. */
  batches(signal: AbortSignal): AsyncIterable<readonly RisMessage[]>;
}

/** The options for serving files. */
export interface MrtFeedOptions {
  /** Whether sessions that are up send a KEEPALIVE every half minute while the archive is silent. @default true */
  readonly keepalives?: boolean;
  /** Messages before this event time are not sent. */
  readonly since?: EventTime;
  /** Counts records that are not served. */
  readonly counts?: Counts;
  /** Called for bytes of a file without a readable record. */
  readonly damage?: (file: string, reason: string) => void;
}

/**
 * The update files of a plan as one feed, its collectors side by side by event time; of equal times collectors go by
 * name, and each one's files in their order: the order of a replay. RIB dumps are not read: RIS Live has no form for
 * them.
 */
export function mrtFeed(plan: MrtPlan, options: MrtFeedOptions = {}): RisFeed {
  const collectors = plan.collectors.filter(({ updates }) => updates.length > 0);
  return {
    hosts: collectors.map(({ collector }) => hostOf(collector)),
    batches: (signal) => mergeByTime(collectors.map((collector) => readCollector(collector, plan, options, signal))),
  };
}

async function* readCollector(
  { collector, updates, holes }: CollectorPlan,
  plan: MrtPlan,
  options: MrtFeedOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly RisMessage[], void> {
  const voice = new CollectorVoice(collector, {
    keepalives: options.keepalives ?? true,
    counts: options.counts ?? new Counts(),
  });
  const { since = Number.NEGATIVE_INFINITY } = options;
  const until = plan.until ?? Number.POSITIVE_INFINITY;
  const isWanted = ({ at }: RisMessage): boolean => at >= since && at <= until;
  for (const [index, file] of updates.entries()) {
    voice.nextFile(holes.some(({ before }) => before === index));
    for await (const messages of readFile(file, { plan, voice, options }, signal)) yield messages.filter(isWanted);
    if (signal.aborted || voice.at > until) return;
  }
  const last: RisMessage[] = [];
  voice.end(last);
  yield last.filter(isWanted);
}

interface CollectorReading {
  readonly plan: MrtPlan;
  readonly voice: CollectorVoice;
  readonly options: MrtFeedOptions;
}

async function* readFile(
  { path, snapshot }: PlannedFile,
  { plan: { limits }, voice, options }: CollectorReading,
  signal: AbortSignal,
): AsyncGenerator<readonly RisMessage[], void> {
  const opened = await openContainer(path, { snapshot, limits });
  if (!opened.ok) {
    options.damage?.(path, `the file ${opened.reason}`);
    return;
  }
  let messages: RisMessage[] = [];
  const sink: RecordSink = {
    // oxlint-disable-next-line max-params -- no object a record or route where millions pass
    record: (bytes, start, end, _offset, next) => voice.record(bytes, start, end, next, messages),
    damage: ({ reason }) => options.damage?.(path, reason),
  };
  const framer = createFramer(sink, limits);
  const chunks = opened.container.chunks();
  try {
    while (!signal.aborted) {
      const { done, value } = await chunks.next();
      if (done === true) framer.end(value);
      else framer.push(value);
      yield messages;
      messages = [];
      if (done === true) return;
    }
  } finally {
    await chunks.return(undefined);
    await opened.container.close();
  }
}
