import { eventTime } from '../../bgp/time.ts';
import { durationText, utcText } from '../../report/clock.ts';
import type { Incident, IncidentData, Message, UnroutableEvent } from '../../detect/events/event.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Picture } from '../../pictures/pictures.ts';
import { answerText } from '../../report/answer.ts';
import { incidentFacts, openText } from '../../report/incident-words.ts';
import { GAP_REASONS, verdictText } from '../../report/phrases.ts';
import { counted, percent } from '../../report/printable.ts';
import type { Block, ReportDocument, Section } from '../../report/report-document.ts';
import { captionsOf, clockOf, isReconstructed, nameOf } from './captions.ts';
import type { SubjectFacts } from './facts.ts';

/** Lines about the input and the rules, the same for all territories of a report. */
export interface Measured {
  /** The input, one line each; empty for a store. */
  readonly inputs: readonly string[];
  /** The thresholds of the verdicts; absent for a store, which does not contain them. */
  readonly policy?: Policy | undefined;
  /** Published times beside replayed ones, one line each. */
  readonly published: readonly string[];
  /** Names of ASes. */
  readonly names: ReadonlyMap<number, string>;
}

/** Most rows of evidence, gaps and stretches; further rows are only counted. */
const MOST_ROWS = 20;

/** The report of one territory and family, as text and tables. */
export function documentOf(facts: SubjectFacts, pictures: readonly Picture[], measured: Measured): ReportDocument {
  const clock = clockOf(facts);
  const name = nameOf(facts);
  const { range, stretches } = facts;
  return {
    title: `${name}, ${utcText(range.from)} to ${utcText(range.until)}${isReconstructed(facts) ? ' (reconstructed)' : ''}`,
    answer: answerText({ name, clock, range, stretches }),
    sections: [
      { title: 'What was seen', blocks: pictures.map(pictureBlock) },
      { title: 'Incidents', blocks: incidentBlocks(facts, measured.names) },
      { title: 'What was not seen', blocks: gapBlocks(facts) },
      ...section('What was published', measured.published),
      {
        title: 'How it was measured',
        blocks: [{ kind: 'list', items: [...captionsOf(facts), ...METHOD, ...rulesOf(measured)] }],
      },
      ...section('What was read', measured.inputs),
    ],
  };
}

const METHOD = [
  'A witness sees a network when it has a route to it from an origin that counts. Visibility is the share of what the witnesses usually see that they see now.',
  'A witness whose session goes down is not counted as a loss. Where too few witnesses send data, the verdict is “not known”.',
];

function rulesOf({ policy }: Measured): readonly string[] {
  if (policy === undefined) return ['The thresholds are those that the watch was given when it was recorded.'];
  const { unroutableBelow, unroutableHoldMs, degradedBelow, degradedHoldMs } = policy;
  return [
    `Unroutable: visibility is below ${percent(unroutableBelow)} for ${durationText(unroutableHoldMs)}. Degraded: below ${percent(degradedBelow)} for ${durationText(degradedHoldMs)}.`,
  ];
}

function section(title: string, lines: readonly string[]): readonly Section[] {
  return lines.length === 0 ? [] : [{ title, blocks: [{ kind: 'list', items: lines }] }];
}

function pictureBlock({ id, title, summary }: Picture): Block {
  return { kind: 'picture', id, title, text: summary };
}

function incidentBlocks(facts: SubjectFacts, names: Measured['names']): readonly Block[] {
  if (facts.incidents.length === 0) return [{ kind: 'text', text: 'No incident was found.' }];
  const clock = clockOf(facts);
  const latest = lastData(facts.events);
  const rows = facts.incidents.map((incident) => {
    const [first] = incident.spans;
    const last = incident.spans.at(-1);
    return [
      first === undefined ? '' : `${clock.moment(eventTime(first.from))}${first.sinceAtLatest ? ' or earlier' : ''}`,
      last?.until === undefined ? openText(incident) : clock.moment(eventTime(last.until)),
      durationOf(incident.unroutableMs),
      durationOf(incident.degradedMs),
      durationOf(incident.unknownMs),
      String(incident.drops),
      percent(incident.depth),
      incident.shape,
    ];
  });
  const head = ['from', 'until', 'unroutable', 'degraded', 'not seen', 'drops', 'lowest visibility', 'shape'];
  return [
    { kind: 'table', caption: 'Each incident from its onset to the recovery that lasted', head, rows },
    ...facts.incidents.flatMap((incident) => [
      ...evidenceBlocks(incident, latest.get(incident.id), names),
      ...orderBlocks(facts.orders.get(incident.id)),
    ]),
  ];
}

function durationOf(ms: number): string {
  return ms === 0 ? '' : durationText(ms);
}

/** Each incident as its last event describes it. */
function lastData(events: readonly UnroutableEvent[]): ReadonlyMap<string, IncidentData> {
  const latest = new Map<string, IncidentData>();
  for (const { data } of events)
    if ('incident' in data && typeof data.incident === 'object') latest.set(data.incident.id, data as IncidentData);
  return latest;
}

function orderBlocks(lines: readonly string[] = []): readonly Block[] {
  return lines.length === 0 ? [] : [{ kind: 'list', items: lines }];
}

function evidenceBlocks(
  incident: Incident,
  data: IncidentData | undefined,
  names: Measured['names'],
): readonly Block[] {
  const { messages, count } = incident.evidence;
  const begin = incident.spans[0]?.from;
  const since = begin === undefined ? '' : ` of ${utcText(eventTime(begin))}`;
  const facts = data === undefined ? [] : incidentFacts({ ...data, incident }).map((fact) => withNames(fact, names));
  const spans = incident.spans
    .slice(0, MOST_ROWS)
    .map(({ verdict, from, until }) => [
      verdictText(verdict),
      utcText(eventTime(from)),
      until === undefined ? '' : utcText(eventTime(until)),
      until === undefined ? '' : durationText(eventTime(until) - eventTime(from)),
    ]);
  return [
    ...(facts.length > 0 ? [{ kind: 'list', items: facts } as const] : []),
    {
      kind: 'table',
      caption: `Spans of the incident${since}`,
      head: ['verdict', 'from', 'until', 'duration'],
      rows: spans,
    },
    {
      kind: 'table',
      isFolded: true,
      caption: `Evidence of the incident${since}: ${messages.length > MOST_ROWS ? `${MOST_ROWS} of ` : ''}${counted(count, 'message')} of the archive`,
      head: ['at', 'type', 'collector', 'peer', 'prefixes'],
      rows: messages.slice(0, MOST_ROWS).map((message) => messageRow(message, names)),
    },
  ];
}

/** `AS4837` becomes `AS4837 (CHINA169-BACKBONE)`. */
function withNames(text: string, names: Measured['names']): string {
  return text.replaceAll(/\bAS(\d+)\b/g, (number: string, asn: string) => {
    const name = names.get(Number(asn));
    return name === undefined ? number : `${number} (${name})`;
  });
}

function messageRow({ at, type, collector, peer, prefixes }: Message, names: Measured['names']): readonly string[] {
  const name = names.get(peer.asn);
  const whose = `AS${peer.asn} ${name === undefined ? '' : `${name}, `}${peer.address}`;
  return [utcText(eventTime(at)), type, collector, whose, prefixes.join(' ')];
}

function gapBlocks({ stretches, events }: SubjectFacts): readonly Block[] {
  const unseen = stretches.filter(({ verdict }) => verdict === 'unknown' || verdict === 'off');
  const gaps = events.flatMap(({ type, data }) =>
    type === 'observer.gap' && 'collector' in data
      ? [
          [
            utcText(eventTime(data.since)),
            data.collector,
            data.peer === undefined ? 'all peers' : `AS${data.peer.asn} ${data.peer.address}`,
            GAP_REASONS[data.reason],
          ],
        ]
      : [],
  );
  const blocks: Block[] = [];
  if (unseen.length > 0)
    blocks.push({
      kind: 'table',
      caption: 'Time without a known verdict',
      head: ['from', 'until', 'duration', 'why'],
      rows: unseen.map(({ verdict, from, until }) => [
        utcText(from),
        utcText(until),
        durationText(until - from),
        verdict === 'off' ? 'nothing was recorded' : 'too few witnesses sent data',
      ]),
    });
  if (gaps.length > 0)
    blocks.push({
      kind: 'table',
      caption: `Gaps in what was received${gaps.length > MOST_ROWS ? `: the first ${MOST_ROWS} of ${gaps.length}` : ''}`,
      head: ['since', 'collector', 'peer', 'why'],
      rows: gaps.slice(0, MOST_ROWS),
    });
  return blocks.length > 0 ? blocks : [{ kind: 'text', text: 'Nothing is known to be missing.' }];
}
