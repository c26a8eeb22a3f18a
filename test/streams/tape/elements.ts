import fc from 'fast-check';
import { asnOf, type Asn } from '../../../src/bgp/asn.ts';
import type { Element, GapReason, ProbeElement } from '../../../src/bgp/element.ts';
import { parseCollector, peerOf, type Collector, type Peer } from '../../../src/bgp/peer.ts';
import {
  addressText,
  familyBits,
  prefixOf,
  type AddressWords,
  type Family,
  type Prefix,
} from '../../../src/bgp/prefix.ts';
import { PROBE_KINDS, PROBE_RESULTS, SERVICES } from '../../../src/bgp/probe.ts';
import { LAST_EVENT_TIME, type EventTime } from '../../../src/bgp/time.ts';

/** Every element there can be. */
const family: fc.Arbitrary<Family> = fc.constantFrom('ipv4', 'ipv6');
const word = fc.oneof(fc.constant(0), fc.nat({ max: 0xffff_ffff }));
const words: fc.Arbitrary<AddressWords> = fc.tuple(word, word, word, word);
const asn: fc.Arbitrary<Asn> = fc.nat({ max: 0xffff_ffff }).map((number) => asnOf(number) ?? (0 as Asn));
const at = fc.nat({ max: LAST_EVENT_TIME }).map((ms) => ms as EventTime);
const collector: fc.Arbitrary<Collector> = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
  .map((text) => parseCollector(text))
  .filter((name) => name !== undefined);
const peer: fc.Arbitrary<Peer> = fc
  .tuple(collector, family, words, asn)
  .map(([name, kind, address, number]) =>
    peerOf(name, addressText(kind, kind === 'ipv4' ? [address[0], 0, 0, 0] : address), number),
  );
const prefix: fc.Arbitrary<Prefix> = fc
  .tuple(family, words, fc.nat({ max: 128 }))
  .map(([kind, address, length]) =>
    prefixOf(kind, kind === 'ipv4' ? [address[0], 0, 0, 0] : address, length % (familyBits(kind) + 1)),
  );
const pathId = fc.option(fc.nat({ max: 0xffff_ffff }), { nil: undefined });
const routeName = fc.record({ prefix, pathId });
/** The members of an AS_SET are sorted upward. */
const asSet = fc.array(asn, { maxLength: 4 }).map((members) => members.toSorted((a, b) => a - b));
const path = fc.array(fc.oneof(asn, asSet), { maxLength: 8 });
const reason = fc.constantFrom<GapReason>(
  'damaged-file',
  'disconnected',
  'silent-collector',
  'silent-peer',
  'missing-file',
);
const count = fc.nat({ max: 2_000_000 });

const letters = fc.stringMatching(/^[A-Za-z0-9._-]{0,30}$/);
const probe: fc.Arbitrary<ProbeElement> = fc.record({
  type: fc.constant('probe'),
  at,
  vantage: fc.oneof(
    fc.constant({ id: 'own' }),
    fc.record({ id: fc.constant('atlas-6012'), country: fc.constantFrom('KR', 'NL'), asn }),
  ),
  territory: fc.constantFrom('KP', undefined),
  service: fc.constantFrom(...SERVICES),
  target: fc.record({
    kind: fc.constantFrom(...PROBE_KINDS),
    address: peer.map(({ address }) => address),
    port: fc.integer({ min: 1, max: 65_535 }),
    name: letters,
  }),
  result: fc.constantFrom(...PROBE_RESULTS),
  detail: fc.stringMatching(/^[ -{}~]{0,120}$/),
  ms: count,
  everyMs: fc.integer({ min: 1, max: 86_400_000 }),
});

export const anyElement: fc.Arbitrary<Element> = fc.oneof(
  fc.record({ type: fc.constantFrom('rib', 'announcement'), at, peer, prefix, pathId, path }),
  fc.record({ type: fc.constant('withdrawal'), at, peer, prefix, pathId }),
  fc.record({ type: fc.constant('peer-state'), at, peer, state: fc.constantFrom('up', 'down') }),
  fc.record({ type: fc.constant('end-of-rib'), at, peer, family: fc.option(family, { nil: undefined }) }),
  fc.record({
    type: fc.constant('end-of-rib'),
    at,
    peer,
    family: fc.constant(undefined),
    dump: fc.record({ from: at, routes: fc.record({ ipv4: count, ipv6: count }) }),
  }),
  fc.record({ type: fc.constant('gap'), at, collector, reason }),
  fc.record({ type: fc.constant('gap'), at, peer, reason }).map((gap) => ({ ...gap, collector: gap.peer.collector })),
  fc
    .record({ type: fc.constant('gap'), at, peer, reason, routes: fc.array(routeName, { minLength: 1, maxLength: 5 }) })
    .map((gap) => ({ ...gap, collector: gap.peer.collector })),
  fc.record({ type: fc.constant('tick'), at, collector }),
  probe,
  fc.record({ type: fc.constant('tick'), at, peer }).map((tick) => ({ ...tick, collector: tick.peer.collector })),
);
