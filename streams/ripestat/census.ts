import type { Element } from '../../src/bgp/element.ts';
import type { Peer, PeerId } from '../../src/bgp/peer.ts';
import { comparePrefixes, type Family, type Prefix } from '../../src/bgp/prefix.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { watching, type Territory } from '../../src/territory/territory.ts';
import type { ShownRoute } from './bgp-state.ts';
import { isAbsentControl, isPresentControl } from './controls.ts';
import { done, failed, type Outcome } from './fault.ts';
import { isFullFeed, type Member, type PeerList } from './peer-list.ts';
import {
  LOOKING_GLASS_ALIVE_SHARE,
  LOOKING_GLASS_INVENTED_SHARE,
  LOOKING_GLASS_STRANGERS_SHARE,
} from '../../src/policy/fixed.ts';

/** What one peer has, according to all answers of one pass. */
export interface Showing {
  readonly member: Member;
  /** Routes that concern the territories, one per prefix. */
  readonly routes: readonly (ShownRoute & { readonly path: NonNullable<ShownRoute['path']> })[];
  /** Families in which it has a route. For other families, a missing route proves nothing. */
  readonly speaks: ReadonlySet<Family>;
  /** The time up to which everything is confirmed: the earliest time of its routes. */
  readonly at: EventTime;
}

/** The peers with a full table, by RIPEstat's counts. */
export interface Census {
  /** The peers whose data can be used. */
  readonly showings: ReadonlyMap<PeerId, Showing>;
  /** The other peers with a full table, and why their data cannot be used. */
  readonly leftOut: readonly LeftOut[];
  /**
   * The peer list lacks too many of the peers in the answers: it is old, incomplete or wrong, and should be requested
   * again.
   */
  readonly doubtsPeerList: boolean;
}

/** Peers that cannot be seeded, and why. */
export interface LeftOut {
  readonly peer: Peer;
  readonly why: string;
}
interface Sheet {
  readonly member: Member;
  readonly routes: Map<string, ShownRoute>;
  readonly controls: Set<Family>;
  readonly speaks: Set<Family>;
  at: EventTime;
  why: string | undefined;
}

/** The watched territories. */
interface Watched {
  readonly territories: readonly Territory[];
  readonly families: readonly Family[];
}

/**
 * Sorts the routes by peer, and decides which peers can be used. A territory without routes counts as lost only if the
 * same answers contain the controls, source by source and peer by peer: a peer without either has lost its session, not
 * its route.
 */
export function census(
  call: string,
  shown: readonly ShownRoute[],
  peerList: PeerList,
  { territories, families }: Watched,
): Outcome<Census> {
  const { sheets, strangers } = sheetsOf(shown, peerList, territories);
  const fault = faultOf(call, sheets, peerList, families);
  if (fault.alive.length === 0) return fault.outcome;

  const leftOut: LeftOut[] = [];
  const showings = new Map<PeerId, Showing>();
  for (const member of peerList.members) {
    const sheet = sheets.get(member.peer.id);
    const why = sheet === undefined ? 'it shows no control prefix' : sheet.why;
    if (sheet !== undefined && why === undefined) {
      const speaks = new Set(fault.alive.filter((family) => sheet.speaks.has(family)));
      showings.set(member.peer.id, { member, routes: routesOf(sheet), speaks, at: sheet.at });
    } else if (isFullFeed(member, families)) {
      leftOut.push({ peer: member.peer, why: why ?? '' });
    }
  }
  const warnings = families
    .filter((family) => !fault.alive.includes(family))
    .map((family) => `RIPEstat ${call}: the ${family} controls are missing, nothing is said of ${family}`);
  if (strangers > 0)
    warnings.push(`RIPEstat ${call}: ${strangers} sources are not told apart by rrc-info; they are left out`);
  const doubtsPeerList = strangers > LOOKING_GLASS_STRANGERS_SHARE * (strangers + sheets.size);
  return done({ showings, leftOut, doubtsPeerList }, warnings);
}

function sheetsOf(
  shown: readonly ShownRoute[],
  peerList: PeerList,
  territories: readonly Territory[],
): { readonly sheets: ReadonlyMap<PeerId, Sheet>; readonly strangers: number } {
  const isWatched = watching(territories.flatMap(({ blocks }) => blocks));
  const sheets = new Map<PeerId, Sheet>();
  const strangers = new Set<string>();
  for (const route of shown) {
    const member = peerList.find(route.source);
    if (member === undefined) {
      const { collector, address } = route.source;
      if (peerList.covers(collector)) strangers.add(`${collector}|${address}`);
      continue;
    }
    const { prefix, path, at } = route;
    const isTerritory = isWatched(prefix);
    const isAbsent = isAbsentControl(prefix.text);
    const isControl = isPresentControl(prefix);
    if (!isTerritory && !isAbsent && !isControl) continue;

    let sheet = sheets.get(member.peer.id);
    if (sheet === undefined) sheets.set(member.peer.id, (sheet = newSheet(member, at)));
    if (isAbsent) {
      sheet.why = `it shows ${prefix.text}, which no peer announces`;
      continue;
    }
    if (at < sheet.at) sheet.at = at;
    sheet.speaks.add(prefix.family);
    if (isControl) sheet.controls.add(prefix.family);
    if (!isTerritory) continue;
    if (path === undefined) sheet.why = `the path of its route to ${prefix.text} cannot be read`;
    else sheet.routes.set(prefix.text, route);
  }
  return { sheets, strangers: strangers.size };
}

function newSheet(member: Member, at: EventTime): Sheet {
  return { member, routes: new Map(), controls: new Set(), speaks: new Set(), at, why: undefined };
}

function routesOf(sheet: Sheet): Showing['routes'] {
  return [...sheet.routes.values()]
    .flatMap((route) => (route.path === undefined ? [] : [{ ...route, path: route.path }]))
    .sort((a, b) => comparePrefixes(a.prefix, b.prefix));
}

/** The families in which the source works, or what is wrong if there are none. */
function faultOf(
  call: string,
  sheets: ReadonlyMap<PeerId, Sheet>,
  peerList: PeerList,
  families: readonly Family[],
): { readonly alive: readonly Family[]; readonly outcome: Extract<Outcome<never>, { ok: false }> } {
  const counts = families.map((family) => {
    const full = peerList.members.filter((member) => member.isFullFeed[family]);
    const showing = full.filter((member) => sheets.get(member.peer.id)?.controls.has(family) === true);
    return { family, full: full.length, showing: showing.length };
  });
  const words = counts.map(({ family, full, showing }) => `${showing} of ${full} full-feed ${family} peers`).join(', ');
  const empty = failed('empty', call, `RIPEstat is empty: the control prefixes are shown by ${words}`);

  const inventing = [...sheets.values()].filter((sheet) => sheet.why?.endsWith('no peer announces') === true).length;
  if (inventing > LOOKING_GLASS_INVENTED_SHARE * sheets.size && inventing > 1) {
    const outcome = failed(
      'implausible',
      call,
      `${inventing} of ${sheets.size} peers are shown with a route that no peer announces`,
    );
    return { alive: [], outcome };
  }
  const alive = counts.filter(({ full, showing }) => full > 0 && showing >= LOOKING_GLASS_ALIVE_SHARE * full);
  return { alive: alive.map(({ family }) => family), outcome: empty };
}

/**
 * A peer's routes as the elements of a RIB dump: the routes, then the end, with the size of its whole table. A peer
 * without a route to the territory is a voter that sees nothing. A family without any data from the peer has size 0,
 * which gives no vote.
 */
export function dumpOf({ member, routes, speaks, at }: Showing): readonly Element[] {
  const size = (family: Family): number => (speaks.has(family) ? member.routes[family] : 0);
  return [
    ...ribsOf(member.peer, routes),
    {
      type: 'end-of-rib',
      at: routes.reduce((latest, route) => (route.at > latest ? route.at : latest), at),
      peer: member.peer,
      family: undefined,
      dump: { from: at, routes: { ipv4: size('ipv4'), ipv6: size('ipv6') } },
    },
  ];
}

function ribsOf(peer: Peer, routes: Showing['routes']): readonly Element[] {
  return routes.map(({ at, prefix, path }) => ({ type: 'rib', at, peer, prefix, pathId: undefined, path }));
}

/** Prefixes that any peer has: ask for these again. */
export function prefixesOf({ showings }: Census): readonly Prefix[] {
  return [...showings.values()].flatMap(({ routes }) => routes.map(({ prefix }) => prefix));
}

/** In order of time; elements of one time in the order given, so that a dump ends after its routes. */
export function inOrder(elements: readonly Element[]): Element[] {
  return [...elements].sort((a, b) => a.at - b.at);
}

/**
 * `3 full-feed peers are left alone, because it shows no control prefix: rrc00 192.0.2.1 (AS64500), …`, one line a
 * reason.
 */
export function namesOf(leftOut: readonly LeftOut[]): readonly string[] {
  const reasons = new Map<string, Peer[]>();
  for (const { peer, why } of leftOut) reasons.set(why, [...(reasons.get(why) ?? []), peer]);
  return [...reasons].map(([why, peers]) => {
    const names = peers.slice(0, MAX_NAMES).map(({ collector, address, asn }) => `${collector} ${address} (AS${asn})`);
    const more = peers.length > MAX_NAMES ? ` and ${peers.length - MAX_NAMES} more` : '';
    return `${peers.length} full-feed peers are left alone, because ${why}: ${names.join(', ')}${more}`;
  });
}

const MAX_NAMES = 5;
