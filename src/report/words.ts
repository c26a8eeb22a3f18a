import { eventTime } from '../bgp/time.ts';
import type {
  BlindData,
  CountryData,
  DataLossData,
  Envelope,
  IsoTime,
  ObserverData,
  OfTerritory,
  OriginData,
  PrefixData,
  UnroutableEvent,
} from '../detect/events/event.ts';
import type { CountryType } from '../detect/events/drafts.ts';
import { durationText, type LocalClock } from './clock.ts';
import { incidentSentence } from './incident-words.ts';
import { reachabilitySentence, warningSentence } from './reach-words.ts';
import {
  BLIND_REASONS,
  GAP_REASONS,
  reporters,
  seenText,
  territoryName,
  unitsText,
  unusualText,
  verdictText,
  type Clocks,
} from './phrases.ts';

export type { Clocks } from './phrases.ts';
import { counted, listed, percent } from './printable.ts';

/**
 * One plain sentence for one event, complete in itself, so that it can be quoted. It speaks of routes, never of users
 * or causes. When we are blind, it says that, and never that a country is gone.
 */
export function sentence(event: UnroutableEvent, clocks: Clocks): string {
  return `${markOf(event)}${sentenceOf(event, clocks)}`;
}

/** The mark at the start of a sentence about a drill; empty for real events. */
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
      return countrySentence(event, clocks);
    case 'country.flapping':
    case 'country.steady':
      return flappingSentence(event, clocks);
    case 'unit.lost':
    case 'unit.returned':
      return unitsSentenceOf([event], clocks);
    case 'upstream.gained':
    case 'upstream.lost':
      return upstreamSentence(event, clocks);
    case 'origin.changed':
      return originSentence(event.data, clocks);
    case 'prefix.new':
      return prefixSentence(event.data, clocks);
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
      return incidentSentence(event, clocks);
    case 'reachability.changed':
      return reachabilitySentence(event.data, clocks);
    case 'reachability.warning':
      return warningSentence(event.data, clocks);
  }
}

type Moment = (at: IsoTime) => string;

function momentOf(event: { readonly data: OfTerritory }, clocks: Clocks): Moment {
  const clock = clocks(event.data.territory.id);
  return (at) => clock.moment(eventTime(at));
}

type CountryEvent = { [Type in CountryType]: Envelope<Type> }[CountryType];

function countrySentence(event: CountryEvent, clocks: Clocks): string {
  const { type, data } = event;
  const name = territoryName(data, clocks);
  const isAtLatest = data.sinceAtLatest === true;
  const since = `since ${momentOf(event, clocks)(data.since)}${isAtLatest ? ' or earlier' : ''}${afterFirst(data, type)}`;
  const hasFallen = type === 'country.degraded' && data.previous !== 'unroutable';
  const seen = `${seenText(data.visibility, !isAtLatest, hasFallen)}${unusualText(data, clocks)}`;
  switch (type) {
    case 'country.unroutable':
      return `${name} has been unroutable ${since}: ${seen}${replacedText(data, clocks)}.`;
    case 'country.degraded':
      return `${name} has been ${data.previous === 'unroutable' ? 'back in part' : 'degraded'} ${since}: ${seen}${besideText(data)}.`;
    case 'country.restored':
      return data.rebased === true
        ? `${name} has been routable ${since}, but what was lost has not come back: the loss lasted so long that what is left counts as the normal state now; ${seen}.`
        : `${name} has been routable again ${since}: ${seen}.`;
    case 'country.known':
      return `${name} can be judged again: it has been ${verdictText(data.verdict)} ${since}; ${seen}.`;
    case 'country.unknown':
      return `This tool has not been able to judge ${name} ${since}: ${blindnessText(data)}. That says nothing about ${data.territory.name}.`;
  }
}

/**
 * If there are routes from an origin that does not count: whose routes are gone, and how many voters have the other
 * ones.
 */
function replacedText({ territory, visibility: { other, voters } }: CountryData, clocks: Clocks): string {
  const origins = clocks.watched?.(territory.id)?.origins ?? [];
  if (other === undefined || origins.length === 0) return '';
  return ` from ${listed(origins)}; ${howMany(other.voters, voters)} a route from AS${other.origin} instead`;
}

/** The same if some voters still have a route from a configured origin. */
function besideText({ visibility: { other, voters } }: CountryData): string {
  return other === undefined
    ? ''
    : `; ${howMany(other.voters, voters)} a route from AS${other.origin}, which is not a configured origin`;
}

function howMany(count: number, of: number): string {
  return `${count === of && of > 1 ? `all ${of}` : `${count} of ${of}`} ${count === 1 ? 'has' : 'have'}`;
}

/**
 * The time from the first message of the movement to the threshold; empty if it is under a second. Only a loss after
 * `routable` is the first one: the rest of a loss, or of a return, may come much later.
 */
function afterFirst(data: CountryData, type: CountryType): string {
  const { first, since, sinceAtLatest, verdict, previous } = data;
  const isBetter = verdict === 'routable' || (verdict === 'degraded' && previous === 'unroutable');
  const ms = eventTime(since) - eventTime(first);
  if (ms < 1000 || sinceAtLatest === true || type === 'country.unknown') return '';
  const what = isBetter ? 'this return began' : previous === 'routable' ? 'the first loss' : 'this loss began';
  return `, ${durationText(ms)} after ${what}`;
}

function blindnessText({ reason, visibility: { voters } }: CountryData): string {
  if (voters === 0) return 'no network that reports to RIS is left';
  const left = `${counted(voters, 'network')} that ${voters === 1 ? 'reports' : 'report'} to RIS`;
  const are = voters === 1 ? 'is' : 'are';
  switch (reason ?? 'too-few-voters') {
    case 'too-few-voters':
      return `${left} ${are} too few to judge by`;
    case 'lost-voters':
      return `only ${left} ${are} left, less than half of those there were`;
    case 'too-few-collectors':
      return `${counted(voters, 'network')} ${voters === 1 ? 'reports' : 'report'} to too few collectors to judge by`;
    case 'control-group':
      return 'networks that never go away were gone too';
    case 'too-short':
      return 'the data end before any state of it lasted long enough';
    case 'never-seen':
      return 'none of it was ever seen, by peers whose tables are too small to prove anything';
  }
}

function flappingSentence(event: Envelope<'country.flapping'> | Envelope<'country.steady'>, clocks: Clocks): string {
  const { type, data } = event;
  const { drops, overMs, downShare, since } = data;
  const [name, at] = [territoryName(data, clocks), momentOf(event, clocks)(since)];
  const count = `${counted(drops, 'drop')} in ${durationText(overMs)}, down ${percent(downShare)} of that time`;
  return type === 'country.flapping'
    ? `${name} has been flapping since ${at}: ${count}.`
    : `${name} has been steady since ${at}, after ${count}.`;
}

function blindSentence(type: 'observer.blind' | 'observer.restored', data: BlindData, clock: LocalClock): string {
  const { territories, since, lostAt } = data;
  const at = clock.moment(eventTime(since));
  const whom = territories.length <= 4 ? listed(territories) : counted(territories.length, 'territory', 'territories');
  return type === 'observer.blind'
    ? `This tool has been blind since ${at}: ${BLIND_REASONS[data.reason]}. Nothing can be said about ${whom}.`
    : `This tool has been able to see again since ${at}${afterText(lostAt, since)}: ${whom} can be judged.`;
}

/** `, after 6 h`; empty if the start is not known. */
function afterText(from: IsoTime | undefined, to: IsoTime): string {
  return from === undefined ? '' : `, after ${durationText(eventTime(to) - eventTime(from))}`;
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
  const names = units.length <= 2 ? unitsText(units) : `${units.length} prefixes (${runText(units)})`;
  const [have, it] = units.length === 1 ? ['has', 'it'] : ['have', 'each of them'];
  const { voters } = data.visibility;
  const whom = voters === 1 ? reporters(1, 1) : `${counted(voters, 'network')} that report to RIS`;
  const of = `${names} of ${data.territory.name} ${have} been`;
  const at = atLatest(momentOf(first, clocks)(data.since), data);
  if (type === 'unit.lost')
    return `${of} lost since ${at}: ${voters === 1 ? `${whom} no longer has` : `most of ${whom} no longer have`} a route to ${it}.`;
  const lasted = events.every((event) => event.data.lostSince === data.lostSince) ? data.lostSince : undefined;
  return `${of} back since ${at}${afterText(lasted, data.since)}: ${voters === 1 ? `${whom} has` : `at least half of ${whom} have`} a route to ${it} again.`;
}

function runText(units: readonly string[]): string {
  return units.length <= 4 ? units.join(', ') : `${units[0]} and ${units.length - 1} more`;
}

function upstreamSentence(event: Envelope<'upstream.gained'> | Envelope<'upstream.lost'>, clocks: Clocks): string {
  const { type, data } = event;
  const { upstream, units, share } = data;
  const [its, name] = [unitsText(units), territoryName(data, clocks)];
  const at = atLatest(momentOf(event, clocks)(data.since), data);
  const them = units.length === 1 ? 'it' : 'them';
  const reach = `${percent(share)} of the networks that have a route to ${its}`;
  if (type === 'upstream.gained')
    return `${name} has had AS${upstream} as an upstream since ${at}: ${reach} reach ${them} over it.`;
  return share === 0
    ? `${name} lost AS${upstream} as an upstream at ${at}: ${its} ${areOrIs(units)} no longer reached over it.`
    : `${name} lost AS${upstream} as an upstream at ${at}: only ${reach} still reach ${them} over it.`;
}

/** A state that the first look found may have begun earlier. */
function atLatest(at: string, { sinceAtLatest }: { readonly sinceAtLatest?: true }): string {
  return sinceAtLatest === true ? `${at} or earlier` : at;
}

/** Mentions that an origin does not count only if origins are configured. */
function originSentence(data: OriginData, clocks: Clocks): string {
  const { origin, units, change, share, territory } = data;
  const at = atLatest(clocks(territory.id).moment(eventTime(data.since)), data);
  const what = `${unitsText(units)} of ${territoryName(data, clocks)}`;
  if (change === 'gone') return `AS${origin} stopped originating ${what} at ${at}.`;
  const origins = clocks.watched?.(territory.id)?.origins ?? [];
  const foreign = origins.length === 0 ? '' : ` Its configured origin is ${listed(origins)}.`;
  return `AS${origin} has originated ${what} since ${at}: ${percent(share)} of the networks that report on ${territory.name} to RIS have such a route.${foreign}`;
}

/** A few voters may have had the prefix before. Only its spread is certain. */
function prefixSentence(data: PrefixData, clocks: Clocks): string {
  const at = atLatest(clocks(data.territory.id).moment(eventTime(data.since)), data);
  return `${data.prefix} of ${territoryName(data, clocks)} has been widely announced since ${at}: ${percent(data.share)} of the networks that report on ${data.territory.name} to RIS have it now.`;
}

function observerSentence(type: 'observer.gap' | 'observer.healed', data: ObserverData, clock: LocalClock): string {
  const { collector, peer, peers, reason, since, lostAt } = data;
  const eyes = peer === undefined ? collector : `peer AS${peer.asn} (${peer.address}) of ${collector}`;
  const at = clock.moment(eventTime(since));
  if (type === 'observer.healed')
    return `This tool has been able to see ${eyes} again since ${at}${afterText(lostAt, since)}: ${counted(peers, 'peer')} ${peers === 1 ? 'counts' : 'count'} again.`;
  const vote =
    peers === 0 ? '' : ` ${counted(peers, 'peer')} ${peers === 1 ? 'does' : 'do'} not count until complete again.`;
  return `This tool lost sight of ${eyes} at ${at}: ${GAP_REASONS[reason]}.${vote}`;
}

function dataLossSentence({ since, events }: DataLossData, clock: LocalClock): string {
  const found = since === undefined ? 'was found empty' : `was set back to ${clock.moment(eventTime(since))}`;
  const again = events === 0 ? '' : `, and so ${events === 1 ? 'was' : 'were'} ${counted(events, 'event')}`;
  return `This tool's store ${found}: the state was written again from memory${again}. Older events that it had lost are gone.`;
}

function areOrIs(units: readonly string[]): 'are' | 'is' {
  return units.length === 1 ? 'is' : 'are';
}
