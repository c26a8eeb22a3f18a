import { parseCollector, type Collector } from '../../src/bgp/peer.ts';
import { parsePrefix, type Prefix } from '../../src/bgp/prefix.ts';

/**
 * Prefixes that RIPE NCC announces for measurement, with known routes. They prove that the server serves subscriptions
 * to prefixes; KEEPALIVEs only prove sessions.
 *
 * Source: RIPE NCC, RIS routing beacons and anchors (ris.ripe.net/docs, page of 2024-02-01), reviewed 2025-05-22. The
 * list changes: beacons of rrc21, rrc23 and rrc24 ended on 2024-01-02. Review it once a year.
 */
export interface ControlPrefix {
  readonly prefix: Prefix;
  readonly role:
    /** Announced at xx:00, :20, :40 and withdrawn at xx:10, :30, :50: every peer sends something within ten minutes. */
    | 'fast-beacon'
    /** Always announced. If it flaps, the collector has a problem. */
    | 'anchor'
    /** Never announced, on purpose: a peer that has a route to it sends wrong routes. */
    | 'never-announced';
}

/** The anchors and beacons of RIPE RIS to which we subscribe. */
export const CONTROL_PREFIXES: readonly ControlPrefix[] = [
  control('84.205.66.0/24', 'fast-beacon'),
  control('2001:7fb:ff02::/48', 'fast-beacon'),
  // rrc01, rrc03, rrc12, and the anchor with a valid ROA.
  control('84.205.81.0/24', 'anchor'),
  control('84.205.83.0/24', 'anchor'),
  control('84.205.92.0/24', 'anchor'),
  control('93.175.146.0/24', 'anchor'),
  control('93.175.158.0/24', 'never-announced'),
];

/**
 * RIPE RIS's collectors in service (ris.ripe.net/docs, route collectors, reviewed 2025-05-22). A collector must be
 * known in advance, so that its silence is noticed even if it never sends.
 */
export const RIS_COLLECTORS: readonly Collector[] = [
  ...['rrc00', 'rrc01', 'rrc03', 'rrc04', 'rrc05', 'rrc06', 'rrc07', 'rrc10', 'rrc11', 'rrc12', 'rrc13', 'rrc14'],
  ...['rrc15', 'rrc16', 'rrc18', 'rrc19', 'rrc20', 'rrc21', 'rrc22', 'rrc23', 'rrc24', 'rrc25', 'rrc26'],
].map(collectorNamed);

function control(text: string, role: ControlPrefix['role']): ControlPrefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is not a prefix`);
  return { prefix, role };
}

function collectorNamed(text: string): Collector {
  const collector = parseCollector(text);
  if (collector === undefined) throw new Error(`${text} is not a collector`);
  return collector;
}
