import type { Family } from '../bgp/prefix.ts';
import type { BlindReason, ObserverData, OfTerritory, Verdict, VisibilityData } from '../detect/events/event.ts';
import { counted, listed, percent } from './printable.ts';

/** `North Korea`, and `North Korea over IPv6`: the families are judged apart, and IPv4 is what people mean. */
export function territoryName({ territory, family }: Pick<OfTerritory, 'territory' | 'family'>): string {
  return family === 'ipv4' ? territory.name : `${territory.name} over IPv6`;
}

/** What the voters see: `38 of 40 voters see none of its 4 networks`. */
export function seenText({ share, voters, seeingNothing, unitsVisible, units }: VisibilityData): string {
  if (voters === 0) return 'no voter is left to ask';
  const its = units === 1 ? 'its network' : `its ${counted(units, 'network')}`;
  if (seeingNothing > voters / 2) {
    const blindTo = seeingNothing === voters ? allOf(voters) : `${seeingNothing} of ${counted(voters, 'voter')}`;
    return `${blindTo} ${voters === 1 ? 'sees' : 'see'} none of ${its}`;
  }
  const most = unitsVisible === units ? (units === 1 ? its : `all of ${its}`) : `${unitsVisible} of ${its}`;
  return `most of ${counted(voters, 'voter')} see ${most}, visibility ${percent(share)}`;
}

function allOf(voters: number): string {
  return voters === 1 ? 'the only voter' : `all ${counted(voters, 'voter')}`;
}

export function verdictText(verdict: Verdict): string {
  return verdict === 'unknown' ? 'not known' : verdict;
}

/** Why we may have missed something, for people. A new reason does not compile until it has words. */
export const GAP_REASONS: Readonly<Record<ObserverData['reason'], string>> = {
  'damaged-file': 'a file is damaged there, or ends too early',
  'unreadable-message': 'a message could not be read',
  'missing-file': 'a file is missing in the sequence',
  'short-dump': 'a table dump ends too early',
  'absent-peer': 'the table dump has the peer no more',
  'too-many-routes': 'the peer told more routes of a territory than are kept',
  'changed-form': 'the peer told routes with path identifiers beside routes without, so its old ones are not known',
  'ambiguous-peer': 'a session went down, and the record does not say which one',
  disconnected: 'the feed was cut off',
  restarted: 'the program was not listening',
  'silent-collector': 'nothing at all was heard of it',
  'stale-feed': 'all that was heard of it was minutes old',
  'silent-peer': 'the peer fell silent for longer than its session may',
};

/** Why nothing can be said, for people. */
export const BLIND_REASONS: Readonly<Record<BlindReason, string>> = {
  'too-few-voters': 'too few peers may vote',
  'lost-voters': 'most of the voters it had are lost',
  'too-few-collectors': 'the voters are at too few collectors',
  'control-group': 'networks that never go away are gone too',
  'never-seen': 'none of it was ever seen, and no peer here has a table that would prove it gone',
};

/** `175.45.176.0/24`, `175.45.176.0/24 and 175.45.177.0/24`, `175.45.176.0/24 and 3 more networks`. */
export function unitsText(units: readonly string[]): string {
  const [first] = units;
  if (first === undefined) return 'no network';
  return units.length <= 2 ? listed(units) : `${first} and ${units.length - 1} more networks`;
}

export function familyText(family: Family): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}
