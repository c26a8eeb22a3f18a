import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseCollector, type Collector } from '../../bgp/peer.ts';
import { spanText, type IncidentCard } from '../../report/incident-card.ts';
import type { ScoredFact } from '../../report/score.ts';
import { BUILT_IN } from '../../territory/built-in.ts';
import { packageRoot } from '../package-root.ts';
import { compareTexts } from '../../lib/compare-texts.ts';

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

const collector = z.string().transform((name, context): Collector => {
  const known = parseCollector(name);
  if (known !== undefined) return known;
  context.addIssue(`${name} names no collector`);
  return z.NEVER;
});

const COMMON = {
  title: z.string(),
  label: z.string(),
  territory: z.string(),
  place: z.string(),
  summary: z.string(),
  window: z.strictObject({ from: time, until: time }),
  sources: z.record(z.string(), z.strictObject({ name: z.string(), url: z.url().optional() })),
  published: z.array(
    z.strictObject({
      at: time,
      precision: z.enum(['second', 'minute', 'about']),
      source: z.string(),
      met_by: z.string(),
      what: z.string(),
    }),
  ),
  published_untimed: z.array(z.string()).default([]),
  observed: z.array(z.string()).default([]),
  not_observed: z.array(z.string()).default([]),
};

/** `incidents/NAME/incident.yaml`, with the recordings beside it. Times are text, UTC, to the second. */
const RECONSTRUCTED = z.strictObject({
  ...COMMON,
  kind: z.literal('reconstructed'),
  assumed: z.array(z.string()),
  expect: z.strictObject({
    /** The family of all these events, if the other one is not concerned. */
    family: z.enum(['ipv4', 'ipv6']).optional(),
    events: z.array(
      z.strictObject({
        first: time,
        since: time,
        type: z.string(),
        upstream: z.int().optional(),
        units: z.array(z.string()).optional(),
      }),
    ),
    incidents: z.array(
      z.strictObject({ since: time, until: time, drops: z.int(), worst: z.string(), shape: z.string() }),
    ),
  }),
});

/** One entry of `incidents/published.yaml`: only published facts, without recordings. */
const PUBLISHED = z.strictObject({
  ...COMMON,
  name: z.string(),
  label: z.string().default(''),
  /**
   * `archive`: it can be replayed from the public archives. `published`: its networks are not known, so it cannot be
   * replayed.
   */
  kind: z.enum(['archive', 'published']),
  /** Collectors to fetch. */
  collectors: z.array(collector).default([]),
  /** A quiet day: no event about the country is expected. */
  quiet: z.boolean().default(false),
});

/** A known incident with recordings in the package: incidents/README.md says how each was made. */
export interface ReconstructedIncident extends z.infer<typeof RECONSTRUCTED> {
  readonly name: string;
  readonly folder: string;
  /** File of the territory, if networks for documentation replace the country's: archives do not contain them. */
  readonly territories?: string;
}

/** An incident that others published, without a recording here. */
export type PublishedIncident = z.infer<typeof PUBLISHED>;

/** An incident of the library. */
export type KnownIncident = ReconstructedIncident | PublishedIncident;

const LABELS = {
  archive: 'from the public archives; no files are shipped',
  published: 'published only: this library does not contain its networks',
} as const;

/** The library in the package, by name. Its files are our own, so a fault in them is a bug. */
export async function knownIncidents(): Promise<readonly KnownIncident[]> {
  const root = join(packageRoot(), 'incidents');
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const reconstructed = await Promise.all(folders.map((name) => readIncident(name, join(root, name))));
  const text = await readFile(join(root, 'published.yaml'), 'utf8');
  const published = z.array(PUBLISHED).parse(parse(text));
  const named = published.map((incident) => ({ ...incident, label: incident.label || LABELS[incident.kind] }));
  return [...reconstructed, ...named].toSorted((a, b) => compareTexts(a.name, b.name));
}

async function readIncident(name: string, folder: string): Promise<ReconstructedIncident> {
  const text = await readFile(join(folder, 'incident.yaml'), 'utf8');
  const incident = RECONSTRUCTED.parse(parse(text));
  const isBuiltIn = BUILT_IN.some(({ id }) => id === incident.territory);
  return { ...incident, name, folder, ...(!isBuiltIn && { territories: join(folder, '..', 'territories.yaml') }) };
}

/** Whether nothing of it was published: a day for tests, which says nothing about the real day. */
export function isInvented({ kind, published, published_untimed: untimed }: KnownIncident): boolean {
  return kind === 'reconstructed' && published.length + untimed.length === 0;
}

/** The published facts with which a replay is compared. */
export function knownOf(incident: KnownIncident): ScoredFact {
  const { name, published } = incident;
  if (incident.kind !== 'reconstructed') return { name, published, expected: undefined, isQuiet: incident.quiet };
  const expected = incident.expect.events.filter(({ type }) => type.startsWith('country.'));
  return { name, published, expected, isQuiet: expected.length === 0 };
}

/** The card of an incident, from the library's facts. */
export function cardOfKnown(incident: KnownIncident): IncidentCard {
  const { name, title, place, window, label, summary, observed, published, sources } = incident;
  const durations =
    incident.kind === 'reconstructed'
      ? incident.expect.incidents.map(({ since, until, worst }) =>
          spanText(`an incident, ${worst} at worst,`, { from: since, until }),
        )
      : [];
  return {
    format: 'unroutable.incident-card/1',
    name,
    title,
    place,
    window,
    label,
    summary,
    durations,
    observed,
    notObserved: incident.not_observed,
    published,
    publishedUntimed: incident.published_untimed,
    assumed: incident.kind === 'reconstructed' ? incident.assumed : [],
    sources,
  };
}
