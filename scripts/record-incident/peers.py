"""The peers of the two collectors, and their upstreams. Every AS of a peer is private (RFC 6996): a real one would claim
something about a real network. Transits and upstreams are real, so that paths look as they do in an archive."""

import os
from dataclasses import dataclass

import yaml


@dataclass(frozen=True)
class Land:
    """The territory whose routes are sent: its networks by the number that steps call them by, and the AS they come from."""

    origin: int
    numbered: tuple  # of (number, prefix)

    @property
    def units(self):
        return tuple(prefix for _, prefix in self.numbered)

    @property
    def families(self):
        return tuple(family for family in ('ipv4', 'ipv6') if any(family_of(unit) == family for unit in self.units))


NORTH_KOREA = Land(131279, tuple((third, '175.45.%d.0/24' % third) for third in range(176, 180)))


def land_of(folder):
    """North Korea, or what incidents/territories.yaml says of the incident's territory: its blocks, numbered from 1."""
    with open(os.path.join(folder, 'incident.yaml')) as file:
        wanted = yaml.safe_load(file)['territory']
    if wanted == 'KP':
        return NORTH_KOREA
    with open(os.path.join(folder, '..', 'territories.yaml')) as file:
        found = next(t for t in yaml.safe_load(file)['territories'] if t['id'] == wanted)
    return Land(found['origins'][0], tuple(enumerate(found['blocks'], 1)))


def family_of(prefix):
    return 'ipv6' if ':' in prefix else 'ipv4'


FULL = tuple(range(64512, 64548))  # 36 ASes with a full table: the voters
AT_A = FULL[:20] + (64532, 64533)  # the last two have a second session at the other collector
AT_B = FULL[20:] + (64512, 64513, 64514, 64515)

# Partial feeds: how many other prefixes, and how many of the land's networks.
PARTIAL = {
    64560: (8, None),
    64561: (12, 0),
    64562: (10, 2),
    64563: (9, None),
    64564: (15, 0),
    64565: (5, None),
}
PARTIAL_AT_A = (64560, 64561, 64562)

COLLECTOR_ASN = 64999
COLLECTORS = {'reconstructed-a': '127.0.0.21', 'reconstructed-b': '127.0.0.22'}
PORT = 17901

TRANSITS = (3356, 1299, 2914, 174, 6939, 3257, 6453, 1239, 3491, 6762, 5511, 7018)
FILLER_ORIGINS = tuple(range(64496, 64504))  # documentation ASes (RFC 5398)


@dataclass(frozen=True, order=True)
class Session:
    """One BGP session: a peer's address and AS at a collector."""

    collector: str
    address: str
    asn: int

    @property
    def protocol(self):
        """The name it has in the collector's configuration."""
        return 'p%d' % self.asn


def sessions():
    a = AT_A + PARTIAL_AT_A
    b = AT_B + tuple(asn for asn in PARTIAL if asn not in PARTIAL_AT_A)
    names = tuple(COLLECTORS)
    return tuple(Session(names[0], '127.0.1.%d' % (i + 1), asn) for i, asn in enumerate(a)) + tuple(
        Session(names[1], '127.0.1.%d' % (i + 101), asn) for i, asn in enumerate(b)
    )


def path(asn, origin, upstream, detour=0):
    """The AS path to the land over this upstream. `detour` 1: by another transit, longer; the upstream is the same."""
    first = TRANSITS[asn % len(TRANSITS)]
    if detour:
        return (asn, TRANSITS[(asn + 5) % len(TRANSITS)], TRANSITS[(asn + 7) % len(TRANSITS)], upstream, origin)
    if asn % 3 == 0:
        return (asn, first, TRANSITS[(asn + 4) % len(TRANSITS)], upstream, origin)
    return (asn, first, upstream, origin)


def filler(asn, families=('ipv4',)):
    """The rest of the peer's table: /24s of 198.18.0.0/15 (RFC 2544) and /48s of 2001:db8::/32 (RFC 3849), so that a full feed differs from a partial one."""
    count = PARTIAL[asn][0] if asn in PARTIAL else 96 + asn % 9
    table = {}
    for i in range(count):
        prefix = '198.%d.%d.0/24' % (18 + i // 256, i % 256)
        if 'ipv6' in families:
            table['2001:db8:%x::/48' % (0x1000 + i)] = (asn, TRANSITS[asn % len(TRANSITS)], FILLER_ORIGINS[i % len(FILLER_ORIGINS)])
        table[prefix] = (asn, TRANSITS[asn % len(TRANSITS)], FILLER_ORIGINS[i % len(FILLER_ORIGINS)])
    return table


def carries(asn, units):
    """Those of the units that this peer has routes to at all."""
    return units[: PARTIAL[asn][1]] if asn in PARTIAL else units
