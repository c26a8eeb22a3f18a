import type { Incident, IncidentData, IncidentSpan } from '../detect/events/event.ts';
import { durationText, eventTime, utcText, utcWall, type Clock } from './clock.ts';
import { counted, listed, percent } from './printable.ts';
import { territoryName } from './phrases.ts';

/** The incident in one sentence: when, how long, how deep. */
export function incidentSentence(data: IncidentData, clock: Clock): string {
  const { incident } = data;
  const since = clock.moment(eventTime(data.since));
  const name = territoryName(data);
  if (incident.state === 'open') {
    const drops = incident.drops > 1 ? `, ${counted(incident.drops, 'drop')} so far` : '';
    return `An incident: ${name} has been ${worstText(incident)} from ${since}${drops}, visibility down to ${percent(incident.depth)}.`;
  }
  const duration = incident.durationMs === undefined ? '' : `, ${durationText(incident.durationMs)} in all`;
  return `The incident is over: ${name} was ${worstText(incident)} from ${since}${endText(incident, clock)}${duration}${dropsText(incident)}.`;
}

/**
 * What is known of an incident beyond its sentence, one line a fact: how it began, what went in which order, what
 * stayed, how it came back. Facts that are not there have no line.
 */
export function incidentFacts({ incident }: IncidentData): readonly string[] {
  return [
    onsetText(incident),
    ...dropLines(incident),
    sequenceText(
      'Networks lost',
      incident.unitsLost.map(({ unit, at }) => ({ what: unit, at })),
    ),
    sequenceText(
      'Upstreams lost',
      incident.upstreamsLost.map(({ upstream, at }) => ({ what: `AS${upstream}`, at })),
    ),
    stuckText(incident),
    sequenceText(
      'Networks back',
      incident.unitsReturned.map(({ unit, at }) => ({ what: unit, at })),
    ),
    incident.backfilled ? 'Part of this was decided on data filled in after a gap.' : '',
    `Evidence: ${counted(incident.evidence.count, 'message')} of the archive.`,
  ].filter((line) => line !== '');
}

function worstText({ worst, drops }: Incident): string {
  if (worst === 'unroutable') return 'unroutable';
  return drops > 1 ? 'degraded, again and again,' : 'degraded';
}

function endText({ spans }: Incident, clock: Clock): string {
  const until = spans.at(-1)?.until;
  return until === undefined ? '' : ` to ${clock.moment(eventTime(until))}`;
}

function dropsText({ drops, downMs }: Incident): string {
  return drops < 2 ? '' : `, in ${drops} drops that lasted ${durationText(downMs)} together`;
}

/** `Onset: cliff; first loss 16:14:51, half lost 16:14:58 (+7 s), nine tenths 16:15:00 (+9 s).` */
function onsetText({ shape, onset }: Incident): string {
  if (onset === undefined) return 'Onset: not seen.';
  const first = eventTime(onset.first);
  const after = (label: string, at: string | undefined) =>
    at === undefined ? [] : [`${label} ${delayText(eventTime(at) - first)} later`];
  const parts = [
    `first loss ${utcText(first)}`,
    ...after('half lost', onset.half),
    ...after('nine tenths lost', onset.ninety),
  ];
  return `Onset: ${SHAPES[shape]}; ${parts.join(', ')}.`;
}

const SHAPES: Readonly<Record<Incident['shape'], string>> = {
  cliff: 'a cliff, all at once',
  slope: 'a slope, bit by bit',
  flapping: 'flapping, down and up again',
  unseen: 'not seen',
};

function delayText(ms: number): string {
  return ms < 1000 ? '0 s' : durationText(ms);
}

/** More drops than this are told by number: an incident of flapping may have hundreds. */
const DROPS_TOLD = 12;

function dropLines({ drops, spans }: Incident): readonly string[] {
  if (drops < 2) return [];
  const down = spans.filter(({ verdict }) => verdict === 'unroutable' || verdict === 'degraded');
  const told = down.slice(0, DROPS_TOLD).map(dropLine);
  return drops > DROPS_TOLD ? [...told, `and ${drops - DROPS_TOLD} more drops`] : told;
}

function dropLine(drop: IncidentSpan, i: number): string {
  const since = eventTime(drop.from);
  const until = drop.until === undefined ? undefined : eventTime(drop.until);
  const lasted = until === undefined ? 'and lasts' : `to ${utcWall(until).time}, ${durationText(until - since)}`;
  return `Drop ${i + 1}: ${drop.verdict} ${utcText(since)} ${lasted}, visibility down to ${percent(drop.depth ?? 1)}`;
}

/** More entries than this are cut: the machine formats have them all. */
const ENTRIES_TOLD = 8;

/** `Networks lost: 175.45.176.0/24 16:14:53, 175.45.177.0/24 16:14:53.` Times are UTC. */
function sequenceText(label: string, entries: readonly { readonly what: string; readonly at: string }[]): string {
  if (entries.length === 0) return '';
  const told = entries.slice(0, ENTRIES_TOLD).map(({ what, at }) => `${what} ${utcWall(eventTime(at)).time}`);
  const more = entries.length > ENTRIES_TOLD ? `, and ${entries.length - ENTRIES_TOLD} more` : '';
  return `${label}: ${told.join(', ')}${more}.`;
}

/** Of a partial loss it would say that most peers kept what was not lost. */
function stuckText({ stuck, worst }: Incident): string {
  if (stuck.length === 0 || worst !== 'unroutable') return '';
  const told = stuck
    .slice(0, 4)
    .map(({ asn, collector, units }) => `AS${asn} at ${collector} (${counted(units, 'network')})`);
  const more = stuck.length > 4 ? [`${stuck.length - 4} more`] : [];
  return `${counted(stuck.length, 'peer')} kept a route all the while: ${listed([...told, ...more])}. A route left behind, or a path that survived.`;
}
