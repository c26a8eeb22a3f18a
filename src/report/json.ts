import type { EventTime } from '../bgp/time.ts';
import { isoTime } from '../bgp/time.ts';
import type { UnroutableEvent } from '../detect/events/event.ts';
import type { Policy } from '../policy/policy.ts';
import type { Territory } from '../territory/territory.ts';
import type { VotingPolicy } from '../policy/voting-policy.ts';
import { jsonText } from './printable.ts';
import type { Damage } from './summary.ts';
import type { ReportedIncident, VerdictTimeline } from './verdicts.ts';

/**
 * An input file in the JSON document. It has only the file's name without folders, so that the same files give the same
 * bytes on every machine.
 */
export interface InputFile {
  readonly name: string;
  readonly collector: string;
  readonly kind: string;
  /** Size on disk. */
  readonly bytes: number;
}

/** The result of a replay, before it is written as JSON. */
export interface ReplayDocument {
  readonly status: 'done' | 'partial' | 'interrupted';
  readonly files: readonly InputFile[];
  readonly since: EventTime | undefined;
  readonly until: EventTime | undefined;
  readonly end: EventTime | undefined;
  readonly records: number;
  readonly territories: readonly { readonly territory: Territory; readonly policy: Policy }[];
  readonly voting: VotingPolicy;
  readonly verdicts: readonly VerdictTimeline[];
  readonly incidents: readonly ReportedIncident[];
  readonly events: readonly UnroutableEvent[];
  readonly damage: readonly Damage[];
  /** Records that were delimited but not understood, by reason. */
  readonly problems: readonly { readonly reason: string; readonly count: number }[];
}

/**
 * A whole replay as one JSON document. It contains nothing that depends on the day or the machine: the same input gives
 * the same bytes.
 */
export function replayJson(replay: ReplayDocument): string {
  const { files, since, until, end, records, territories, ...rest } = replay;
  const document = {
    format: 'unroutable.replay/1',
    status: rest.status,
    // If reading stops early, the number of bytes read depends on how far the machine had read ahead.
    input: { files, since: at(since), until: at(until), end: at(end), ...(until === undefined && { records }) },
    territories: territories.map(({ territory, policy }) => ({
      id: territory.id,
      name: territory.name,
      blocks: territory.blocks.map(({ text }) => text),
      origins: territory.origins,
      timeZone: territory.timeZone,
      policy,
    })),
    voting: rest.voting,
    verdicts: rest.verdicts,
    incidents: rest.incidents,
    events: rest.events,
    damage: rest.damage,
    problems: rest.problems,
  };
  return `${jsonText(document, 2)}\n`;
}

function at(time: EventTime | undefined): string | undefined {
  return time === undefined ? undefined : isoTime(time);
}
