import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { select, type Selection } from '../../src/config/selection.ts';
import { knownIncidents, type ReconstructedIncident } from '../../src/app/incidents/library.ts';

export type Incident = ReconstructedIncident;

export type ExpectedEvent = Incident['expect']['events'][number];
export type ExpectedIncident = Incident['expect']['incidents'][number];

/** Those of the library that are shipped with recordings. */
export const INCIDENTS: readonly Incident[] = (await knownIncidents()).filter(
  (incident): incident is ReconstructedIncident => incident.kind === 'reconstructed',
);

/** What of it is watched, and by which rules: the defaults. */
export async function watchedIn({ territory, territories }: Incident): Promise<Selection> {
  const selection = await select({
    territory: [territory],
    settings: {},
    ...(territories !== undefined && { territories }),
  });
  if (!selection.ok) throw new Error(selection.faults.join('; '));
  return selection.value;
}

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
