import { addressText, parseAddress, parsePrefix } from '../../../src/bgp/prefix.ts';
import type { Nlri } from '../../bgp-message/nlri.ts';
import { covers } from './bgp-nlri.ts';
import type { Update } from './bgp-update.ts';
import { hostOf, type RisMessage } from './message.ts';
import { parsePathPattern, pathMatches, type PathPattern } from './path-pattern.ts';

/** One subscription: all given conditions must hold. An `undefined` field restricts nothing. */
export interface Filter {
  readonly host: string | undefined;
  readonly type: RisMessage['body']['type'] | undefined;
  readonly require: string | undefined;
  readonly peer: string | undefined;
  readonly path: PathPattern | undefined;
  readonly prefix: Nlri | undefined;
  readonly moreSpecific: boolean;
  readonly lessSpecific: boolean;
}

/** A parsed filter object of a client. */
export interface ReadFilter {
  readonly ok: true;
  /** The keys by which it can be cancelled: one for each prefix of an array. */
  readonly filters: ReadonlyMap<string, Filter>;
  /** The client's filter, with defaults filled in. */
  readonly shown: Readonly<Record<string, unknown>>;
}

/** The filter of a subscription, or why it cannot be used. */
export type ParsedFilter = ReadFilter | { readonly ok: false; readonly message: string };

const TYPES = ['UPDATE', 'OPEN', 'NOTIFICATION', 'KEEPALIVE', 'STATE'] as const;
/** The name of peer states in `type`; messages say STATE. Both are accepted. */
const STATE_NAMES = new Set(['STATE', 'RIS_PEER_STATE']);
const KEYS = ['host', 'type', 'require', 'peer', 'path', 'prefix', 'moreSpecific', 'lessSpecific'] as const;
/** Most items of an array. */
const MAX_PREFIXES = 10_000;

/** Reads a filter object. Unknown keys are ignored; `null` counts as absent. */
export function parseFilter(value: unknown): ParsedFilter {
  if (value !== undefined && (typeof value !== 'object' || Array.isArray(value)))
    return no('Subscription must be an object');
  const given = Object.fromEntries(
    KEYS.flatMap((key) => {
      const own = value === undefined || value === null ? undefined : (value as Record<string, unknown>)[key];
      return own === undefined || own === null ? [] : [[key, own]];
    }),
  );
  const shown = { ...given, moreSpecific: given['moreSpecific'] ?? true, lessSpecific: given['lessSpecific'] ?? false };
  const base = parseBase(shown);
  if (typeof base === 'string') return no(base);

  const prefix = given['prefix'];
  if (prefix === undefined) return { ok: true, shown, filters: new Map([[keyOf(shown, ''), base]]) };
  const texts: readonly unknown[] = Array.isArray(prefix) ? prefix : [prefix];
  if (texts.length > MAX_PREFIXES) return no(`Too many prefixes, at most ${MAX_PREFIXES}`);
  const filters = new Map<string, Filter>();
  for (const text of texts) {
    const parsed =
      typeof text === 'string' ? parsePrefix(text.includes('/') ? text : `${text}/${hostBits(text)}`) : undefined;
    if (parsed === undefined) return no(`Invalid prefix: ${JSON.stringify(text)?.slice(0, 100)}`);
    filters.set(keyOf(shown, parsed.text), { ...base, prefix: parsed });
  }
  return { ok: true, shown, filters };
}

/** A text: why the value is not valid. */
function parseBase(shown: Readonly<Record<string, unknown>>): Filter | string {
  for (const key of ['host', 'type', 'require', 'peer'] as const) {
    if (shown[key] !== undefined && typeof shown[key] !== 'string') return `Invalid ${key}: must be a string`;
  }
  for (const key of ['moreSpecific', 'lessSpecific'] as const) {
    if (typeof shown[key] !== 'boolean') return `Invalid ${key}: must be true or false`;
  }
  const { host, type, require, peer } = shown as Partial<Record<string, string>>;
  const known = type === undefined || STATE_NAMES.has(type) ? type && 'STATE' : TYPES.find((name) => name === type);
  if (type !== undefined && !known) return `Unknown message type: ${type.slice(0, 100)}`;
  const address = peer === undefined ? undefined : parseAddress(peer);
  if (peer !== undefined && address === undefined) return `Invalid peer: ${peer.slice(0, 100)}`;
  const path = shown['path'] === undefined ? undefined : parsePathPattern(shown['path']);
  if (shown['path'] !== undefined && path === undefined) return 'Invalid path';
  return {
    host: host === undefined ? undefined : hostOf(host),
    type: known as Filter['type'],
    require,
    peer: address && addressText(address.family, address.words),
    path,
    prefix: undefined,
    moreSpecific: shown['moreSpecific'] === true,
    lessSpecific: shown['lessSpecific'] === true,
  };
}

/** Whether a message is wanted. It is then delivered completely, with all its other routes. */
export function matches(filter: Filter, message: RisMessage): boolean {
  const { host, type, peer, prefix, path, require } = filter;
  const { body } = message;
  if (type !== undefined && body.type !== type) return false;
  if (host !== undefined && message.host !== host) return false;
  if (peer !== undefined && message.peer !== peer) return false;
  if (require !== undefined && !hasKey(message, require)) return false;
  if (prefix === undefined && path === undefined) return true;
  if (body.type !== 'UPDATE') return false;
  // A withdrawal has no path, so a path pattern never matches it.
  if (path !== undefined && !pathMatches(path, body.update.path)) return false;
  return prefix === undefined || concerns(filter, prefix, body.update);
}

function concerns({ moreSpecific, lessSpecific }: Filter, prefix: Nlri, { withdrawn, announced }: Update): boolean {
  const isMeant = (nlri: Nlri): boolean => {
    if (nlri.length > prefix.length) return moreSpecific && covers(prefix, nlri);
    if (nlri.length < prefix.length) return lessSpecific && covers(nlri, prefix);
    return covers(prefix, nlri);
  };
  return withdrawn.some(isMeant) || announced.some(({ prefixes }) => prefixes.some(isMeant));
}

/** `require`: the message has this key, and it is not an empty array: since 2022 the arrays are always there. */
function hasKey({ body }: RisMessage, key: string): boolean {
  if (body.type !== 'UPDATE') return Object.hasOwn(KEYS_OF[body.type], key) || COMMON_KEYS.has(key);
  const { update } = body;
  switch (key) {
    case 'announcements':
      return update.announced.length > 0;
    case 'withdrawals':
      return update.withdrawn.length > 0;
    case 'path':
      return update.path.length > 0;
    case 'community':
      return update.communities.length > 0;
    case 'origin':
    case 'med':
    case 'aggregator':
      return update[key] !== undefined;
    default:
      return COMMON_KEYS.has(key);
  }
}

const COMMON_KEYS = new Set(['timestamp', 'peer', 'peer_asn', 'id', 'host', 'type']);
const KEYS_OF = {
  OPEN: { direction: 0, version: 0, asn: 0, hold_time: 0, router_id: 0, capabilities: 0 },
  NOTIFICATION: { notification: 0 },
  KEEPALIVE: {},
  STATE: { state: 0 },
} as const;

/** Equal for objects that mean the same, whatever the order of their keys and the spelling of the prefix. */
function keyOf(shown: Readonly<Record<string, unknown>>, prefix: string): string {
  return JSON.stringify(KEYS.map((key) => (key === 'prefix' ? prefix : (shown[key] ?? null))));
}

/** RIS Live takes addresses for host routes. */
function hostBits(text: string): number {
  return text.includes(':') ? 128 : 32;
}

function no(message: string): ParsedFilter {
  return { ok: false, message };
}
