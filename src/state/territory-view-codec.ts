import type { Asn } from '../bgp/asn.ts';
import { pathText, type AsPath } from '../bgp/as-path.ts';
import type { Peer } from '../bgp/peer.ts';
import type { Prefix } from '../bgp/prefix.ts';
import {
  asnFrom,
  countFrom,
  Fields,
  numberFrom,
  pairFrom,
  pathFrom,
  peerFrom,
  prefixFrom,
  timeFrom,
} from '../lib/fields.ts';
import type { FormerVoter, TerritoryViewSnapshot } from '../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import type { EngineSpace } from './record.ts';
import { runsFrom, runsText } from '../lib/runs.ts';
import { MAX_VISIBILITY_CHANGES, type VisibilityChange } from '../rib/visibility-changes.ts';
import { routeKey, type ReceivedRoute } from '../rib/route-table.ts';

/** A route as JSON, put together by hand: there are tens of thousands a second. `path` is `null` when it was withdrawn. */
export function routeText({ at, path, dumped }: ReceivedRoute): string {
  const told = path === undefined ? 'null' : `"${pathText(path)}"`;
  return dumped ? `{"at":${at},"path":${told},"dumped":true}` : `{"at":${at},"path":${told}}`;
}

/** The space that holds the routes of a territory and family. */
export function routesOf({ territory, family }: TerritoryView): EngineSpace {
  return `routes/${territory.id}/${family}`;
}

/** The space that holds the visibility changes of a territory and family. */
export function visibilityLogOf({ territory, family }: TerritoryView): EngineSpace {
  return `visibility-log/${territory.id}/${family}`;
}

/** Key of a route's record. */
export function routePlace(peer: Peer, key: string): string {
  return `${peer.id}|${key}`;
}

/** Reads what was written. Peers, prefixes and paths are the same few again and again: each is made once. */
export class RecordReader {
  readonly #peers = new Map<string, Peer>();
  readonly #prefixes = new Map<string, Prefix>();
  readonly #paths = new Map<string, AsPath>();

  /** @param key `collector|address|asn|prefix`, and `#path id`. @throws Error when it was not so written. */
  route(key: string, text: string): { readonly peer: Peer; readonly route: ReceivedRoute } {
    const end = key.lastIndexOf('|');
    const [prefix = '', pathId] = key.slice(end + 1).split('#');
    const fields = Fields.parse(text);
    const route = {
      prefix: this.#prefix(prefix),
      pathId: pathId === undefined ? undefined : countFrom(Number(pathId), 'path id', 2 ** 32),
      path: fields.value('path') === null ? undefined : this.#path(fields.text('path')),
      at: fields.time('at'),
      dumped: fields.flag('dumped'),
    };
    const peer = this.peer(key.slice(0, Math.max(end, 0)));
    if (routePlace(peer, routeKey(route.prefix, route.pathId)) !== key) throw new Error(`${key} is spelled otherwise`);
    return { peer, route };
  }

  /** Its number and the sight. @throws Error when it was not so written. */
  sight(text: string): [number, VisibilityChange] {
    const fields = Fields.parse(text);
    const sight = {
      at: fields.time('at'),
      type: fields.word('type', ['announcement', 'withdrawal', 'rib']),
      peer: this.peer(fields.text('peer')),
      prefix: this.#prefix(fields.text('prefix')),
      lost: fields.flag('lost'),
    };
    return [fields.count('number'), sight];
  }

  peer(id: string): Peer {
    return madeOnce(this.#peers, id, peerFrom);
  }

  #prefix(text: string): Prefix {
    return madeOnce(this.#prefixes, text, prefixFrom);
  }

  #path(text: string): AsPath {
    return madeOnce(this.#paths, text, pathFrom);
  }
}

/** How keys of changes begin. Until December 2026 they were numbers alone, modulo a smaller one: those are read where there are no others. */
export const VISIBILITY_CHANGE = 'n';

/** The key of the nth visibility change; keys sort by number. */
export function visibilityChangeKey(number: number): string {
  return `${VISIBILITY_CHANGE}${number % MAX_VISIBILITY_CHANGES}`;
}

/** A visibility change as it is written down. */
export function visibilityChangeText(number: number, { at, type, peer, prefix, lost }: VisibilityChange): string {
  return JSON.stringify({ number, at, type, peer: peer.id, prefix: prefix.text, lost });
}

/** What is written down of a territory view besides its routes. */
export function territoryViewText(view: TerritoryView): string {
  const { baseline, former, steady, grown, rosterAt, touched } = view.snapshot();
  return JSON.stringify({
    blocks: view.blocksText,
    baseline: baselineValue(baseline),
    touched: runsText(touched),
    former: former.map(formerValue),
    steady: steady && [steady.share, steady.since],
    ...(grown.length > 0 && { grown }),
    rosterAt,
  });
}

/** `undefined`: it was written of other blocks. @throws Error when it was not so written. */
export function parseTerritoryView(view: TerritoryView, text: string): TerritoryViewSnapshot | undefined {
  const fields = Fields.parse(text);
  if (fields.text('blocks') !== view.blocksText) return undefined;
  const units = view.units.length;
  const steady = fields.optional('steady', (value) => pairFrom(value, numberFrom, timeFrom));
  return {
    baseline: fields.list('baseline', (value) => rowFrom(value, units)),
    touched: runsFrom(fields.text('touched'), units),
    former: fields.list('former', (value) => formerFrom(value, units)),
    steady: steady && { share: steady[0], since: steady[1] },
    grown: fields.optional('grown', () => fields.list('grown', asnFrom)) ?? [],
    rosterAt: fields.optional('rosterAt', timeFrom),
  };
}

/** A row for each AS: its number, and the units that it usually sees as runs. */
function baselineValue(baseline: TerritoryViewSnapshot['baseline']): readonly unknown[] {
  return baseline.map(([asn, units]) => [asn, runsText(units)]);
}

function rowFrom(value: unknown, units: number): readonly [Asn, readonly number[]] {
  return pairFrom(value, asnFrom, (text) => runsFrom(String(text), units));
}

/** Of most there is no more to say than who it is and when it lost its vote. */
function formerValue({ asn, at, isMissed, lacking }: FormerVoter): readonly unknown[] {
  return isMissed && lacking.length === 0 ? [asn, at] : [asn, at, isMissed, runsText(lacking)];
}

function formerFrom(value: unknown, units: number): FormerVoter {
  const [first, second, isMissed = true, lacking = ''] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const [asn, at] = pairFrom([first, second], asnFrom, timeFrom);
  if (typeof isMissed !== 'boolean') throw new Error('it is not a former voter');
  return { asn, at, isMissed, lacking: runsFrom(String(lacking), units) };
}

function madeOnce<T>(made: Map<string, T>, text: string, make: (text: string) => T): T {
  let one = made.get(text);
  if (one === undefined) made.set(text, (one = make(text)));
  return one;
}
