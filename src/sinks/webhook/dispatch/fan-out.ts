import { setImmediate } from 'node:timers/promises';
import type { UnroutableEvent } from '../../../detect/events/event.ts';
import { UnknownEvent, type StateStore } from '../../../ports.ts';
import { readerChange, readerPosition } from '../../../spaces.ts';
import { READER } from '../records.ts';
import type { BatchWriter } from './batch-writer.ts';
import type { DispatchReport } from './report.ts';
import type { ActiveEndpoints } from './active-endpoints.ts';

/** What reading events and queueing them needs. */
export interface FanOutMeans {
  readonly store: StateStore;
  readonly writer: BatchWriter;
  readonly roster: ActiveEndpoints;
  readonly report: DispatchReport;
}

/** Events that go into the queues in one write, and records that they may make there. */
const MOST_EVENTS = 100;
const MOST_RECORDS = 1_000;

/** Events that are known to have been dealt with, when after a hole all that is kept is read again. */
const MOST_RECENT = 10_000;

/**
 * Puts events into the queues as they are kept, from where it stopped: those of a batch and the new position in one
 * write, so that none is missed and none comes twice. Reads no faster than the store takes what comes of it. Ends when
 * `signal` aborts: we were stopped, or there is no endpoint any more.
 */
export async function fanOut({ store, writer, roster, report }: FanOutMeans, signal: AbortSignal): Promise<void> {
  const records = await writer.read('readers', [READER]);
  let after = readerPosition(records?.[0]?.value);
  // By their ids: in time, drills and what is healed later are in no order with the others.
  const recent = new Set<string>();
  const take = async (events: readonly UnroutableEvent[]): Promise<boolean> => {
    const plans = roster.enqueue(events.filter(({ id }) => !recent.has(id)));
    const last = events.at(-1);
    const changes = plans.flatMap(({ changes }) => changes);
    if (!(await writer.keep([...changes, readerChange(READER, last?.id)]))) return false;
    for (const { kept } of plans) kept();
    after = last?.id;
    for (const { id } of events) recent.add(id);
    for (const id of recent) {
      if (recent.size <= MOST_RECENT) break;
      recent.delete(id);
    }
    return true;
  };
  while (!signal.aborted) {
    const most = (): number => Math.max(1, Math.min(MOST_EVENTS, Math.floor(MOST_RECORDS / roster.size)));
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

/** What is there at once, together: one item when no more is. */
async function* gathered<T>(source: AsyncIterable<T>, most: () => number): AsyncGenerator<readonly T[]> {
  const iterator = source[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<T, unknown>> => {
    const asked = iterator.next();
    // It may fail while nobody looks; then it does so for who looks next.
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
