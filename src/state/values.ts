import { asnOf, parseAsn, type Asn } from '../bgp/asn.ts';
import { parseAsPath, pathText, type AsPath } from '../bgp/as-path.ts';
import { parseCollector, peerOf, type Collector, type Peer, type PeerId } from '../bgp/peer.ts';
import { addressText, parseAddress, parsePrefix, type Prefix } from '../bgp/prefix.ts';
import { eventTimeOf, type EventTime } from '../bgp/time.ts';
import { IndexSet } from '../lib/index-set.ts';
import { runsFrom, runsText } from '../lib/runs.ts';
import { plain, type Codec } from './codec.ts';

/** A finite number. */
export const number: Codec<number> = plain((value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('it is not a number');
  return value;
});

/** 0 or more, whole. */
export const count: Codec<number> = plain((value) => countBelow(value, Number.MAX_SAFE_INTEGER));

/** A path identifier (RFC 7911). */
export const pathId: Codec<number> = plain((value) => countBelow(value, 2 ** 32));

/** The index of a unit of the territory. */
export const unit: Codec<number> = plain((value, units) => countBelow(value, units));

/** A time of events. */
export const time: Codec<EventTime> = plain((value) => {
  const at = typeof value === 'number' ? eventTimeOf(value) : undefined;
  if (at === undefined || at !== value) throw new Error('it is not a time');
  return at;
});

/** Any text. */
export const text: Codec<string> = plain((value) => {
  if (typeof value !== 'string') throw new Error('it is not text');
  return value;
});

/** True or false; false when it is absent. */
export const flag: Codec<boolean> = plain((value) => {
  if (value !== undefined && typeof value !== 'boolean') throw new Error('it is neither true nor false');
  return value === true;
});

/** True or false; false is left out. */
export const rareFlag: Codec<boolean> = {
  encode: (value) => value || undefined,
  decode: (value, end) => flag.decode(value, end),
};

/** An AS number. */
export const asn: Codec<Asn> = plain((value) => {
  const found = typeof value === 'number' ? asnOf(value) : undefined;
  if (found === undefined) throw new Error('it is not an AS number');
  return found;
});

/** The name of a collector. */
export const collector: Codec<Collector> = ofText(parseCollector, String);

/** A peer as `collector|address|asn`. */
export const peer: Codec<Peer> = ofText(parsePeer, ({ id }) => id);

/** The id of a peer, as `peer` writes it. */
export const peerId: Codec<PeerId> = ofText((id) => parsePeer(id)?.id, String);

/** A prefix as text. */
export const prefix: Codec<Prefix> = ofText(parsePrefix, ({ text }) => text);

/** An AS path in the form that routers print. */
export const path: Codec<AsPath> = ofText(parseAsPath, pathText);

/** Indices of units, ascending, as runs: `0-3 7`. */
export const units: Codec<readonly number[]> = {
  encode: runsText,
  decode: (value, end) => runsFrom(text.decode(value, end), end),
};

/** A set of indices of units, as `units` writes them. A set remembers its text: large ones are written with each commit. */
export const unitSet: Codec<IndexSet> = {
  encode: (set) => set.text,
  decode: (value, end) => {
    const set = new IndexSet(end);
    for (const index of units.decode(value, end)) set.add(index);
    return set;
  },
};

/** A value that is stored as text. @param parse returns `undefined` when the text is not valid. */
export function ofText<T>(parse: (text: string) => T | undefined, textOf: (value: T) => string): Codec<T> {
  return {
    encode: textOf,
    decode: (value) => {
      const found = typeof value === 'string' ? parse(value) : undefined;
      if (found === undefined) throw new Error(`it cannot be ${String(value)}`);
      return found;
    },
  };
}

function countBelow(value: unknown, end: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= end)
    throw new Error('it is not a whole number in range');
  return value;
}

function parsePeer(id: string): Peer | undefined {
  const [collectorText = '', addressOf = '', asnText = '', ...more] = id.split('|');
  const parsed = { collector: parseCollector(collectorText), address: parseAddress(addressOf), asn: parseAsn(asnText) };
  if (parsed.collector === undefined || parsed.address === undefined || parsed.asn === undefined || more.length > 0)
    return undefined;
  return peerOf(parsed.collector, addressText(parsed.address.family, parsed.address.words), parsed.asn);
}
