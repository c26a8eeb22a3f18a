import { parseAsPath, pathText } from './as-path.ts';
import { asnOf } from './asn.ts';
import type { Element, EndOfRibElement, GapElement, GapReason, RouteName } from './element.ts';
import { parseCollector, peerOf, type Collector, type Peer } from './peer.ts';
import { addressText, parseAddress, parsePrefix, type Family } from './prefix.ts';
import { probeFrom, probeLine } from './probe-line.ts';
import { eventTimeOf, type EventTime } from './time.ts';

/**
 * One element as one line of text, after bgpreader's: fields between bars, times in Unix seconds with milliseconds,
 * paths as routers print them. Nothing is lost: the line reads back as the element it was.
 *
 *     R|time|collector|peer ASN|peer address|prefix|path id|AS path     rib
 *     A|…                                                                announcement
 *     W|time|collector|peer ASN|peer address|prefix|path id             withdrawal
 *     S|time|collector|peer ASN|peer address|up or down                 peer-state
 *     E|time|collector|peer ASN|peer address|family                     end-of-rib of a session
 *     E|…|family|from|IPv4 routes|IPv6 routes                           end of a dump
 *     G|time|collector|peer ASN|peer address|reason                     gap; no peer: the whole collector
 *     G|…|reason|prefix#path id prefix …                                gap of these routes
 *     T|time|collector|peer ASN|peer address                            tick; no peer: of no session
 *     P|time|…                                                          probe: see `probeLine`
 */
export function elementLine(element: Element): string {
  const { at } = element;
  switch (element.type) {
    case 'rib':
    case 'announcement': {
      const letter = element.type === 'rib' ? 'R' : 'A';
      const { prefix, pathId = '', path } = element;
      return `${headOf(letter, at, element.peer)}|${prefix.text}|${pathId}|${pathText(path)}`;
    }
    case 'withdrawal':
      return `${headOf('W', at, element.peer)}|${element.prefix.text}|${element.pathId ?? ''}`;
    case 'peer-state':
      return `${headOf('S', at, element.peer)}|${element.state}`;
    case 'end-of-rib':
      return `${headOf('E', at, element.peer)}|${element.family ?? ''}${dumpText(element.dump)}`;
    case 'gap':
      return `${headOf('G', at, element.peer, element.collector)}|${element.reason}${routesText(element.routes)}`;
    case 'tick':
      return headOf('T', at, element.peer, element.collector);
    case 'probe':
      return `P|${secondsText(at)}|${probeLine(element)}`;
  }
}

/** A line that cannot be read, and the collector or peer that it concerns, as far as it can be read. */
export interface BadLine {
  readonly type: 'bad-line';
  readonly collector: Collector | undefined;
}

/** Most peers that are cached, so that equal peers are the same object. Beyond this the cache is emptied. */
const MAX_PEERS = 100_000;

/** Reads lines that `elementLine` wrote. Never throws. */
export function elementLineReader(): (line: string) => Element | BadLine {
  const peers = new Map<string, Peer>();
  return (line) => {
    const fields = line.split('|');
    const [letter = '', time = '', name = '', asn = '', address = ''] = fields;
    const at = timeOf(time);
    if (letter === 'P') {
      return (
        (at === undefined ? undefined : probeFrom(at, fields.slice(2))) ?? { type: 'bad-line', collector: undefined }
      );
    }
    const collector = parseCollector(name);
    const bad: BadLine = { type: 'bad-line', collector };
    if (collector === undefined || at === undefined) return bad;
    const hasNoPeer = asn === '' && address === '' && (letter === 'G' || letter === 'T');
    const key = `${collector}|${address}|${asn}`;
    const peer = hasNoPeer ? undefined : (peers.get(key) ?? peerFrom(collector, address, asn));
    if (peer === undefined) return (hasNoPeer && withoutPeer(letter, at, collector, fields.slice(5))) || bad;
    if (peers.size >= MAX_PEERS) peers.clear();
    peers.set(key, peer);
    return withPeer(letter, at, peer, fields.slice(5)) ?? bad;
  };
}

function headOf(letter: string, at: EventTime, peer: Peer | undefined, collector?: Collector): string {
  const time = secondsText(at);
  if (peer === undefined) return `${letter}|${time}|${collector}||`;
  return `${letter}|${time}|${peer.collector}|${peer.asn}|${peer.address}`;
}

function secondsText(at: EventTime): string {
  const seconds = Math.floor(at / 1000);
  return `${seconds}.${String(at - seconds * 1000).padStart(3, '0')}`;
}

function dumpText(dump: EndOfRibElement['dump']): string {
  return dump === undefined ? '' : `|${dump.from}|${dump.routes.ipv4}|${dump.routes.ipv6}`;
}

function routesText(routes: GapElement['routes']): string {
  if (routes === undefined) return '';
  return `|${routes.map(({ prefix, pathId }) => (pathId === undefined ? prefix.text : `${prefix.text}#${pathId}`)).join(' ')}`;
}

function timeOf(text: string): EventTime | undefined {
  const match = /^(\d{1,10})\.(\d{3})$/.exec(text);
  return match === null ? undefined : eventTimeOf(Number(match[1]) * 1000 + Number(match[2]));
}

function peerFrom(collector: Collector, address: string, asn: string): Peer | undefined {
  const parsed = parseAddress(address);
  const number = numberOf(asn, asnOf);
  if (parsed === undefined || number === undefined) return undefined;
  return peerOf(collector, addressText(parsed.family, parsed.words), number);
}

function withoutPeer(
  letter: string,
  at: EventTime,
  collector: Collector,
  rest: readonly string[],
): Element | undefined {
  if (letter === 'T') return rest.length === 0 ? { type: 'tick', at, collector } : undefined;
  const [reason] = rest;
  return rest.length === 1 && isGapReason(reason) ? { type: 'gap', at, collector, reason } : undefined;
}

function withPeer(letter: string, at: EventTime, peer: Peer, rest: readonly string[]): Element | undefined {
  const { collector } = peer;
  const [first] = rest;
  switch (letter) {
    case 'R':
    case 'A':
    case 'W':
      return routeFrom(letter, at, peer, rest);
    case 'S':
      if (rest.length !== 1 || (first !== 'up' && first !== 'down')) return undefined;
      return { type: 'peer-state', at, peer, state: first };
    case 'E':
      return endFrom(at, peer, rest);
    case 'G':
      return gapFrom(at, peer, rest);
    case 'T':
      return rest.length === 0 ? { type: 'tick', at, collector, peer } : undefined;
    default:
      return undefined;
  }
}

function routeFrom(
  letter: 'R' | 'A' | 'W',
  at: EventTime,
  peer: Peer,
  [prefixField = '', pathIdField = '', ...more]: readonly string[],
): Element | undefined {
  const prefix = parsePrefix(prefixField);
  const pathId = pathIdField === '' ? undefined : pathIdFrom(pathIdField);
  if (prefix === undefined || (pathId === undefined && pathIdField !== '')) return undefined;
  if (letter === 'W') return more.length === 0 ? { type: 'withdrawal', at, peer, prefix, pathId } : undefined;
  const [pathField] = more;
  const path = more.length === 1 && pathField !== undefined ? parseAsPath(pathField) : undefined;
  if (path === undefined) return undefined;
  return { type: letter === 'R' ? 'rib' : 'announcement', at, peer, prefix, pathId, path };
}

function gapFrom(at: EventTime, peer: Peer, [reason, ...more]: readonly string[]): Element | undefined {
  if (!isGapReason(reason) || more.length > 1) return undefined;
  const gap = { type: 'gap', at, collector: peer.collector, peer, reason } as const;
  const [text] = more;
  if (text === undefined) return gap;
  const routes = text.split(' ').map(routeNameFrom);
  return routes.every((route) => route !== undefined) ? { ...gap, routes } : undefined;
}

function routeNameFrom(text: string): RouteName | undefined {
  const [prefixField = '', pathIdField, ...more] = text.split('#');
  const prefix = parsePrefix(prefixField);
  const pathId = pathIdField === undefined ? undefined : pathIdFrom(pathIdField);
  if (prefix === undefined || more.length > 0 || (pathId === undefined && pathIdField !== undefined)) return undefined;
  return { prefix, pathId };
}

function pathIdFrom(text: string): number | undefined {
  return numberOf(text, (value) => (value <= 0xffff_ffff ? value : undefined));
}

function endFrom(at: EventTime, peer: Peer, [familyField, ...dump]: readonly string[]): Element | undefined {
  if (familyField !== '' && familyField !== 'ipv4' && familyField !== 'ipv6') return undefined;
  const family: Family | undefined = familyField === '' ? undefined : familyField;
  if (dump.length === 0) return { type: 'end-of-rib', at, peer, family };
  const [from, ipv4, ipv6] = dump.map((field) => numberOf(field, (value) => value));
  const begun = from === undefined ? undefined : eventTimeOf(from);
  if (dump.length !== 3 || begun === undefined || ipv4 === undefined || ipv6 === undefined) return undefined;
  return { type: 'end-of-rib', at, peer, family, dump: { from: begun, routes: { ipv4, ipv6 } } };
}

/** Decimal digits, of a number that is exact. */
function numberOf<T extends number>(text: string, check: (value: number) => T | undefined): T | undefined {
  return /^\d{1,15}$/.test(text) ? check(Number(text)) : undefined;
}

/** Each reason once: a new one does not compile until it is listed here. */
const GAP_REASONS: Readonly<Record<GapReason, true>> = {
  'damaged-file': true,
  'unreadable-message': true,
  'missing-file': true,
  'short-dump': true,
  'absent-peer': true,
  'too-many-routes': true,
  'changed-form': true,
  'ambiguous-peer': true,
  'renamed-peer': true,
  disconnected: true,
  restarted: true,
  'silent-collector': true,
  'stale-feed': true,
  'ahead-feed': true,
  'silent-peer': true,
};

/** Whether the text is the name of a reason. */
export function isGapReason(text: string | undefined): text is GapReason {
  return text !== undefined && Object.hasOwn(GAP_REASONS, text);
}
