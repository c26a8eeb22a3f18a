import { eventTime } from '../bgp/time.ts';
import type { Envelope, EventType, UnroutableEvent } from '../detect/events/event.ts';
import { utcWall } from './clock.ts';
import { incidentFacts } from './incident-words.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './printable.ts';
import { Progression } from './progression.ts';
import { sentence, unitsSentence, type Clocks } from './words.ts';
import { wrapped } from './wrap.ts';

/** How a timeline is written. */
export interface TimelineOptions {
  readonly clocks: Clocks;
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
  /** Below this visibility the verdict of the territory covers its networks, and single networks have no lines. */
  readonly degradedBelow: (territory: string) => number;
}

/**
 * A timeline for people, printed as events come: call it with the events of one decision, and it returns their lines.
 * Each day has a line; each event has its time and a sentence; a closed incident has more lines with its facts. Events
 * that add nothing are left out: openings and updates of incidents whose verdict is printed, and networks that are lost
 * and return with the whole territory. The machine formats have all events.
 */
export function createTimeline(options: TimelineOptions): (events: readonly UnroutableEvent[]) => readonly string[] {
  /** Networks whose loss had no line, so their return has none either. */
  const silent = new Set<string>();
  const progression = new Progression();
  let day = '';

  const isShown = (event: UnroutableEvent): boolean => {
    if (event.type === 'unit.returned') return !silent.delete(networkOf(event));
    if (event.type === 'incident.updated') return (event.data.changed ?? []).some((change) => WORSE.has(change));
    if (event.type !== 'unit.lost') return event.type !== 'incident.opened';
    const isAlone = event.data.visibility.share >= options.degradedBelow(event.data.territory.id);
    if (!isAlone) silent.add(networkOf(event));
    return isAlone;
  };
  return (events) => {
    for (const event of events) progression.note(event);
    return grouped(events.filter(isShown)).flatMap((group) => {
      const header = dayOf(group[0]);
      const lines = groupLines(group, options, progression);
      if (header === day) return lines;
      day = header;
      return [options.paint('strong', header), ...lines];
    });
  };
}

/** Changes of an update that no verdict beside it already says. */
const WORSE: ReadonlySet<string> = new Set(['below-half', 'near-unroutable', 'units-lost', 'spread', 'flapping']);

/** A network of a drill is not the same as the network of the real territory. */
function networkOf({ source, subject, data }: Envelope<'unit.lost'> | Envelope<'unit.returned'>): string {
  return `${source} ${subject} ${data.unit}`;
}

function dayOf({ time }: UnroutableEvent): string {
  const { year, month, day } = utcWall(eventTime(time));
  return `${year}-${month}-${day} UTC`;
}

type Group = readonly [UnroutableEvent, ...UnroutableEvent[]];

function grouped(events: readonly UnroutableEvent[]): readonly Group[] {
  const groups: [UnroutableEvent, ...UnroutableEvent[]][] = [];
  for (const event of events) {
    const alike = groups.find(([first]) => areAlike(first, event));
    if (alike === undefined) groups.push([event]);
    else alike.push(event);
  }
  return groups;
}

function areAlike(a: UnroutableEvent, b: UnroutableEvent): boolean {
  return (
    (a.type === 'unit.lost' || a.type === 'unit.returned') &&
    a.type === b.type &&
    a.source === b.source &&
    a.subject === b.subject &&
    a.time === b.time &&
    a.data.since === b.data.since
  );
}

function groupLines(
  group: Group,
  { clocks, paint, width }: TimelineOptions,
  progression: Progression,
): readonly string[] {
  const [event] = group;
  const stamp = utcWall(eventTime(event.time)).time;
  const tone = TONES[event.type];
  const indent = ' '.repeat(INDENT);

  const wrappedLines = wrapped(printable(groupSentence(group, clocks)), width - INDENT).map((line, i) =>
    i === 0 ? `  ${paint('dim', stamp)}  ${paint(tone, line)}` : `${indent}${paint(tone, line)}`,
  );
  return [...wrappedLines, ...facts(event, width, progression).map((line) => `${indent}${paint('dim', line)}`)];
}

function groupSentence(group: Group, clocks: Clocks): string {
  const [first, ...others] = group.filter((event) => event.type === 'unit.lost' || event.type === 'unit.returned');
  return first === undefined ? sentence(group[0], clocks) : unitsSentence([first, ...others], clocks);
}

const INDENT = '  16:15:00  '.length;

function facts(event: UnroutableEvent, width: number, progression: Progression): readonly string[] {
  if (event.type !== 'incident.closed') return [];
  return [...incidentFacts(event.data), ...progression.linesOf(event.data)].flatMap((fact) =>
    wrapped(printable(fact), width - INDENT - 2).map((line, i) => (i === 0 ? `- ${line}` : `  ${line}`)),
  );
}

const TONES: Readonly<Record<EventType, Tone>> = {
  'country.unroutable': 'bad',
  'country.degraded': 'warn',
  'country.restored': 'good',
  'country.unknown': 'blind',
  'country.known': 'good',
  'country.flapping': 'warn',
  'country.steady': 'good',
  'unit.lost': 'plain',
  'unit.returned': 'plain',
  'upstream.gained': 'plain',
  'upstream.lost': 'plain',
  'origin.changed': 'warn',
  'prefix.new': 'plain',
  'observer.gap': 'blind',
  'observer.healed': 'plain',
  'observer.blind': 'blind',
  'observer.restored': 'good',
  'observer.data-loss': 'warn',
  'incident.opened': 'bad',
  'incident.updated': 'warn',
  'incident.closed': 'good',
  'reachability.changed': 'plain',
  'reachability.warning': 'warn',
};
