import { projectOf } from '../../../src/bgp/peer.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import type { BgpMessage } from './bgp-message.ts';
import { nlriText, withdrawnText } from './bgp-nlri.ts';
import type { Open } from './bgp-open.ts';
import type { Update } from './bgp-update.ts';

/** A `ris_message` before it is written as text: the data for filters and for the text. */
export interface RisMessage {
  /** When the collector received it. */
  readonly at: EventTime;
  /** The collector in the form of messages: `rrc21.ripe.net`; collectors outside RIS have their plain name. */
  readonly host: string;
  /** Canonical address. */
  readonly peer: string;
  readonly peerAsn: number;
  /** See `MessageIds`. */
  readonly id: string;
  readonly body: BgpMessage | PeerStateMessage;
  /** Only OPEN names its sender. */
  readonly direction?: 'sent' | 'received';
  /** The whole BGP message, marker included; `undefined`: there was none on the wire. */
  readonly raw: Uint8Array | undefined;
}

/** `up`: Established; `down`: a session that was up and has ended. */
export interface PeerStateMessage {
  readonly type: 'STATE';
  readonly state: 'up' | 'down';
}

/** The collector's name in `host`. */
export function hostOf(collector: string): string {
  return projectOf(collector) === 'ris' ? `${collector}.ripe.net` : collector;
}

/**
 * The frame as RIS Live sends it today (2022 and later): keys in its order, `timestamp` with three decimals, arrays
 * present though empty, IPv6 withdrawals in full and announcements short, `raw` in upper-case hex and last.
 */
export function frameText(message: RisMessage, includeRaw: boolean): string {
  const { at, host, peer, peerAsn, id, body, raw } = message;
  const seconds = Math.floor(at / 1000);
  const fraction = String(at % 1000).padStart(3, '0');
  const common =
    `"timestamp":${seconds}.${fraction},"peer":"${peer}","peer_asn":"${peerAsn}",` +
    `"id":"${id}","host":${JSON.stringify(host)},"type":"${body.type}"`;
  const tail = includeRaw && raw !== undefined ? `,"raw":"${hexOf(raw)}"` : '';
  return `{"type":"ris_message","data":{${common}${bodyText(message)}${tail}}}`;
}

function bodyText({ body, direction }: RisMessage): string {
  switch (body.type) {
    case 'UPDATE':
      return updateText(body.update);
    case 'OPEN':
      return openText(body.open, direction ?? 'received');
    case 'NOTIFICATION':
      return `,"notification":${JSON.stringify(notificationOf(body.code, body.subcode, body.data))}`;
    case 'KEEPALIVE':
      return '';
    case 'STATE':
      return `,"state":"${body.state}"`;
  }
}

function updateText({ path, communities, origin, med, aggregator, announced, withdrawn }: Update): string {
  const hops = path.map((entry) => (typeof entry === 'number' ? String(entry) : `[${entry.join(',')}]`));
  const values = communities.map(([asn, value]) => `[${asn},${value}]`);
  const groups = announced.map(
    ({ nextHop, prefixes }) => `{"next_hop":"${nextHop}","prefixes":[${quoted(prefixes.map(nlriText))}]}`,
  );
  return (
    `,"path":[${hops.join(',')}],"community":[${values.join(',')}]` +
    (origin === undefined ? '' : `,"origin":"${origin}"`) +
    (med === undefined ? '' : `,"med":${med}`) +
    (aggregator === undefined ? '' : `,"aggregator":"${aggregator}"`) +
    `,"announcements":[${groups.join(',')}],"withdrawals":[${quoted(withdrawn.map(withdrawnText))}]`
  );
}

function quoted(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `"${texts.join('","')}"`;
}

function openText({ version, asn, holdTime, routerId, capabilities }: Open, direction: string): string {
  const fields = { direction, version, asn, hold_time: holdTime, router_id: routerId, capabilities };
  return `,${JSON.stringify(fields).slice(1, -1)}`;
}

/** Since 2022 the data are characters, one per octet. */
function notificationOf(code: number, subcode: number, data: Uint8Array): object {
  return data.length === 0 ? { code, subcode } : { code, subcode, data: Buffer.from(data).toString('latin1') };
}

function hexOf(raw: Uint8Array): string {
  return Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('hex').toUpperCase();
}

/**
 * Ids as RIS Live gives them since 2022: `<peer>-<48 bits of milliseconds><16 bits of counter>` in hex; the counter
 * runs over all peers of a host within one millisecond. Archives have whole seconds, and one may contain more than
 * 65,536 messages: then the counter carries over, so that ids of a host always grow.
 */
export class MessageIds {
  #ms = -1;
  /** The millisecond in hex: a round of KEEPALIVEs has hundreds of messages in one. */
  #hex = '';
  #counter = 0;

  next(peer: string, at: EventTime): string {
    if (at > this.#ms) this.#begin(at);
    else if (++this.#counter > 0xffff) this.#begin(this.#ms + 1);
    return `${peer}-${this.#hex}${this.#counter.toString(16).padStart(4, '0')}`;
  }

  #begin(ms: number): void {
    this.#ms = ms;
    this.#hex = ms.toString(16).padStart(12, '0');
    this.#counter = 0;
  }
}
