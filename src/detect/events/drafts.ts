import { isoTime, type EventTime } from '../../bgp/time.ts';
import type { Plane } from '../../rib/territory-view.ts';
import type { Draft } from './chain.ts';
import type { Change } from '../changes/change-entry.ts';
import type { CountryData, Evidence, OfTerritory } from './event.ts';
import { incidentOf, rounded, type IncidentState } from '../incident/incident.ts';
import type { Policy } from '../policy.ts';
import type { Controlled } from '../verdict/verdict.ts';

/** What is seen when something is decided. */
export interface Scene {
  readonly plane: Plane;
  readonly sample: Controlled;
}

export function subjectOf(plane: Plane): string {
  return `${plane.territory.id}/${plane.family}`;
}

export function ofTerritory({ plane, sample }: Scene, first: EventTime, since: EventTime): OfTerritory {
  const { voters, seeingNothing, unitsVisible, units } = sample;
  return {
    territory: { id: plane.territory.id, name: plane.territory.name },
    family: plane.family,
    since: isoTime(since),
    first: isoTime(first),
    visibility: { share: rounded(sample.share), voters, seeingNothing, unitsVisible, units },
  };
}

type CountryType = 'country.unroutable' | 'country.degraded' | 'country.restored' | 'country.unknown' | 'country.known';

export function countryDraft(scene: Scene, type: CountryType, data: CountryData): Draft {
  return { type, at: scene.sample.at, subject: subjectOf(scene.plane), about: data.since, data };
}

export function incidentDraft(
  scene: Scene,
  what: 'opened' | 'updated' | 'closed',
  incident: IncidentState,
  policy: Policy,
): Draft {
  const since = incident.drops[0]?.since ?? incident.fall.first;
  return {
    type: `incident.${what}`,
    at: scene.sample.at,
    subject: subjectOf(scene.plane),
    about: incident.id,
    data: {
      ...ofTerritory(scene, incident.fall.first, since),
      incident: incidentOf(incident, what === 'closed' ? 'closed' : 'open', { policy, units: scene.plane.units }),
    },
  };
}

export function changeDraft(scene: Scene, change: Change, evidence: Evidence | undefined): Draft {
  const { plane, sample } = scene;
  const { what, on } = change;
  const of = ofTerritory(scene, change.first, change.since);
  const draft = { at: sample.at, subject: subjectOf(plane) };
  const units = change.units.flatMap((unit) => plane.units[unit]?.text ?? []);
  const share = rounded(change.share);
  switch (what.kind) {
    case 'unit': {
      const unit = plane.units[what.unit]?.text;
      if (unit === undefined) throw new Error(`${draft.subject} has no unit ${what.unit}`);
      const data = { ...of, unit, ...(evidence === undefined ? {} : { evidence }) };
      return { ...draft, type: on ? 'unit.returned' : 'unit.lost', about: unit, data };
    }
    case 'upstream': {
      const about = `${what.asn} ${units.join(' ')}`;
      return {
        ...draft,
        type: on ? 'upstream.gained' : 'upstream.lost',
        about,
        data: { ...of, upstream: what.asn, units, share },
      };
    }
    case 'origin': {
      const data = { ...of, origin: what.asn, change: on ? 'appeared' : 'gone', units, share } as const;
      return { ...draft, type: 'origin.changed', about: `${what.asn} ${data.change} ${units.join(' ')}`, data };
    }
    case 'prefix':
      return { ...draft, type: 'prefix.new', about: what.prefix, data: { ...of, prefix: what.prefix, share } };
  }
}
