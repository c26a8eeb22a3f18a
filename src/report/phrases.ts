import type { Family } from '../bgp/prefix.ts';
import type { BlindReason, ObserverData, OfTerritory, Verdict, VisibilityData } from '../detect/events/event.ts';
import type { LocalClock } from './clock.ts';
import { counted, listed, percent } from './printable.ts';

/** What a sentence needs besides its event: the clock of each territory's zone, and how the territory is watched. */
export interface Clocks {
  /** The clock by the territory's id; `undefined`: UTC, for events about our own view. */
  (territory: string | undefined): LocalClock;
  /** Absent if only the events are known. */
  readonly watched?: (territory: string) => WatchedFacts | undefined;
}

/** The settings of a territory that sentences mention. */
export interface WatchedFacts {
  readonly hasBothFamilies: boolean;
  /** `AS131279`; empty: every origin counts. */
  readonly origins: readonly string[];
  /** Networks in its blocks, per family. */
  readonly networks: Readonly<Record<Family, number>>;
}

type Named = Pick<OfTerritory, 'territory' | 'family'>;

/** `North Korea`, or `North Korea over IPv4` if both families are watched: each has a verdict of its own. */
export function territoryName({ territory, family }: Named, clocks?: Clocks): string {
  const isPlain = family === 'ipv4' && clocks?.watched?.(territory.id)?.hasBothFamilies !== true;
  return isPlain ? territory.name : `${territory.name} over ${familyText(family)}`;
}

/** `34 of 36 networks that report to RIS`, `all 36 networks …`, `the only network that reports to RIS`. */
export function reporters(count: number, of: number, whom = 'that report to RIS'): string {
  if (of === 1) return `the only network ${whom.replace('report ', 'reports ')}`;
  return `${count === of ? `all ${of}` : `${count} of ${of}`} networks ${whom}`;
}

/** What voters see: `34 of 36 networks that report to RIS no longer have a route to any of its 4 prefixes`. */
export function seenText(visibility: VisibilityData, hadBefore = true, hasFallen = false): string {
  return `${wholeText(visibility, hadBefore, hasFallen)}${partialText(visibility)}`;
}

/**
 * Voters that reach only a part of a prefix. A prefix counts as lost when less than half of it is reachable; this says
 * what is left.
 */
function partialText({ partial }: VisibilityData): string {
  if (partial === undefined) return '';
  const { voters, largest } = partial;
  const part = largest < 0.001 ? 'less than 0.1 %' : `at most ${percent(largest)}`;
  return `; ${counted(voters, 'network')} ${voters === 1 ? 'reaches' : 'reach'} only a part of some prefix, ${part} of its addresses`;
}

function wholeText(visibility: VisibilityData, hadBefore: boolean, hasFallen: boolean): string {
  const { share, of, voters, witnesses, seeingNothing, unitsVisible, units } = visibility;
  if (voters === 0) return 'no network that reports to RIS is left';
  const whom = of === 'peers-with-a-route' ? 'that reported any route inside its blocks' : 'that report to RIS';
  const usual = usualText(visibility);
  if (seeingNothing > witnesses / 2) {
    const has = seeingNothing === 1 ? 'has' : 'have';
    const any = units === 1 ? 'its only prefix' : `any of its ${units} prefixes`;
    const no = hadBefore ? `no longer ${has} a route to` : `${has} no route to`;
    return `${reporters(seeingNothing, witnesses, whom)} ${no} ${any}${usual}`;
  }
  const its = units === 1 ? 'its only prefix' : `all of its ${units} prefixes`;
  if (share === 1 && usual === '' && unitsVisible === units)
    return `${reporters(witnesses, witnesses, whom)} ${witnesses === 1 ? 'has' : 'have'} a route to ${its}`;
  // That most networks know each prefix sounds like good news.
  const level = hasFallen ? 'with visibility down to' : 'visibility';
  return `${knownPrefixes(unitsVisible, units)} known to more than half of ${counted(witnesses, 'network')} ${whom}, ${level} ${percent(share)}${usual}`;
}

/** If some voters never see the territory, both figures: `; 34 of 40 usually have a route, now 2 of these 34`. */
function usualText({ voters, witnesses, seeing }: VisibilityData): string {
  return witnesses === voters
    ? ''
    : `; ${witnesses} of ${voters} usually have a route, now ${seeing} of these ${witnesses}`;
}

function knownPrefixes(visible: number, units: number): string {
  if (units === 1) return visible === 1 ? 'its only prefix is' : 'its only prefix is not';
  if (visible === units) return `each of its ${units} prefixes is`;
  if (visible === 0) return `none of its ${units} prefixes is`;
  return `${visible} of its ${units} prefixes ${visible === 1 ? 'is' : 'are'}`;
}

/** Mentions networks of the territory's blocks that are not in the baseline; otherwise empty. */
export function unusualText(
  { territory, family, visibility }: OfTerritory | (Named & { visibility: VisibilityData }),
  clocks: Clocks,
): string {
  const networks = clocks.watched?.(territory.id)?.networks[family] ?? 0;
  const others = networks - visibility.units;
  if (others <= 0 || networks > MOST_NETWORKS_COUNTED) return '';
  const which = others === 1 ? 'one more prefix' : `${others} more prefixes`;
  return `; ${which} in its blocks (${networks} in all) ${others === 1 ? 'is' : 'are'} not part of what is usually seen`;
}

/** In larger blocks most networks are never announced, so they are not mentioned. */
const MOST_NETWORKS_COUNTED = 16;

/** A verdict as a word in a sentence. */
export function verdictText(verdict: Verdict): string {
  return verdict === 'unknown' ? 'not known' : verdict;
}

/** Why we may have missed something, in words. A new reason does not compile until it has words here. */
export const GAP_REASONS: Readonly<Record<ObserverData['reason'], string>> = {
  'damaged-file': 'a file is damaged or ends too early',
  'unreadable-message': 'a message could not be read',
  'missing-file': 'a file is missing in the sequence',
  'short-dump': 'a table dump ends too early',
  'absent-peer': 'the table dump no longer has the peer',
  'too-many-routes': 'the peer sent more routes of a territory than are stored',
  'changed-form':
    'the peer sent routes with path identifiers beside routes without, so its earlier routes are not known',
  'ambiguous-peer': 'a session went down, and the record does not say which one',
  'renamed-peer': 'the table dump lists the peer, but updates from its address have another AS',
  disconnected: 'the feed was cut off',
  restarted: 'the program was not listening',
  'silent-collector': 'nothing was received from it',
  'stale-feed': 'all that was received from it was minutes old',
  'ahead-feed': 'all that was received from it was dated minutes ahead of the time',
  'silent-peer': 'the peer fell silent for longer than its session may',
};

/** Why a verdict is `unknown`, in words. */
export const BLIND_REASONS: Readonly<Record<BlindReason, string>> = {
  'too-few-voters': 'too few networks report',
  'lost-voters': 'most of the networks that reported are lost',
  'too-few-collectors': 'the networks report to too few collectors',
  'control-group': 'networks that never go away are gone too',
  'too-short': 'the data end before any state of it lasted long enough',
  'never-seen': 'none of it was ever seen, and no peer here has a table that would prove it gone',
};

/** `175.45.176.0/24`, `175.45.176.0/24 and 175.45.177.0/24`, `175.45.176.0/24 and 3 more prefixes`. */
export function unitsText(units: readonly string[]): string {
  const [first] = units;
  if (first === undefined) return 'no prefix';
  return units.length <= 2 ? listed(units) : `${first} and ${units.length - 1} more prefixes`;
}

/** `IPv4` or `IPv6`. */
export function familyText(family: Family): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}
