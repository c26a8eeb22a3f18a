import type { EventType, UnroutableEvent } from '../detect/event.ts';
import { eventTime, utcWall } from './clock.ts';
import { incidentFacts } from './incident-words.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';
import { sentence, type Clocks } from './words.ts';
import { wrapped } from './wrap.ts';

export interface TimelineOptions {
  readonly clocks: Clocks;
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
}

/**
 * The lines of one event: the time at which it was decided, in UTC, then its sentence; under a closed incident what is
 * known of it. Each line is safe to show.
 */
export function timelineLines(event: UnroutableEvent, { clocks, paint, width }: TimelineOptions): readonly string[] {
  const { year, month, day, time } = utcWall(eventTime(event.time));
  const stamp = `${year}-${month}-${day} ${time}`;
  const tone = TONES[event.type];
  const indent = ' '.repeat(INDENT);

  const told = wrapped(printable(sentence(event, clocks)), width - INDENT).map((line, i) =>
    i === 0 ? `${paint('dim', stamp)}  ${paint(tone, line)}` : `${indent}${paint(tone, line)}`,
  );
  return [...told, ...facts(event, width).map((line) => `${indent}${paint('dim', line)}`)];
}

const INDENT = '2014-12-22 16:15:00  '.length;

function facts(event: UnroutableEvent, width: number): readonly string[] {
  if (event.type !== 'incident.closed') return [];
  return incidentFacts(event.data).flatMap((fact) =>
    wrapped(printable(fact), width - INDENT - 2).map((line, i) => (i === 0 ? `- ${line}` : `  ${line}`)),
  );
}

const TONES: Readonly<Record<EventType, Tone>> = {
  'country.unroutable': 'bad',
  'country.degraded': 'warn',
  'country.restored': 'good',
  'country.unknown': 'blind',
  'country.known': 'good',
  'unit.lost': 'plain',
  'unit.returned': 'plain',
  'upstream.gained': 'plain',
  'upstream.lost': 'plain',
  'origin.changed': 'warn',
  'prefix.new': 'plain',
  'observer.gap': 'blind',
  'observer.healed': 'plain',
  'incident.opened': 'bad',
  'incident.updated': 'warn',
  'incident.closed': 'good',
};
