import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import type { Peer } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { asn, clock, Day, peers, prefix, UNITS } from '../support/day.ts';

const all = peers(14);
const start = clock('12:00');

/** What peers do to their routes in five hours: announce over one of two upstreams, withdraw, go down, come up. */
const happenings = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 5 * 3_600_000 }),
    // Mostly all peers together, so that verdicts change; else one.
    who: fc.oneof(fc.constant('all' as const), fc.nat({ max: all.length - 1 })),
    unit: fc.oneof(fc.constant('all' as const), fc.nat({ max: 3 })),
    what: fc.constantFrom('announce', 'reroute', 'withdraw', 'withdraw', 'down', 'up'),
  }),
  { maxLength: 40 },
);

type Happening = (typeof happenings extends fc.Arbitrary<infer T> ? T : never)[number];

function elementsOf(list: readonly Happening[]): Element[] {
  const ordered = [...list].sort((a, b) => a.after - b.after);
  return ordered.flatMap((one) => {
    const who = one.who === 'all' ? all : all.slice(one.who, one.who + 1);
    return who.flatMap((peer) => elementsOfPeer(one, peer));
  });
}

function elementsOfPeer({ after, unit, what }: Happening, peer: Peer): Element[] {
  const at = (start + 1000 + after) as EventTime;
  if (what === 'down' || what === 'up') return [{ type: 'peer-state', at, peer, state: what }];
  const prefixes = (unit === 'all' ? UNITS : UNITS.slice(unit, unit + 1)).map(prefix);
  return prefixes.map((one): Element => {
    if (what === 'withdraw') return { type: 'withdrawal', at, peer, prefix: one, pathId: undefined };
    const path = [peer.asn, asn(what === 'reroute' ? 20485 : 4837), asn(131279)];
    return { type: 'announcement', at, peer, prefix: one, pathId: undefined, path };
  });
}

function eventsOf(elements: readonly Element[]): string {
  const day = new Day().dump('12:00', all);
  for (const element of elements) day.apply(element);
  return JSON.stringify(day.tick('+1 12:00').events);
}

test('ticks change nothing, wherever they fall', () => {
  fc.assert(
    fc.property(happenings, fc.array(fc.nat({ max: 5 * 3_600_000 })), (list, ticks) => {
      const elements = elementsOf(list);
      const collector = all[0]?.collector;
      if (collector === undefined) throw new Error('no peer');
      const ticking = ticks.map((after): Element => ({
        type: 'tick',
        at: (start + 1000 + after) as EventTime,
        collector,
      }));
      const mixed = [...elements, ...ticking].sort((a, b) => a.at - b.at);
      expect(eventsOf(mixed)).toBe(eventsOf(elements));
    }),
  );
});

test('a withdrawal and the same announcement again, at once, change nothing', () => {
  fc.assert(
    fc.property(happenings, fc.nat(), (list, pick) => {
      const elements = elementsOf(list);
      const index = elements.findIndex(
        (element, i) => i >= pick % (elements.length + 1) && element.type === 'announcement',
      );
      const one = elements[index];
      if (one?.type !== 'announcement') return;
      const { at, peer, prefix: of, pathId } = one;
      const again = [
        ...elements.slice(0, index + 1),
        { type: 'withdrawal', at, peer, prefix: of, pathId } as const,
        one,
        ...elements.slice(index + 1),
      ];
      expect(verdictsOf(again)).toEqual(verdictsOf(elements));
    }),
  );
});

test('saying a thing twice is saying it once', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const elements = elementsOf(list).filter((element) => element.type !== 'peer-state');
      const doubled = elements.flatMap((element) => [element, element]);
      expect(verdictsOf(doubled)).toEqual(verdictsOf(elements));
    }),
  );
});

test('the order of independent peers at one moment does not matter to any verdict', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const elements = elementsOf(list);
      const reversed = [...elements].sort(
        (a, b) => a.at - b.at || (peerOf(b) < peerOf(a) ? -1 : peerOf(b) > peerOf(a) ? 1 : 0),
      );
      expect(verdictsOf(reversed)).toEqual(verdictsOf(elements));
    }),
  );
});

test('verdicts follow legal transitions: each names the one before, and what is known again is reported beside what changed', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      let verdict: string | undefined;
      let known: string | undefined;
      for (const event of JSON.parse(eventsOf(elementsOf(list)))) {
        if (!event.type.startsWith('country.')) continue;
        const { previous, verdict: next } = event.data;
        if (known === event.time) expect([previous, next]).toEqual(['unknown', verdict]);
        else expect(previous).toBe(verdict ?? (previous === 'unknown' ? 'unknown' : 'routable'));
        known = event.type === 'country.known' ? event.time : undefined;
        if (known === undefined && previous !== 'unknown') expect(next).not.toBe(verdict);
        verdict = next;
      }
    }),
  );
});

test('sequence has no hole, ids are unique, previous ids link, times never go back', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const events = JSON.parse(eventsOf(elementsOf(list)));
      const last = new Map<string, { id: string; sequence: number; time: string }>();
      const ids = new Set<string>();
      for (const event of events) {
        const before = last.get(event.source);
        expect(Number(event.sequence)).toBe((before?.sequence ?? 0) + 1);
        expect(event.previousid).toBe(before?.id);
        expect(event.time >= (before?.time ?? '')).toBe(true);
        expect(event.data.since <= event.time).toBe(true);
        expect(ids.has(event.id)).toBe(false);
        ids.add(event.id);
        last.set(event.source, { id: event.id, sequence: Number(event.sequence), time: event.time });
      }
    }),
  );
});

test('sessions that go down alone never make the territory less than routable', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const states = elementsOf(
        list.map((one) => ({ ...one, what: one.what === 'up' || one.what === 'announce' ? 'up' : 'down' })),
      );
      const verdicts = verdictsOf(
        states.filter((element) => element.type === 'peer-state' && element.state === 'down'),
      );
      expect(verdicts.filter((line) => /unroutable|degraded/.test(line))).toEqual([]);
    }),
  );
});

function verdictsOf(elements: readonly Element[]): string[] {
  const events = JSON.parse(eventsOf(elements)) as { type: string; time: string; data: { since: string } }[];
  return (
    events
      // Whether an upstream that goes with its voter is reported depends on whether enough others look on at that moment.
      .filter((event) => /^(?:country|unit)/.test(event.type))
      .map((event) => `${event.time} ${event.type} ${event.data.since}`)
  );
}

function peerOf(element: Element): string {
  return 'peer' in element && element.peer !== undefined ? element.peer.id : '';
}
