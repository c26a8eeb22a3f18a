import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

/** `incident.yaml`, as incidents/README.md describes it. Times are text, to the second. */
const INCIDENT = z.strictObject({
  title: z.string(),
  label: z.string(),
  territory: z.string(),
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
  published_untimed: z.array(z.string()).optional(),
  assumed: z.array(z.string()),
  expect: z.strictObject({
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

export interface Incident extends z.infer<typeof INCIDENT> {
  readonly name: string;
  readonly folder: string;
}

export type ExpectedEvent = Incident['expect']['events'][number];
export type ExpectedIncident = Incident['expect']['incidents'][number];

const ROOT = fileURLToPath(new URL('../../incidents', import.meta.url));

export const INCIDENTS: readonly Incident[] = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()
  .map((name) => {
    const folder = join(ROOT, name);
    const text = readFileSync(join(folder, 'incident.yaml'), 'utf8');
    return { ...INCIDENT.parse(parse(text)), name, folder };
  });

/** The recordings: `bview` and `updates` of each collector, by path from the incident's folder. */
export function recordingsOf({ folder }: Incident): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((collector) =>
      readdirSync(join(folder, collector.name, 'bgpdata')).map((file) => `${collector.name}/bgpdata/${file}`),
    )
    .sort();
}

/** Without milliseconds, which the recordings do not have. */
export function toTheSecond(iso: string): string {
  return iso.replace('.000Z', 'Z');
}
