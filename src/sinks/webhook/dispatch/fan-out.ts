import { setImmediate } from 'node:timers/promises';
import type { UnroutableEvent } from '../../../detect/events/event.ts';
import { UnknownEvent, type StateStore } from '../../../ports.ts';
import { readerChange, readerPosition } from '../../../spaces.ts';
import { READER } from '../endpoints/records.ts';
import type { BatchWriter } from './batch-writer.ts';
import type { DispatchReport } from './report.ts';
import type { ActiveEndpoints } from './active-endpoints.ts';

/** What reading events and queueing them needs. */
export interface FanOutMeans {
  readonly store: StateStore;
  readonly writer: BatchWriter;
  readonly active: ActiveEndpoints;
  readonly report: DispatchReport;
}

/** Most events that go into the queues in one write, and most records that they may create. */
const MOST_EVENTS = 100;
const MOST_RECORDS = 1_000;

/** The last handled events to remember, for when all stored events must be read again after lost ones. */
const MOST_RECENT = 10_000;

/**
 * Puts stored events into the queues, starting where it last stopped. One write stores the queue records of several
 * events and the new position, so no event is missed or queued twice. It does not read faster than the store accepts
 * writes. Ends when `signal` aborts: we were stopped, or no endpoint is left.
 */
export async function fanOut({ store, writer, active, report }: FanOutMeans, signal: AbortSignal): Promise<void> {
  const records = await writer.read('readers', [READER]);
  let after = readerPosition(records?.[0]?.value);
  // By id, not by time: drills and healed events are not in order of time with the others.
  const recent = new Set<string>();
  const take = async (events: readonly UnroutableEvent[]): Promise<boolean> => {
    const plans = active.enqueue(events.filter(({ id }) => !recent.has(id)));
    const last = events.at(-1);
    const changes = plans.flatMap(({ changes }) => changes);
    if (!(await writer.keep([...changes, readerChange(READER, last?.id)]))) return false;
    for (const { afterStored } of plans) afterStored();
    after = last?.id;
    for (const { id } of events) recent.add(id);
    for (const id of recent) {
      if (recent.size <= MOST_RECENT) break;
      recent.delete(id);
    }
    return true;
  };
  while (!signal.aborted) {
    const most = (): number => Math.max(1, Math.min(MOST_EVENTS, Math.floor(MOST_RECORDS / active.size)));
    try {
      for await (const events of gathered(store.follow(after, signal), most)) {
        if (signal.aborted || !(await take(events))) return;
      }
    } catch (error) {
      if (error instanceof UnknownEvent) {
        report({ type: 'hole', after: error.id });
        after = undefined;
      } else {
        await writer.waitAfter(error);
      }
    }
  }
}

/** Groups items that are available at the same time; a single item if no more are. */
async function* gathered<T>(source: AsyncIterable<T>, most: () => number): AsyncGenerator<readonly T[]> {
  const iterator = source[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<T, unknown>> => {
    const asked = iterator.next();
    // It may fail before anyone awaits it. The next await then gets the error.
    asked.catch(() => undefined);
    return asked;
  };
  for (let next = ask(); ;) {
    const first = await next;
    if (first.done === true) return;
    const batch = [first.value];
    next = ask();
    while (batch.length < most()) {
      const more = await Promise.race([next, setImmediate('later' as const)]).catch(() => 'later' as const);
      if (more === 'later' || more.done === true) break;
      batch.push(more.value);
      next = ask();
    }
    yield batch;
  }
}
