import { expect } from 'vitest';
import { pathText } from '../../../../src/bgp/as-path.ts';
import type { Element } from '../../../../src/bgp/element.ts';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import type { DecodedRecord } from '../../../../streams/mrt/decode/decoded.ts';
import {
  asPath,
  ATTRIBUTES,
  join,
  NEXT_HOP,
  nlri,
  ORIGIN,
  SECONDS,
  sequence16,
  update,
} from '../../../bgpkit-parser-wasm/mrt.ts';

/** What was made of records, as lines; and what is expected of bad ones. */

export const GOOD = update({ attributes: ATTRIBUTES, announced: nlri('175.45.178.0/24') });
export const GOOD_LINE = 'announcement 192.0.2.1 175.45.178.0/24 64500 4837 131279';
export const PEER_GAP = 'gap 192.0.2.1 unreadable-message';
export const COLLECTOR_GAP = 'gap - unreadable-message';

export const AT = SECONDS * 1000;
export const announced = nlri('175.45.176.0/24');
export const IPV6_NEXT_HOP = [0x20, 1, 13, 184, ...Array.from({ length: 12 }, () => 0)];
export const IPV6_PREFIX = [32, 0x20, 1, 13, 184];
export const attributes16 = [...ORIGIN, ...asPath(sequence16(64500, 4837)), ...NEXT_HOP];

export const COLLECTOR = 'rrc00' as Collector;

export function decode(...records: readonly Uint8Array[]): DecodedRecord {
  const decoder = createRecordDecoder(COLLECTOR);
  const decoded = decoder.decode(join(...records));
  decoder.close();
  return decoded;
}

/** Decodes records that have nothing wrong with them. */
export function elements(...records: readonly Uint8Array[]): readonly Element[] {
  const decoded = decode(...records);
  expect(decoded.problems).toEqual([]);
  return decoded.elements;
}

export function lines(decoded: DecodedRecord): string[] {
  return decoded.elements.map(line);
}

function line(element: Element): string {
  switch (element.type) {
    case 'rib':
    case 'announcement':
      return `${element.type} ${element.peer.address} ${element.prefix.text} ${pathText(element.path)}`;
    case 'withdrawal':
      return `withdrawal ${element.peer.address} ${element.prefix.text}`;
    case 'peer-state':
      return `${element.state} ${element.peer.address}`;
    case 'end-of-rib':
      return `end-of-rib ${element.peer.address} ${element.family}`;
    case 'gap':
      return `gap ${element.peer?.address ?? '-'} ${element.reason}`;
    case 'probe':
      return 'probe';
    case 'tick':
      return 'tick';
  }
}

export function treatments({ problems }: DecodedRecord): string[] {
  return problems.map(({ treatment }) => treatment);
}

/** The record between two good ones is refused with its reason, and the good ones are used. */
export function expectGap(bad: Uint8Array, treatment: 'routes-unknown' | 'peer-unknown', reason: RegExp): void {
  const decoded = decode(GOOD, bad, GOOD);
  expect(lines(decoded)).toEqual([GOOD_LINE, PEER_GAP, GOOD_LINE]);
  expect(decoded.problems).toMatchObject([{ offset: GOOD.length, treatment, peer: { address: '192.0.2.1' } }]);
  expect(decoded.problems[0]?.reason).toMatch(reason);
}

export function expectSkipped(bad: Uint8Array): void {
  const decoded = decode(GOOD, bad, GOOD);
  expect(lines(decoded)).toEqual([GOOD_LINE, GOOD_LINE]);
  expect(decoded.problems).toMatchObject([{ offset: GOOD.length, treatment: 'skipped' }]);
}
