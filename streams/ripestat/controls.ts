import type { Family, Prefix, PrefixText } from '../../src/bgp/prefix.ts';
import { parsePrefix } from '../../src/bgp/prefix.ts';

/**
 * Prefixes of which we know what must be seen, asked for in the same breath as the territory. Without them an answer
 * of nothing could be RIPEstat's own loss: on 2020-09-30 all its calls answered empty sets, with 200 OK.
 */
export const CONTROLS = {
  /** When somebody last compared this list with https://ris.ripe.net/docs/routing-beacons/ and RIPEstat. */
  reviewed: '2025-05-22',
  /** Always announced: RIS anchors, and RIPE NCC's own prefixes, seen without a break from 2020-12 to 2025-06. */
  present: {
    ipv4: controls('84.205.83.0/24', '84.205.81.0/24', '84.205.92.0/24', '93.175.146.0/24', '193.0.0.0/21'),
    ipv6: controls('2001:67c:2e8::/48'),
  },
  /** Deliberately never announced. */
  absent: controls('93.175.158.0/24'),
} as const;

/** How many of the present ones the looking glass is asked for, one call each. */
const LOOKING_GLASS_CONTROLS = 3;

export function controlsOf(families: readonly Family[], forLookingGlass = false): readonly Prefix[] {
  const present = families.flatMap((family) => {
    const list = CONTROLS.present[family];
    // The first anchor and RIPE NCC's own: they do not fail together.
    return forLookingGlass ? [...list.slice(0, LOOKING_GLASS_CONTROLS - 1), ...list.slice(-1)] : list;
  });
  return [...new Set([...present, ...CONTROLS.absent])];
}

export function isPresentControl({ family, text }: Prefix): boolean {
  return CONTROLS.present[family].some((control) => control.text === text);
}

export function isAbsentControl(text: PrefixText): boolean {
  return CONTROLS.absent.some((control) => control.text === text);
}

function controls(...texts: readonly string[]): readonly Prefix[] {
  return texts.flatMap((text) => parsePrefix(text) ?? []);
}
