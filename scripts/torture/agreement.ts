import type { Incident, OfTerritory, UnroutableEvent } from '../../src/detect/events/event.ts';

/**
 * Differences between the events about territories and those of an undisturbed run: types, verdicts, reasons, units,
 * order. Empty: they agree. Times and evidence may differ.
 */
export function disagreements(calm: readonly UnroutableEvent[], found: readonly UnroutableEvent[]): readonly string[] {
  const [wanted, reported] = [calm.map(gist), found.map(gist)];
  const common = commonLengths(wanted, reported);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < wanted.length || j < reported.length) {
    if (i < wanted.length && j < reported.length && wanted[i] === reported[j]) [i, j] = [i + 1, j + 1];
    else if (j >= reported.length || (i < wanted.length && at(common, i + 1, j) >= at(common, i, j + 1)))
      lines.push(`not reported: ${wordsOf(calm[i++])}`);
    else lines.push(`reported, and not by the run that was left alone: ${wordsOf(found[j++])}`);
  }
  return lines;
}

/** The content of an event, without its time and its visibility. */
function gist({ type, subject, data }: UnroutableEvent): string {
  const { verdict, previous, reason, rebased, unit, units, upstream, origin, change, prefix, incident } =
    data as object as Readonly<Record<string, unknown>>;
  const reported = { verdict, previous, reason, rebased, unit, units, upstream, origin, change, prefix };
  return JSON.stringify({ type, subject, ...reported, ...(typeof incident === 'object' && incidentGist(incident)) });
}

function incidentGist(incident: object | null): object {
  const { state, worst, spans } = incident as Incident;
  return { state, worst, spans: spans.map((span) => [span.verdict, span.until !== undefined]) };
}

/** A description for people, with everything that helps to find the cause. */
function wordsOf(event: UnroutableEvent | undefined): string {
  if (event === undefined) return 'nothing';
  const { since, first, visibility } = event.data as Partial<OfTerritory>;
  return [
    event.time,
    event.source,
    event.sequence,
    event.id,
    gist(event),
    JSON.stringify({ since, first, visibility }),
  ].join(' ');
}

/** By row and column: length of the longest common subsequence of the rest. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly Uint32Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const row = rows[i];
      if (row) row[j] = a[i] === b[j] ? at(rows, i + 1, j + 1) + 1 : Math.max(at(rows, i + 1, j), at(rows, i, j + 1));
    }
  return rows;
}

function at(rows: readonly Uint32Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}
