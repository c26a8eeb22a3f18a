import { isoTime, type EventTime } from '../../bgp/time.ts';
import { partialSight } from '../../rib/longest-match.ts';
import { otherOrigin } from '../../rib/other-origin.ts';
import type { TerritoryView } from '../../rib/territory-view.ts';
import type { Draft } from './chain.ts';
import type { Change } from '../changes/change-entry.ts';
import type { CountryData, EventType, Evidence, IncidentChange, OfTerritory } from './event.ts';
import { beganAt, incidentOf, type IncidentState } from '../incident/incident.ts';
import { rounded } from '../incident/spans.ts';
import type { Policy } from '../../policy/policy.ts';
import type { FlappingStep } from '../verdict/flapping.ts';
import type { Controlled } from '../verdict/verdict.ts';

/** A territory view, and its sample at the moment of a decision. */
export interface Scene {
  readonly view: TerritoryView;
  readonly sample: Controlled;
}

/** The subject of a territory's events: `KP/ipv4`. */
export function subjectOf(view: TerritoryView): string {
  return `${view.territory.id}/${view.family}`;
}

/** The fields that every event of a territory has. */
export function ofTerritory({ view, sample }: Scene, first: EventTime, since: EventTime): OfTerritory {
  const { of, voters, witnesses, seeing, seeingNothing, unitsVisible, units } = sample;
  const partial = partialSight(view.ribs.values());
  const other = otherOrigin(view);
  return {
    territory: { id: view.territory.id, name: view.territory.name },
    family: view.family,
    since: isoTime(since),
    first: isoTime(first),
    visibility: {
      share: rounded(sample.share),
      of,
      voters,
      witnesses,
      seeing,
      seeingNothing,
      unitsVisible,
      units,
      ...(partial === undefined ? {} : { partial: { voters: partial.voters, largest: rounded(partial.largest) } }),
      ...(other && { other }),
    },
  };
}

/** The events about a verdict. */
export type CountryType = Exclude<Extract<EventType, `country.${string}`>, 'country.flapping' | 'country.steady'>;

/** The draft of an event about a verdict. */
export function countryDraft(scene: Scene, type: CountryType, data: CountryData): Draft {
  return { type, at: scene.sample.at, subject: subjectOf(scene.view), about: data.since, data };
}

/** @param first when the first message of the change at `since` was received. */
export function flappingDraft(
  scene: Scene,
  { what, since, count }: NonNullable<FlappingStep['turn']>,
  details: { readonly first: EventTime; readonly incident: string | undefined; readonly evidence: Evidence },
): Draft {
  const { drops, seenMs, downMs } = count;
  const { first, incident, evidence } = details;
  return {
    type: `country.${what}`,
    at: scene.sample.at,
    subject: subjectOf(scene.view),
    about: isoTime(since),
    data: {
      ...ofTerritory(scene, first, since),
      drops,
      overMs: seenMs,
      downMs,
      downShare: seenMs === 0 ? 0 : rounded(downMs / seenMs),
      ...(incident === undefined ? {} : { incident }),
      evidence,
    },
  };
}

/** Why an event about an incident is made. `changed`: what is new in an update. */
export type IncidentNews =
  { readonly what: 'opened' | 'closed' } | { readonly what: 'updated'; readonly changed: readonly IncidentChange[] };

/** The draft of an event about an incident. */
export function incidentDraft(scene: Scene, news: IncidentNews, incident: IncidentState, policy: Policy): Draft {
  const { what } = news;
  return {
    type: `incident.${what}`,
    at: scene.sample.at,
    subject: subjectOf(scene.view),
    about: incident.id,
    data: {
      ...ofTerritory(scene, incident.first, beganAt(incident)),
      incident: incidentOf(incident, what === 'closed' ? 'closed' : 'open', { policy, units: scene.view.units }),
      ...(news.what === 'updated' ? { changed: news.changed } : {}),
    },
  };
}

/** More about a change. `lostSince`: for a network that returned. */
export interface ChangeDetails {
  readonly evidence: Evidence;
  readonly lostSince?: EventTime | undefined;
}

/** The draft of an event about a network, an upstream, an origin or a prefix. */
export function changeDraft(scene: Scene, change: Change, { evidence, lostSince }: ChangeDetails): Draft {
  const { view, sample } = scene;
  const { what, on } = change;
  const of = ofTerritory(scene, change.first, change.since);
  const draft = { at: sample.at, subject: subjectOf(view) };
  const units = change.units.flatMap((unit) => view.units[unit]?.text ?? []);
  const share = rounded(change.share);
  const latest = change.sinceAtLatest ? { sinceAtLatest: true as const } : {};
  switch (what.kind) {
    case 'unit': {
      const unit = view.units[what.unit]?.text;
      if (unit === undefined) throw new Error(`${draft.subject} has no unit ${what.unit}`);
      const lost = lostSince === undefined ? {} : { lostSince: isoTime(lostSince) };
      const data = { ...of, unit, ...lost, ...latest, evidence };
      return { ...draft, type: on ? 'unit.returned' : 'unit.lost', about: unit, data };
    }
    case 'upstream': {
      const about = `${what.asn} ${units.join(' ')}`;
      const data = { ...of, upstream: what.asn, units, share, ...latest, evidence };
      return { ...draft, type: on ? 'upstream.gained' : 'upstream.lost', about, data };
    }
    case 'origin': {
      const how = on ? 'appeared' : 'gone';
      const data = { ...of, origin: what.asn, change: how, units, share, ...latest, evidence } as const;
      return { ...draft, type: 'origin.changed', about: `${what.asn} ${how} ${units.join(' ')}`, data };
    }
    case 'prefix': {
      const data = { ...of, prefix: what.prefix, share, ...latest, evidence };
      return { ...draft, type: 'prefix.new', about: what.prefix, data };
    }
  }
}

/** Sorts events of one moment for reading: networks, then the verdict, then the incident, then other changes. */
export function inReadingOrder(drafts: Draft[]): readonly Draft[] {
  return drafts.sort((a, b) => rank(a) - rank(b));
}

function rank(draft: Draft): number {
  return ['unit', 'country', 'incident', 'upstream', 'origin', 'prefix'].indexOf(draft.type.split('.')[0] ?? '');
}
