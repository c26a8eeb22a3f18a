import type { Family, Prefix, PrefixText } from '../../src/bgp/prefix.ts';
import { parsePrefix } from '../../src/bgp/prefix.ts';
import { CONTROL_PREFIXES, type ControlPrefix } from '../ris-live/control-prefixes.ts';

/** RIPE NCC's own, seen without a break from 2020-12 to 2025-06 (RIPEstat's announced-prefixes of AS3333). */
const RIPE_NCC = ['193.0.0.0/21', '2001:67c:2e8::/48'].flatMap((text) => parsePrefix(text) ?? []);

/**
 * Prefixes with known visibility, requested together with the territory. Without them, an empty answer could be a fault
 * of RIPEstat: on 2020-09-30 all its calls returned empty sets, with 200 OK.
 */
const CONTROLS = {
  /** Always announced: RIS anchors, and RIPE NCC's own prefixes. Beacons come and go, so they cannot be used here. */
  present: { ipv4: present('ipv4'), ipv6: present('ipv6') },
  /** Deliberately never announced. */
  absent: withRole('never-announced'),
} as const;

/** How many of the always announced prefixes are requested from the looking glass, one call each. */
const LOOKING_GLASS_CONTROLS = 3;

/** Prefixes whose presence or absence is known, to check an answer. */
export function controlsOf(families: readonly Family[], forLookingGlass = false): readonly Prefix[] {
  const present = families.flatMap((family) => {
    const list = CONTROLS.present[family];
    // Some anchors and some of RIPE NCC's own prefixes, because these do not fail together.
    return forLookingGlass ? [...list.slice(0, LOOKING_GLASS_CONTROLS - 1), ...list.slice(-1)] : list;
  });
  return [...new Set([...present, ...CONTROLS.absent])];
}

/** Whether a prefix must be in every complete answer. */
export function isPresentControl({ family, text }: Prefix): boolean {
  return CONTROLS.present[family].some((control) => control.text === text);
}

/** Whether a prefix must be in no answer. */
export function isAbsentControl(text: PrefixText): boolean {
  return CONTROLS.absent.some((control) => control.text === text);
}

function present(family: Family): readonly Prefix[] {
  return [...withRole('anchor'), ...RIPE_NCC].filter((prefix) => prefix.family === family);
}

function withRole(role: ControlPrefix['role']): readonly Prefix[] {
  return CONTROL_PREFIXES.filter((control) => control.role === role).map(({ prefix }) => prefix);
}
