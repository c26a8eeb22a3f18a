import { eventTime } from '../bgp/time.ts';
import type { UnroutableEvent } from '../detect/events/event.ts';
import { durationText } from './clock.ts';
import { meetings, type Met, type PublishedTime } from './published.ts';

/** What is known about an incident before it is replayed. */
export interface ScoredFact {
  readonly name: string;
  readonly published: readonly PublishedTime[];
  /** The changes that must be reported, by type and `since`; `undefined` when only published times are known. */
  readonly expected: readonly { readonly type: string; readonly since: string }[] | undefined;
  /** A quiet day: the replay must not report anything about the country. */
  readonly isQuiet: boolean;
}

/** The comparison of published and replayed times of one incident. Times in ms. */
export interface Score {
  readonly name: string;
  /** Published times that routes can show, and the number of them with an event within an hour. */
  readonly published: number;
  readonly met: number;
  /**
   * The largest error of an onset and of a duration, beyond the published precision; absent if nothing was published.
   */
  readonly onsetErrorMs?: number;
  readonly durationErrorMs?: number;
  /** Wrong outages: all on a quiet day, otherwise the unexpected ones. */
  readonly falseAlarms: number;
  /** Reported outages without a published time: on real days these are findings, not faults. */
  readonly unpublished: number;
}

const ONSETS = new Set(['country.unroutable', 'country.degraded']);

/** Compares the events of a replay with what was published. */
export function scoreOf(known: ScoredFact, events: readonly UnroutableEvent[]): Score {
  const found = meetings(known.published, events);
  const met = found.filter(({ began }) => began !== undefined);
  const onsets = met.filter(({ time }) => ONSETS.has(time.met_by)).map(({ error }) => error);
  const durations = durationErrors(found);
  const outages = outagesIn(events);
  return {
    name: known.name,
    published: found.length,
    met: met.length,
    ...(onsets.length > 0 && { onsetErrorMs: Math.max(...onsets) }),
    ...(durations.length > 0 && { durationErrorMs: Math.max(...durations) }),
    falseAlarms: outages.filter((event) => isFalse(event, known)).length,
    unpublished: outages.filter((event) => !isMet(event, met)).length,
  };
}

/** The losses of the country. Going from `unroutable` to `degraded` is not a loss. */
function outagesIn(events: readonly UnroutableEvent[]): readonly UnroutableEvent[] {
  const verdicts = events.filter(({ type }) => type.startsWith('country.') && type !== 'country.flapping');
  return verdicts.filter(({ type }, i) => {
    const isReturn = verdicts[i - 1]?.type === 'country.unroutable';
    return type === 'country.unroutable' || (type === 'country.degraded' && !isReturn);
  });
}

/** An onset and the return after it, if both were published and matched. In the worst case their errors add up. */
function durationErrors(found: readonly Met[]): readonly number[] {
  return found.flatMap((onset, i) => {
    const next = found[i + 1];
    const isPair = ONSETS.has(onset.time.met_by) && next?.time.met_by === 'country.restored';
    if (!isPair || onset.began === undefined || next.began === undefined) return [];
    return [onset.error + next.error];
  });
}

function isFalse({ type, data }: UnroutableEvent, { expected, isQuiet }: ScoredFact): boolean {
  if (isQuiet) return true;
  if (expected === undefined || !('since' in data) || data.since === undefined) return false;
  const since = eventTime(data.since);
  return !expected.some((event) => event.type === type && eventTime(event.since) === since);
}

function isMet({ type, data }: UnroutableEvent, met: readonly Met[]): boolean {
  if (!('first' in data)) return false;
  const first = eventTime(data.first);
  return met.some(({ time, began }) => time.met_by === type && began === first);
}

const COLUMNS = ['incident', 'published', 'met', 'onset error', 'duration error', 'missed', 'false', 'unpublished'];

/** The table as Markdown, columns padded so that it reads as plain text too. */
export function scoreTable(scores: readonly Score[]): readonly string[] {
  const rows = scores.map((score) => [
    score.name,
    String(score.published),
    String(score.met),
    errorText(score.onsetErrorMs),
    errorText(score.durationErrorMs),
    String(score.published - score.met),
    String(score.falseAlarms),
    String(score.unpublished),
  ]);
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(COLUMNS), rule, ...rows.map(line)];
}

function errorText(ms: number | undefined): string {
  return ms === undefined ? '' : ms === 0 ? '0 s' : durationText(ms);
}
