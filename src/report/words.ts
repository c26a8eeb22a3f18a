import type {
  BlindData,
  CountryData,
  DataLossData,
  Envelope,
  EventType,
  IsoTime,
  ObserverData,
  OfTerritory,
  OriginData,
  PrefixData,
  UnroutableEvent,
} from '../detect/events/event.ts';
import { durationText, eventTime, type Clock } from './clock.ts';
import { incidentSentence } from './incident-words.ts';
import { BLIND_REASONS, GAP_REASONS, seenText, territoryName, unitsText, verdictText } from './phrases.ts';
import { counted, listed, percent } from './printable.ts';

/** The clock of a territory's zone, by its id; UTC alone for `undefined`, our own eyes. */
export type Clocks = (territory: string | undefined) => Clock;

/**
 * One plain sentence for one event, complete in itself, so that it can be quoted. It speaks of routes, never of users
 * or causes; where we were blind it says so, and never that a country was gone.
 */
export function sentence(event: UnroutableEvent, clocks: Clocks): string {
  return `${markOf(event)}${sentenceOf(event, clocks)}`;
}

/** What a sentence begins with that is no news. */
function markOf({ drill }: Pick<UnroutableEvent, 'drill'>): string {
  return drill === true ? 'DRILL: ' : '';
}

function sentenceOf(event: UnroutableEvent, clocks: Clocks): string {
  switch (event.type) {
    case 'country.unroutable':
    case 'country.degraded':
    case 'country.restored':
    case 'country.unknown':
    case 'country.known':
      return countrySentence(event, tell(event, clocks));
    case 'country.flapping':
    case 'country.steady':
      return flappingSentence(event, tell(event, clocks));
    case 'unit.lost':
    case 'unit.returned':
      return unitsSentenceOf([event], clocks);
    case 'upstream.gained':
    case 'upstream.lost':
      return upstreamSentence(event, tell(event, clocks));
    case 'origin.changed':
      return originSentence(event.data, tell(event, clocks));
    case 'prefix.new':
      return prefixSentence(event.data, tell(event, clocks));
    case 'observer.gap':
    case 'observer.healed':
      return observerSentence(event.type, event.data, clocks(undefined));
    case 'observer.blind':
    case 'observer.restored':
      return blindSentence(event.type, event.data, clocks(undefined));
    case 'observer.data-loss':
      return dataLossSentence(event.data, clocks(undefined));
    case 'incident.opened':
    case 'incident.updated':
    case 'incident.closed':
      return incidentSentence(event.data, clocks(event.data.territory.id));
  }
}

type Moment = (at: IsoTime) => string;

function tell(event: { readonly data: OfTerritory }, clocks: Clocks): Moment {
  const clock = clocks(event.data.territory.id);
  return (at) => clock.moment(eventTime(at));
}

type CountryType = Exclude<Extract<EventType, `country.${string}`>, 'country.flapping' | 'country.steady'>;
type CountryEvent = { [Type in CountryType]: Envelope<Type> }[CountryType];

function countrySentence(event: CountryEvent, moment: Moment): string {
  const { type, data } = event;
  const name = territoryName(data);
  const since = `since ${moment(data.since)}${data.sinceAtLatest === true ? ' or earlier' : ''}${afterFirst(data, type)}`;
  switch (type) {
    case 'country.unroutable':
      return `${name} is unroutable ${since}: ${seenText(data.visibility)}.`;
    case 'country.degraded':
      return `${name} is ${data.previous === 'unroutable' ? 'back in part' : 'degraded'} ${since}: ${seenText(data.visibility)}.`;
    case 'country.restored':
      return data.rebased === true
        ? `${name} is routable ${since}, not because what was lost came back: its loss stood still so long that it is the new baseline; ${seenText(data.visibility)}.`
        : `${name} is routable again ${since}: ${seenText(data.visibility)}.`;
    case 'country.known':
      return `${name} can be judged ${since}: it is ${verdictText(data.verdict)}; ${seenText(data.visibility)}.`;
    case 'country.unknown':
      return `This tool could not see ${name} ${since}: ${blindnessText(data)}. That says nothing about ${data.territory.name}.`;
  }
}

/** How long it took from the first message that led there to the threshold; nothing where it took no time. */
function afterFirst(data: CountryData, type: CountryType): string {
  const { first, since, sinceAtLatest, verdict, previous } = data;
  const isBetter = verdict === 'routable' || (verdict === 'degraded' && previous === 'unroutable');
  const ms = eventTime(since) - eventTime(first);
  if (ms < 1000 || sinceAtLatest === true || type === 'country.unknown') return '';
  return `, ${durationText(ms)} after the first ${isBetter ? 'return' : 'loss'}`;
}

function blindnessText({ reason, visibility: { voters } }: CountryData): string {
  if (voters === 0) return 'no peer may vote';
  const left = counted(voters, 'voter');
  switch (reason ?? 'too-few-voters') {
    case 'too-few-voters':
      return `${left}, too few to judge by`;
    case 'lost-voters':
      return `only ${left} ${voters === 1 ? 'is' : 'are'} left of those it had`;
    case 'too-few-collectors':
      return `the ${left} ${voters === 1 ? 'is' : 'are'} at too few collectors to judge by`;
    case 'control-group':
      return 'networks that never go away were gone too';
    case 'never-seen':
      return 'none of it was ever seen, by peers whose tables are too small to prove anything';
  }
}

function flappingSentence(
  { type, data }: Envelope<'country.flapping'> | Envelope<'country.steady'>,
  moment: Moment,
): string {
  const { drops, overMs, downShare, since } = data;
  const count = `${counted(drops, 'drop')} in ${durationText(overMs)}, down ${percent(downShare)} of that time`;
  return type === 'country.flapping'
    ? `${territoryName(data)} has been flapping since ${moment(since)}: ${count}.`
    : `${territoryName(data)} has been steady since ${moment(since)}, after ${count}.`;
}

function blindSentence(type: 'observer.blind' | 'observer.restored', data: BlindData, clock: Clock): string {
  const { territories } = data;
  const at = clock.moment(eventTime(data.since));
  const whom = territories.length <= 4 ? listed(territories) : counted(territories.length, 'territory', 'territories');
  return type === 'observer.blind'
    ? `This tool is blind since ${at}: ${BLIND_REASONS[data.reason]}. Nothing can be said of ${whom}.`
    : `This tool sees again since ${at}: ${whom} can be judged.`;
}

type UnitEvent = Envelope<'unit.lost'> | Envelope<'unit.returned'>;

/** One sentence for networks that were lost or came back at the same moment; `events` are alike but for the unit. */
export function unitsSentence(events: readonly [UnitEvent, ...UnitEvent[]], clocks: Clocks): string {
  return `${markOf(events[0])}${unitsSentenceOf(events, clocks)}`;
}

function unitsSentenceOf(events: readonly [UnitEvent, ...UnitEvent[]], clocks: Clocks): string {
  const [first] = events;
  const { type, data } = first;
  const units = events.map((event) => event.data.unit);
  const names = units.length <= 2 ? unitsText(units) : `${units.length} networks (${runText(units)})`;
  const [was, it] = units.length === 1 ? ['was', 'it'] : ['were', 'them'];
  const seen = `most of ${counted(data.visibility.voters, 'voter')} see ${it} ${type === 'unit.lost' ? 'no more' : 'again'}`;
  return `${names} of ${data.territory.name} ${was} ${type === 'unit.lost' ? 'lost' : 'back'} at ${tell(first, clocks)(data.since)}: ${seen}.`;
}

function runText(units: readonly string[]): string {
  return units.length <= 4 ? units.join(', ') : `${units[0]} and ${units.length - 1} more`;
}

function upstreamSentence(
  { type, data }: Envelope<'upstream.gained'> | Envelope<'upstream.lost'>,
  moment: Moment,
): string {
  const { upstream, units, share } = data;
  const its = unitsText(units);
  return type === 'upstream.lost'
    ? `${territoryName(data)} lost AS${upstream} as an upstream at ${moment(data.since)}: ${its} ${areOrIs(units)} reached over it no more.`
    : `${territoryName(data)} has AS${upstream} as an upstream since ${moment(data.since)}: ${percent(share)} of the voters that see ${its} reach ${units.length === 1 ? 'it' : 'them'} over it.`;
}

function originSentence(data: OriginData, moment: Moment): string {
  const { origin, units, change, share } = data;
  const route = `with AS${origin} as origin, which does not count for ${territoryName(data)}`;
  return change === 'appeared'
    ? `A route to ${unitsText(units)} ${route}, appeared at ${moment(data.since)}: ${percent(share)} of the voters have it.`
    : `The route to ${unitsText(units)} ${route}, was gone at ${moment(data.since)}.`;
}

function prefixSentence(data: PrefixData, moment: Moment): string {
  return `${data.prefix} of ${territoryName(data)} is new since ${moment(data.since)}: no voter had it before, ${percent(data.share)} have it now.`;
}

function observerSentence(type: 'observer.gap' | 'observer.healed', data: ObserverData, clock: Clock): string {
  const { collector, peer, peers, reason } = data;
  const eyes = peer === undefined ? collector : `peer AS${peer.asn} (${peer.address}) of ${collector}`;
  const at = clock.moment(eventTime(data.since));
  if (type === 'observer.healed') {
    return `This tool sees through ${eyes} again since ${at}: ${counted(peers, 'peer')} may vote again.`;
  }
  const vote =
    peers === 0 ? '' : ` ${counted(peers, 'peer')} ${peers === 1 ? 'has' : 'have'} no vote until heard whole again.`;
  return `This tool could not see through ${eyes} from ${at} on: ${GAP_REASONS[reason]}.${vote}`;
}

function dataLossSentence({ since, events }: DataLossData, clock: Clock): string {
  const found = since === undefined ? 'was found empty' : `was set back to ${clock.moment(eventTime(since))}`;
  const again = events === 0 ? '' : `, and so ${events === 1 ? 'was' : 'were'} ${counted(events, 'event')}`;
  return `This tool's store ${found}: the state was written again from memory${again}. Older events that it had lost are gone.`;
}

function areOrIs(units: readonly string[]): 'are' | 'is' {
  return units.length === 1 ? 'is' : 'are';
}
