import type { UnroutableEvent } from '../../../detect/events/event.ts';

/** A body in the form that a receiver wants. */
export interface Rendered {
  readonly contentType: string;
  readonly body: string;
  /** Headers besides the content type; lower case, printable ASCII. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One plain sentence for an event, complete in itself. */
export type Sentence = (event: UnroutableEvent) => string;

/**
 * Renders an event; `undefined`: the receiver has no use for it, and nothing is sent. Pure.
 *
 * `wallMs`: the time of sending, for receivers that compare times with their own clock.
 */
export type Template = (event: UnroutableEvent, sentence: Sentence, wallMs?: number) => Rendered | undefined;

/** Renders a body as JSON. */
export function json(value: unknown): Rendered {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}
