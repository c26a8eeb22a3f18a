import type { UnroutableEvent } from '../../detect/events/event.ts';
import { jsonText } from '../../report/printable.ts';
import { createTimeline } from '../../report/timeline.ts';
import { paintFor, widthOf, type Io } from '../io.ts';
import type { Selection } from '../../config/selection.ts';
import { clocksOf } from './formatters.ts';

/** How events are printed. */
export interface EventStyle {
  /** @default text on a terminal, ndjson elsewhere */
  readonly format?: 'text' | 'ndjson';
  readonly color?: boolean;
}

/** Formats events as they come: sentences for people, CloudEvents for programs. */
export function eventLines(
  { format, color }: EventStyle,
  selection: Selection,
  io: Io,
): (events: readonly UnroutableEvent[]) => string {
  const isTerminal = io.stdout.isTTY === true;
  if ((format ?? (isTerminal ? 'text' : 'ndjson')) === 'ndjson')
    return (events) => events.map((event) => `${jsonText(event)}\n`).join('');

  const policies = new Map(selection.territories.map(({ territory, policy }) => [territory.id, policy]));
  const timeline = createTimeline({
    clocks: clocksOf(selection),
    paint: paintFor(io, color, isTerminal),
    width: isTerminal ? widthOf(io.stdout) : 80,
    degradedBelow: (id) => policies.get(id)?.degradedBelow ?? 0,
  });
  return (events) =>
    timeline(events)
      .map((row) => `${row}\n`)
      .join('');
}
