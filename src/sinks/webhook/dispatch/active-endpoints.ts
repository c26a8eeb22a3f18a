import type { UnroutableEvent } from '../../../detect/events/event.ts';
import type { StateStore } from '../../../ports.ts';
import type { StateChange, StateRecord } from '../../../spaces.ts';
import { endpointsOf, enteredEndpoint, firstReading, isOn } from '../endpoints/endpoint-store.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { passes } from '../filter.ts';
import { askChange, endpointChange, goneChange, keyParts, type EndpointRecord } from '../endpoints/records.ts';
import { decodeAsk, type Unreadable } from '../endpoints/read-records.ts';
import { EndpointQueue, type EndpointQueueOptions, type Plan } from './endpoint-queue.ts';
import { restore, SPACES } from './restore.ts';
import { Sender, type SenderMeans } from './sender.ts';
import { compareTexts } from '../../../lib/compare-texts.ts';
import { inBatches } from '../../../lib/batches.ts';

/** What the set of active endpoints needs. */
export interface ActiveEndpointsOptions extends SenderMeans, EndpointQueueOptions {
  readonly store: StateStore;
  /** Endpoints of the configuration file. */
  readonly fromFile: readonly Endpoint[];
  /** Runs a sender in the background; resolves when it has ended. */
  readonly begin: (sender: Sender) => Promise<void>;
}

/** Requests for deliveries that are taken over in one write. */
const MOST_ASKS = 100;

/** Each unreadable record is reported once; after this many others it may be reported again. */
const MAX_REPORTED = 1_000;

/** The active endpoints, each with its queue and its sender. */
export class ActiveEndpoints {
  readonly #options: ActiveEndpointsOptions;
  readonly #senders = new Map<string, Sender>();
  readonly #ends = new Map<Sender, Promise<void>>();
  readonly #reported = new Set<string>();
  /** The first look also restores the stored queues. */
  #isBegun = false;

  constructor(options: ActiveEndpointsOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#senders.size === 0;
  }

  get size(): number {
    return this.#senders.size;
  }

  wakeAll(): void {
    for (const sender of this.#senders.values()) sender.wake();
  }

  /** Puts events into the queues of the endpoints whose filters they pass, also of disabled ones. */
  enqueue(events: readonly UnroutableEvent[]): readonly Plan[] {
    const senders = [...this.#senders.values()];
    return events.flatMap((event) =>
      senders
        .filter(({ queue }) => passes(event, queue.record.endpoint.filter))
        .map((sender) => awakening(sender, sender.queue.enqueue(event))),
    );
  }

  /** Reads the present endpoints and requests for deliveries. Has no effect after a stop. */
  async look(): Promise<void> {
    const { writer } = this.#options;
    const records = await writer.read('webhooks/endpoints');
    if (records === undefined) return;
    const { found, unreadable } = endpointsOf(records);
    this.#reportUnreadable(unreadable);
    const known = await this.#withFile(found);
    if (known === undefined) return;

    // An endpoint with an unreadable record still exists, and keeps its queue.
    const names = new Set([
      ...known.map(({ endpoint }) => endpoint.name),
      ...unreadable.map(({ key }) => keyParts(key).name),
    ]);
    if (!this.#isBegun) await this.#restore(known, names);
    this.#isBegun = true;
    for (const record of known) await this.#take(record);
    for (const name of this.#senders.keys()) if (!names.has(name)) await this.#remove(name);
    await this.#takeAsks(names);
  }

  /** Writes the endpoints of the file, and removes stored ones that are no longer in the file. */
  async #withFile(found: readonly EndpointRecord[]): Promise<readonly EndpointRecord[] | undefined> {
    const { fromFile, clock, writer, store } = this.#options;
    const nowMs = clock.wallMs();
    const byName = new Map(found.map((record) => [record.endpoint.name, record]));
    const changes: StateChange[] = [];
    for (const endpoint of fromFile) {
      const before = byName.get(endpoint.name);
      const record = enteredEndpoint(endpoint, before, { from: 'file', nowMs });
      if (before !== undefined && isSame(before, record)) continue;
      byName.set(endpoint.name, record);
      changes.push(endpointChange(record));
    }
    for (const { endpoint, from } of found) {
      if (from === 'command' || fromFile.some(({ name }) => name === endpoint.name)) continue;
      byName.delete(endpoint.name);
      changes.push(
        { space: 'webhooks/endpoints', key: endpoint.name, value: undefined },
        goneChange(endpoint.name, undefined),
      );
    }
    const reading = byName.size === 0 ? [] : await writer.patiently(() => firstReading(store));
    if (reading === undefined) return undefined;
    if (changes.length + reading.length > 0 && !(await writer.keep([...changes, ...reading]))) return undefined;
    return [...byName.values()];
  }

  /** Restores the stored queues, and removes the records of endpoints that no longer exist. */
  async #restore(known: readonly EndpointRecord[], names: ReadonlySet<string>): Promise<void> {
    const { writer } = this.#options;
    const queues = new Map(known.map((record) => [record.endpoint.name, new EndpointQueue(record, this.#options)]));
    const { unreadable, orphans } = await restore(queues, names, async (space) => (await writer.read(space)) ?? []);
    this.#reportUnreadable(unreadable);
    for (const queue of queues.values()) this.#add(queue);
    if (orphans.length > 0) await writer.keep(orphans);
  }

  async #take(record: EndpointRecord): Promise<void> {
    const { report } = this.#options;
    const { name } = record.endpoint;
    const sender = this.#senders.get(name);
    if (sender === undefined) {
      this.#add(new EndpointQueue(record, this.#options));
      report({ type: 'endpoint', endpoint: name, is: 'added' });
      return;
    }
    const before = sender.queue.record;
    if (isSame(before, record)) return;
    sender.queue.record = record;
    sender.wake();
    const is = isOn(before) === isOn(record) ? 'changed' : isOn(record) ? 'on' : 'off';
    report({ type: 'endpoint', endpoint: name, is, ...(record.reason === undefined ? {} : { reason: record.reason }) });
  }

  #add(queue: EndpointQueue): void {
    const sender = new Sender(queue, this.#options);
    this.#senders.set(queue.name, sender);
    this.#ends.set(sender, this.#options.begin(sender));
  }

  async #remove(name: string): Promise<void> {
    const sender = this.#senders.get(name);
    if (sender === undefined) return;
    const dropped = sender.queue.waiting.size;
    sender.remove();
    this.#senders.delete(name);
    await this.#ends.get(sender);
    this.#ends.delete(sender);
    // Wait for earlier writes first: otherwise they would come after the removal.
    await this.#options.writer.keep([]);
    await this.#forget((other) => other === name);
    this.#options.report({ type: 'endpoint', endpoint: name, is: 'removed', dropped });
  }

  async #forget(isGone: (name: string) => boolean): Promise<void> {
    const { writer } = this.#options;
    for (const space of SPACES) {
      const records = (await writer.read(space)) ?? [];
      const gone = records.filter(({ key }) => isGone(keyParts(key).name));
      if (gone.length > 0) await writer.keep(gone.map(({ key }) => ({ space, key, value: undefined })));
    }
  }

  /** Moves requests for deliveries into the queues: the request is removed in the same write. */
  async #takeAsks(names: ReadonlySet<string>): Promise<void> {
    const { writer } = this.#options;
    const records = (await writer.read('webhooks/asked')) ?? [];
    for (const some of inBatches(records, MOST_ASKS)) {
      const plans = some.flatMap((record) => this.#planOf(record, names) ?? []);
      if (plans.length === 0) continue;
      if (!(await writer.keep(plans.flatMap(({ changes }) => changes)))) return;
      for (const { afterStored } of plans) afterStored();
    }
  }

  /** `undefined`: the request waits, because it or its endpoint cannot be read, or the queue is full. */
  #planOf(record: StateRecord, names: ReadonlySet<string>): Plan | undefined {
    const decoded = decodeAsk(record);
    if (!decoded.ok) {
      this.#reportUnreadable([decoded.unreadable]);
      return undefined;
    }
    const { name } = keyParts(record.key);
    const { event } = decoded.value;
    const taken = askChange(name, event.id, undefined);
    const sender = this.#senders.get(name);
    if (sender === undefined) {
      const afterStored = (): void => this.#options.report({ type: 'nowhere', endpoint: name, eventId: event.id });
      return names.has(name) ? undefined : { changes: [taken], afterStored };
    }
    if (sender.queue.isFull && !sender.queue.waiting.has(event.id)) return undefined;
    const { changes, afterStored } = awakening(sender, sender.queue.ask(decoded.value));
    return { changes: [...changes, taken], afterStored };
  }

  #reportUnreadable(unreadable: readonly Unreadable[]): void {
    for (const each of unreadable) {
      const place = `${each.space} ${each.key}`;
      if (this.#reported.has(place)) continue;
      if (this.#reported.size >= MAX_REPORTED) this.#reported.clear();
      this.#reported.add(place);
      this.#options.report({ type: 'unreadable', ...each });
    }
  }
}

function isSame(a: EndpointRecord, b: EndpointRecord): boolean {
  return JSON.stringify(sortedKeys(a)) === JSON.stringify(sortedKeys(b));
}

/** Only the order of keys may differ between file and store. */
function sortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareTexts(a, b));
  return entries.map(([key, inner]) => [key, sortedKeys(inner)]);
}

function awakening(sender: Sender, { changes, afterStored }: Plan): Plan {
  return {
    changes,
    afterStored: () => {
      afterStored();
      sender.wake();
    },
  };
}
