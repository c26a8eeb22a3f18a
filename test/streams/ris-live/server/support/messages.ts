import type { Asn } from '../../../../../src/bgp/asn.ts';
import { parsePrefix } from '../../../../../src/bgp/prefix.ts';
import type { EventTime } from '../../../../../src/bgp/time.ts';
import type { Nlri } from '../../../../../streams/bgp-message/nlri.ts';
import type { RisMessage } from '../../../../../streams/ris-live/server/message.ts';

export const NOON = Date.UTC(2014, 11, 22, 12);

export interface MessageParts {
  /** Milliseconds after noon. */
  readonly at?: number;
  readonly host?: string;
  readonly peer?: string;
  readonly asn?: number;
  readonly path?: readonly (number | readonly number[])[];
  readonly announced?: readonly string[];
  readonly withdrawn?: readonly string[];
}

let count = 0;

export function update(parts: MessageParts = {}): RisMessage {
  const { announced = [], withdrawn = [] } = parts;
  const path = parts.path ?? (announced.length > 0 ? [64_496, 131_279] : []);
  return {
    ...common(parts),
    raw: Uint8Array.from([1, 2, 3]),
    body: {
      type: 'UPDATE',
      update: {
        withdrawn: withdrawn.map(nlri),
        announced: announced.length === 0 ? [] : [{ nextHop: '192.0.2.1', prefixes: announced.map(nlri) }],
        path: path as readonly (Asn | readonly Asn[])[],
        communities: [],
        origin: announced.length > 0 ? 'IGP' : undefined,
        med: undefined,
        aggregator: undefined,
        endOfRib: undefined,
      },
    },
  };
}

export function keepalive(parts: MessageParts = {}): RisMessage {
  return { ...common(parts), raw: undefined, body: { type: 'KEEPALIVE' } };
}

export function state(is: 'up' | 'down', parts: MessageParts = {}): RisMessage {
  return { ...common(parts), raw: undefined, body: { type: 'STATE', state: is } };
}

/** One announcement a second, from noon on. */
export function announcements(howMany: number): RisMessage[] {
  return Array.from({ length: howMany }, (_, i) => update({ at: i * 1000, announced: ['175.45.176.0/24'] }));
}

export function nlri(text: string): Nlri {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`no prefix: ${text}`);
  return prefix;
}

function common({ at = 0, host = 'rrc00.ripe.net', peer = '192.0.2.1', asn = 64_496 }: MessageParts) {
  const id = `${peer}-${(NOON + at).toString(16).padStart(12, '0')}${(count++ % 0xffff).toString(16).padStart(4, '0')}`;
  return { at: (NOON + at) as EventTime, host, peer, peerAsn: asn, id };
}
