import { createHash } from 'node:crypto';
import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { EventData, EventType, UnroutableEvent } from './event.ts';

/** An event without its id and its place in the chain. */
export type Draft = {
  [Type in EventType]: {
    readonly type: Type;
    readonly at: EventTime;
    readonly subject: string;
    /** Values that, besides type, subject and time, distinguish this decision from another of the same moment. */
    readonly about: string;
    readonly data: EventData[Type];
  };
}[EventType];

/** The last event of one source. */
export interface Link {
  readonly sequence: number;
  readonly id: string;
}

/**
 * Gives a draft its id, its sequence number and the id of the previous event. The id is a hash of the decision and of
 * all earlier ones: the same decisions always get the same ids.
 *
 * @param version identifies territory and policy. The same messages under another policy give other ids.
 */
function chained(
  draft: Draft,
  source: string,
  version: string,
  previous: Link | undefined,
): { event: UnroutableEvent; link: Link } {
  const sequence = (previous?.sequence ?? 0) + 1;
  const { type, at, subject, about, data } = draft;
  const id = digest([source, version, subject, type, about, at, previous?.id ?? '']).slice(0, 32);
  const event = {
    specversion: '1.0',
    id,
    source,
    type,
    subject,
    time: isoTime(at),
    datacontenttype: 'application/json',
    sequence: String(sequence).padStart(10, '0'),
    ...(previous === undefined ? {} : { previousid: previous.id }),
    data,
  } as UnroutableEvent;
  return { event, link: { sequence, id } };
}

/**
 * The last event of each source. It stays after a territory is no longer watched: its chain continues if it is watched
 * again.
 */
export class Chain {
  readonly #links = new Map<string, Link>();

  append(draft: Draft, source: string, version: string): UnroutableEvent {
    const { event, link } = chained(draft, source, version, this.#links.get(source));
    this.#links.set(source, link);
    return event;
  }

  /** The event as it would be next, without using up its sequence number. */
  preview(draft: Draft, source: string, version: string): UnroutableEvent {
    return chained(draft, source, version, this.#links.get(source)).event;
  }

  snapshot(): ReadonlyMap<string, Link> {
    return this.#links;
  }

  restore(source: string, link: Link): void {
    this.#links.set(source, link);
  }
}

/** SHA-256 in hex of the values' JSON. */
export function digest(values: unknown): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
