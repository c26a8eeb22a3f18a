import { pathText } from '../bgp/as-path.ts';
import type { Peer } from '../bgp/peer.ts';
import type { Prefix } from '../bgp/prefix.ts';
import type { FormerVoter, TerritoryViewSnapshot } from '../rib/territory-view-snapshot.ts';
import type { TerritoryView } from '../rib/territory-view.ts';
import { MAX_VISIBILITY_CHANGES, type VisibilityChange } from '../rib/visibility-changes.ts';
import { routeKey, type ReceivedRoute } from '../rib/route-table.ts';
import {
  absent,
  converted,
  list,
  object,
  optional,
  pair,
  parseRecord,
  readOnce,
  recordText,
  row,
  word,
  type Codec,
} from './codec.ts';
import type { EngineSpace } from './record.ts';
import { asn, count, flag, number, path, pathId, peer, prefix, text, time, units, unitSet } from './values.ts';

/**
 * The record of a route; the schema in `RecordReader` reads it. Built by hand for speed: tens of thousands are written
 * per second. `path` is `null` when the route was withdrawn.
 */
export function routeText({ at, path, dumped }: ReceivedRoute): string {
  const spelled = path === undefined ? 'null' : `"${pathText(path)}"`;
  return dumped ? `{"at":${at},"path":${spelled},"dumped":true}` : `{"at":${at},"path":${spelled}}`;
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

/** The key of the nth visibility change; keys sort by number. */
export function visibilityChangeKey(number: number): string {
  return `n${number % MAX_VISIBILITY_CHANGES}`;
}

/** The schema of a visibility change and its number. */
function visibilityChange(ofPeer: Codec<Peer>, ofPrefix: Codec<Prefix>) {
  return object({
    number: count,
    at: time,
    type: word(['announcement', 'withdrawal', 'rib']),
    peer: ofPeer,
    prefix: ofPrefix,
    lost: flag,
  });
}

const writtenChange = visibilityChange(peer, prefix);

/** The record of a visibility change. */
export function visibilityChangeText(number: number, change: VisibilityChange): string {
  return recordText(writtenChange, { number, ...change });
}

/** Reads routes and visibility changes. The same few peers, prefixes and paths occur often, so each is created once. */
export class RecordReader {
  readonly #peer = readOnce(peer);
  readonly #prefix = readOnce(prefix);
  readonly #route = object({ at: time, path: orNull(readOnce(path)), dumped: flag });
  readonly #change = visibilityChange(this.#peer, this.#prefix);

  /** @param key `collector|address|asn|prefix`, and `#path id`. @throws Error when the record is damaged. */
  route(key: string, record: string): { readonly peer: Peer; readonly route: ReceivedRoute } {
    const end = key.lastIndexOf('|');
    const [prefixOf = '', id] = key.slice(end + 1).split('#');
    const route = {
      prefix: this.#prefix.decode(prefixOf, 0),
      pathId: id === undefined ? undefined : pathId.decode(Number(id), 0),
      ...parseRecord(this.#route, record),
    };
    const sender = this.#peer.decode(key.slice(0, Math.max(end, 0)), 0);
    if (routePlace(sender, routeKey(route.prefix, route.pathId)) !== key)
      throw new Error(`${key} is spelled otherwise`);
    return { peer: sender, route };
  }

  /** Its number and the change. @throws Error when the record is damaged. */
  change(record: string): [number, VisibilityChange] {
    const { number, ...change } = parseRecord(this.#change, record);
    return [number, change];
  }
}

/** A voter that lost its vote. For most, the record holds only its AS and the time. */
const former: Codec<FormerVoter> = converted(row({ asn, at: time, isMissed: absent(flag), lacking: absent(units) }), {
  from: ({ asn, at, isMissed = true, lacking = [] }) => ({ asn, at, isMissed, lacking }),
  to: (voter) => (voter.isMissed && voter.lacking.length === 0 ? { asn: voter.asn, at: voter.at } : voter),
});

const blocksOnly = object({ blocks: text });

const written = object({
  blocks: text,
  // A row for each AS: its number, and the units that it usually sees.
  baseline: list(pair(asn, unitSet)),
  touched: units,
  former: list(former),
  steady: optional(row({ share: number, since: time })),
  grown: absent(list(asn)),
  rosterAt: optional(time),
});

/** The stored state of a territory view without its routes. */
export function territoryViewText(view: TerritoryView): string {
  const { grown, ...snapshot } = view.snapshot();
  return recordText(written, { blocks: view.blocksText, ...snapshot, ...(grown.length > 0 && { grown }) });
}

/** `undefined`: the record belongs to other blocks. @throws Error when the record is damaged. */
export function parseTerritoryView(view: TerritoryView, record: string): TerritoryViewSnapshot | undefined {
  if (parseRecord(blocksOnly, record).blocks !== view.blocksText) return undefined;
  const { blocks: _, grown = [], ...snapshot } = parseRecord(written, record, view.units.length);
  return { ...snapshot, grown };
}

/** The value, or `null` for `undefined`. */
function orNull<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    encode: (value) => (value === undefined ? null : codec.encode(value)),
    decode: (value, end) => (value === null ? undefined : codec.decode(value, end)),
  };
}
