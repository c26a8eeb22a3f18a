import { describe, expect, test } from 'vitest';
import { OpenGaps } from '../../../src/app/feed/open-gaps.ts';
import { asnOf, type Asn } from '../../../src/bgp/asn.ts';
import { parseCollector, peerOf, type Collector, type Peer } from '../../../src/bgp/peer.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import type { OpenGap } from '../../../src/engine.ts';

const rrc00 = parseCollector('rrc00') as Collector;
const [a, b, c] = [1, 2, 3].map((i): Peer => peerOf(rrc00, `192.0.2.${i}`, asnOf(64_500 + i) as Asn)) as [
  Peer,
  Peer,
  Peer,
];
const at = (ms: number): EventTime => ms as EventTime;
const GAP_AT = at(1_000_000);
const MINUTE = 60_000;

function gap(reason: OpenGap['reason'], ...lost: readonly Peer[]): OpenGap {
  const unsettled = new Set(lost.map(({ id }) => id));
  return { collector: rrc00, peer: undefined, since: GAP_AT, reason, peers: lost.length, unsettled };
}

function gapsWith(...peers: readonly Peer[]): OpenGaps {
  const gaps = new OpenGaps();
  for (const peer of peers) gaps.noteElement({ type: 'tick', at: at(GAP_AT + 1), collector: rrc00, peer });
  return gaps;
}

describe('gaps that are open still', () => {
  test('are asked about a minute after they opened, then less and less often', () => {
    const gaps = gapsWith(a);
    const open = [gap('disconnected', a)];
    gaps.note(open, 0);
    const due = (ms: number): boolean => gaps.due(at(GAP_AT + ms), ms) !== undefined;
    expect([due(MINUTE - 1), due(MINUTE), due(2 * MINUTE), due(3 * MINUTE)]).toEqual([false, true, false, true]);
    gaps.note(open, 4 * MINUTE);
    expect(due(4 * MINUTE)).toBe(false);
  });

  test('are no longer asked about when the engine has closed them', () => {
    const gaps = gapsWith(a);
    gaps.note([gap('disconnected', a)], 0);
    gaps.note([], MINUTE);
    expect(gaps.due(at(GAP_AT + MINUTE), MINUTE)).toBeUndefined();
  });

  test("a collector's gap concerns every peer that sent something since, a silence those that lost their vote", () => {
    const asked = (reason: OpenGap['reason']): readonly string[] | undefined => {
      const gaps = gapsWith(a, b);
      gaps.note([gap(reason, a, c)], 0);
      return gaps.due(at(GAP_AT + MINUTE), MINUTE)?.peers;
    };
    expect(asked('disconnected')).toEqual([a.id, b.id]);
    expect(asked('silent-peer')).toEqual([a.id]);
  });
});
