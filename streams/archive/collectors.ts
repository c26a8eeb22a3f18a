/**
 * Collectors of Route Views by the list of the BGPKIT Broker (src/collector.rs, September 2026). Archives have others,
 * too, so unknown names are not refused.
 */
const ROUTE_VIEWS = [
  ...['2', '3', '4', '5', '6', '7', '8', '2.saopaulo'].map((name) => `route-views${name}`),
  ...(
    'amsix bdix bknix chicago chile eqix flix fortaleza gixa gorex isc jinx kixp linx mwix napafrica nwax ny perth peru ' +
    'phoix rio saopaulo sfmix sg siex soxrs sydney telxatl uaeix wide'
  )
    .split(' ')
    .map((name) => `route-views.${name}`),
  ...(
    'amsix.ams cix.atl crix.sjo decix.fra decix.jhb getafix.mnl hkix.hkg iix.cgk interlan.otp iraq-ixp.bgw ix-br.gru ' +
    'ix-br2.gru ixpn.los kinx.icn locix.fra namex.fco netnod.mmx pacwave.lax pit.scl pitmx.qro'
  ).split(' '),
];

/** RIS has rrc00 to rrc26 (https://ris.ripe.net/docs/route-collectors/), without rrc17. */
const RIS = Array.from({ length: 27 }, (_, i) => `rrc${String(i).padStart(2, '0')}`).filter((name) => name !== 'rrc17');

/** Names of collectors, for suggestions. */
export const KNOWN_COLLECTORS: readonly string[] = [...RIS, ...ROUTE_VIEWS];

/** Whether this list contains the collector. */
export function isKnownCollector(name: string): boolean {
  return KNOWN_COLLECTORS.includes(name);
}
