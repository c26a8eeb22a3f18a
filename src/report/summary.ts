import { eventTime, type EventTime } from '../bgp/time.ts';
import type { OfTerritory, Verdict, VisibilityData } from '../detect/events/event.ts';
import { utcText } from './clock.ts';
import type { Paint } from './paint.ts';
import { seenText, territoryName, unusualText, verdictText } from './phrases.ts';
import { lastedText, unseenSince } from './incident-words.ts';
import { counted, grouped, listed, percent, printable } from './printable.ts';
import type { ReportedIncident } from './verdicts.ts';
import { wrapped } from './wrap.ts';
import type { Clocks } from './words.ts';

/** The state of a territory and family at the end of the input. */
export interface Standing extends Pick<OfTerritory, 'territory' | 'family'> {
  readonly verdict: Verdict;
  /** Since when the verdict has held; `undefined`: there never was one. */
  readonly since: EventTime | undefined;
  /** The next verdict if nothing changes. Its hold is not over. */
  readonly pending: { readonly verdict: Verdict; readonly since: EventTime } | undefined;
  readonly visibility: VisibilityData;
  /** The number of voters that the policy requires. */
  readonly minVoters: number;
}

/** A part of the input that could not be read. */
export interface Damage {
  /**
   * `rrc00/updates.20141222.1600.gz`: collector and file name, without folders; or only a collector if a file is
   * missing.
   */
  readonly file: string;
  /** What is wrong and where, in words. */
  readonly what: string;
}

/** The data for the summary of a run. */
export interface Summary {
  /** The last event time that was read; `undefined`: no record was read. */
  readonly end: EventTime | undefined;
  readonly standings: readonly Standing[];
  readonly incidents: readonly ReportedIncident[];
  readonly files: number;
  readonly records: number;
  readonly damage: readonly Damage[];
  /** Whether a table dump was among the input. */
  readonly hasDump: boolean;
  readonly interrupted: boolean;
}

/** How a summary is written. */
export interface SummaryOptions {
  readonly clocks: Clocks;
  readonly paint: Paint;
  readonly width: number;
}

/** The summary at the end of a run: the present state, what happened, and how far the result can be trusted. */
export function summaryLines(summary: Summary, options: SummaryOptions): readonly string[] {
  const { paint, width } = options;
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [
          paint('strong', title),
          ...lines.flatMap((line) => wrapped(printable(line), width - 2).map((part) => `  ${part}`)),
        ];
  return [
    ...section(
      summary.interrupted ? 'Stopped early; until then' : 'At the end',
      standingLines(summary, options.clocks),
    ),
    ...section(incidentTitle(summary.incidents), incidentLines(summary, options.clocks)),
    ...section('Read', readLines(summary)),
    ...section('Damage', damageLines(summary.damage)),
    ...section('To see more', hints(summary)),
  ];
}

/** Why there is no verdict, one line for each territory without one; then what to do. */
export function blindLines(summary: Summary, clocks: Clocks): readonly string[] {
  const lines = noVerdictLines(summary, clocks);
  return lines.length === 0 ? [] : [...lines, ...hints(summary)];
}

/** Why there is no verdict, one line for each territory without one. */
export function noVerdictLines(
  { standings, end }: Pick<Summary, 'standings' | 'end'>,
  clocks: Clocks,
): readonly string[] {
  return standingLines({ standings: standings.filter(({ verdict }) => verdict === 'unknown'), end }, clocks);
}

function standingLines({ standings, end }: Pick<Summary, 'standings' | 'end'>, clocks: Clocks): readonly string[] {
  return standings.map((standing) => standingLine(standing, clocks, end));
}

function standingLine(
  { verdict, since, pending, visibility, ...of }: Standing,
  clocks: Clocks,
  end: EventTime | undefined,
): string {
  const name = territoryName(of, clocks);
  const at = end === undefined ? '' : `${clocks(of.territory.id).moment(end)}: `;
  if (verdict === 'unknown') {
    const { voters } = visibility;
    const why =
      voters < of.minVoters
        ? `${counted(voters, 'network')} that ${voters === 1 ? 'reports' : 'report'} to RIS, ${of.minVoters} are needed for a verdict`
        : noVerdictText(visibility);
    return `${at}this tool cannot judge ${name}: ${why}.${shownText(visibility, of.minVoters)}${nothingText(visibility, of)}`;
  }
  const from = since === undefined ? 'is' : 'has been';
  const origins = clocks.watched?.(of.territory.id)?.origins ?? [];
  // Routes from other origins do not count, but may exist.
  const ofOrigins = verdict === 'unroutable' && origins.length > 0 ? ` from ${listed(origins)}` : '';
  const when = since === undefined ? '' : ` since ${utcText(since)}`;
  const what = `${at}${name} ${from} ${verdict}${when}`;
  const seen = `${seenText(visibility, verdict !== 'unroutable')}${ofOrigins}${unusualText({ ...of, visibility }, clocks)}.`;
  if (pending === undefined) return `${what}: ${seen}`;
  // What is seen now is why it looks different, and contradicts the verdict that still stands.
  return `${what}. It has looked ${verdictText(pending.verdict)} since ${utcText(pending.since)}, not long enough for a verdict: ${seen}`;
}

/** Too few networks report for a verdict, but what they see is still worth a line. */
function shownText(visibility: VisibilityData, minVoters: number): string {
  const { voters } = visibility;
  return voters > 0 && voters < minVoters ? ` What they show: ${seenText(visibility, false)}.` : '';
}

/** If no network sees any of it: says that this proves nothing about the territory. */
function nothingText({ unitsVisible, seeing }: VisibilityData, { territory }: Pick<OfTerritory, 'territory'>): string {
  return unitsVisible > 0 || seeing > 0 ? '' : ` That says nothing about ${territory.name}.`;
}

/** Enough networks report, and there is still no verdict: says what they see. */
function noVerdictText(visibility: VisibilityData): string {
  const { seeing, seeingNothing } = visibility;
  if (seeing > 0 && seeingNothing > 0)
    return `${seenText(visibility, false)}, ${seeing} ${seeing === 1 ? 'has' : 'have'} one, and it is not known what is usual`;
  return `${seenText(visibility, false)}, which does not prove that it is gone: none of it was seen before, or it has not lasted long enough`;
}

function incidentTitle(incidents: readonly ReportedIncident[]): string {
  return counted(incidents.length, 'incident').replace(/^./, (letter) => letter.toUpperCase());
}

/** More incidents than this are only counted; the machine formats have all of them. */
const MAX_INCIDENTS = 20;

function incidentLines({ incidents, standings }: Summary, clocks: Clocks): readonly string[] {
  const isOne = standings.length === 1;
  const shown = incidents.slice(0, MAX_INCIDENTS).map((incident) => incidentLine(incident, isOne, clocks));
  const more = incidents.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** `2014-12-22 16:15:12 UTC  unroutable for 9 h 30 min, down to 2.1 %, cliff` */
function incidentLine(incident: ReportedIncident, isOne: boolean, clocks: Clocks): string {
  const { territory, family, spans, durationMs, depth, shape, sinceAtLatest, rebased, backfilled } = incident;
  const since = spans[0]?.from;
  const from =
    since === undefined ? '' : `${utcText(eventTime(since))}${sinceAtLatest === true ? ' or earlier' : ''}  `;
  const isOpen = durationMs === undefined && unseenSince(incident) === undefined;
  const state = isOpen ? ', not over' : rebased === true ? ', then taken as the normal state' : '';
  const who = isOne ? '' : `${territoryName({ territory: { id: territory, name: territory }, family }, clocks)}: `;
  return `${from}${who}${lastedText(incident)}${state}; down to ${percent(depth)}, ${shape === 'unseen' ? 'onset not seen' : shape}${backfilled ? '; in part from data filled in after a gap' : ''}`;
}

function readLines({ files, records, damage, end }: Summary): readonly string[] {
  const whole = damage.length === 0 ? 'nothing damaged' : `${counted(damage.length, 'fault')}, named below`;
  const until = end === undefined ? '' : `, up to ${utcText(end)}`;
  return [`${counted(files, 'file')}, ${grouped(records)} records${until}; ${whole}.`];
}

const MAX_DAMAGE = 20;

function damageLines(damage: readonly Damage[]): readonly string[] {
  const shown = damage.slice(0, MAX_DAMAGE).map(({ file, what }) => `${file}: ${what}`);
  const more = damage.length - shown.length;
  return more > 0 ? [...shown, `and ${grouped(more)} more; --format json has them all`] : shown;
}

/** What to do when the verdict is `unknown`, most likely cause first. */
function hints({ standings, hasDump }: Summary): readonly string[] {
  const blind = standings.filter(({ verdict }) => verdict === 'unknown');
  const short = blind.filter(({ visibility, minVoters }) => visibility.voters < minVoters);
  if (blind.length === 0) return [];
  const dump = hasDump
    ? []
    : [
        'Give a table dump (bview, rib) from before the time in question: it shows which peers carry a whole table, and with it who may vote.',
      ];
  const voters = short.every(({ visibility }) => visibility.voters === 0)
    ? []
    : ['Give files of more collectors: each adds the networks that report to it.'];
  return [...dump, ...voters];
}
