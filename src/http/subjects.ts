import type { Family } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import type { Verdict, VisibilityData } from '../detect/events/event.ts';
import { aboutOf, lastRecorded } from '../history/query.ts';
import type { About, Reader } from '../history/stored.ts';

/** A territory and family with a verdict in the store. */
export interface Subject {
  /** `KP/ipv4` */
  readonly key: string;
  readonly territory: string;
  readonly family: Family;
  readonly about: About;
  readonly verdict: Verdict;
  /** `undefined`: there has never been a verdict. */
  readonly since: EventTime | undefined;
  readonly visibility: VisibilityData | undefined;
  readonly units: readonly { readonly unit: string; readonly share: number; readonly isBaseline: boolean }[];
  /** Start of the last recorded minute. */
  readonly recorded: EventTime | undefined;
}

/** A request that cannot be answered: the status, and why. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

/** All subjects of a store, or the requested ones. @throws Refused when there are none. */
export async function subjectsOf(
  reader: Reader,
  wanted: { readonly territory?: string | undefined; readonly family?: Family | undefined } = {},
): Promise<readonly Subject[]> {
  const records = await reader.read('verdicts');
  const found = records.filter(({ key }) => {
    const [territory, family] = key.split('/');
    return (
      (wanted.territory === undefined || wanted.territory.toUpperCase() === territory?.toUpperCase()) &&
      (wanted.family === undefined || wanted.family === family)
    );
  });
  const isNamed = wanted.territory !== undefined || wanted.family !== undefined;
  if (found.length === 0 && isNamed && records.length > 0) {
    const ids = records.map(({ key }) => key).join(', ');
    throw new Refused(404, `no such territory and family; recorded: ${ids}`);
  }
  return Promise.all(found.map(({ key, value }) => subjectOf(reader, key, value)));
}

/** The requested subject, or the first one: IPv4 before IPv6. @throws Refused when there is none. */
export async function subjectOfOne(reader: Reader, wanted: Parameters<typeof subjectsOf>[1]): Promise<Subject> {
  const [first] = await subjectsOf(reader, wanted);
  if (first === undefined) throw new Refused(404, 'nothing is recorded yet');
  return first;
}

async function subjectOf(reader: Reader, key: string, value: string): Promise<Subject> {
  const [territory = '', family] = key.split('/');
  const written = JSON.parse(value) as Partial<{
    verdict: Verdict;
    since: string;
    visibility: VisibilityData;
    units: Subject['units'];
  }>;
  const since = Date.parse(written.since ?? '');
  const about = (await aboutOf(reader, key)) ?? { name: territory, networks: [] };
  return {
    ...{ key, territory, about },
    family: family === 'ipv6' ? 'ipv6' : 'ipv4',
    verdict: written.verdict ?? 'unknown',
    since: since > 0 ? (since as EventTime) : undefined,
    visibility: written.visibility,
    units: written.units ?? [],
    recorded: await lastRecorded(reader, key),
  };
}
