import { unitsOf, type Territory } from '../territory/territory.ts';
import { createClock, type LocalClock } from './clock.ts';
import type { Clocks, WatchedFacts } from './phrases.ts';

/**
 * What sentences need to know of the territories they are about: local time, configured origins, number of networks.
 *
 * @param territories those that the events are about. Sentences about others, and about the observer, use UTC.
 */
export function clocksFor(territories: readonly Territory[]): Clocks {
  const utc = createClock(undefined);
  const known = new Map(
    territories.map((territory) => [
      territory.id,
      { clock: createClock(territory.timeZone), facts: factsOf(territory) },
    ]),
  );
  const clock = (id: string | undefined): LocalClock => (id === undefined ? utc : (known.get(id)?.clock ?? utc));
  return Object.assign(clock, { watched: (id: string) => known.get(id)?.facts });
}

function factsOf(territory: Territory): WatchedFacts {
  const networks = { ipv4: unitsOf(territory, 'ipv4').length, ipv6: unitsOf(territory, 'ipv6').length };
  return {
    hasBothFamilies: networks.ipv4 > 0 && networks.ipv6 > 0,
    origins: territory.origins.map((origin) => `AS${origin}`),
    networks,
  };
}
