import { parseAsn } from '../bgp/asn.ts';
import { parsePrefix } from '../bgp/prefix.ts';
import type { Territory } from './territory.ts';

/**
 * North Korea: the one block of Star Joint Venture, announced as four /24s since 18 November 2010, always from AS131279.
 * Time there is UTC+9, from 15 August 2015 to 4 May 2018 it was UTC+8:30; the zone knows it.
 */
export const NORTH_KOREA: Territory = {
  id: 'KP',
  name: 'North Korea',
  blocks: [known(parsePrefix('175.45.176.0/22'))],
  origins: [known(parseAsn('131279'))],
  timeZone: 'Asia/Pyongyang',
};

/** The territories that need no file. */
export const BUILT_IN: readonly Territory[] = [NORTH_KOREA];

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a built-in territory cannot be read');
  return value;
}
