"""Who speaks to the two collectors, and over whom. Every AS of a peer is private (RFC 6996): a real one would claim
something about a real network. Transits and upstreams are real, so that paths look as they do in an archive."""

from dataclasses import dataclass

ORIGIN = 131279
UNITS = ('175.45.176.0/24', '175.45.177.0/24', '175.45.178.0/24', '175.45.179.0/24')

FULL = tuple(range(64512, 64548))  # 36 ASes with a full table: the voters
AT_A = FULL[:20] + (64532, 64533)  # the last two have a second session at the other collector
AT_B = FULL[20:] + (64512, 64513, 64514, 64515)

# Partial feeds: how many other prefixes, and which of the four.
PARTIAL = {
    64560: (8, UNITS),
    64561: (12, ()),
    64562: (10, UNITS[:2]),
    64563: (9, UNITS),
    64564: (15, ()),
    64565: (5, UNITS),
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


def path(asn, upstream, detour=0):
    """The AS path to North Korea over this upstream. `detour` 1: by another transit, longer; the upstream is the same."""
    first = TRANSITS[asn % len(TRANSITS)]
    if detour:
        return (asn, TRANSITS[(asn + 5) % len(TRANSITS)], TRANSITS[(asn + 7) % len(TRANSITS)], upstream, ORIGIN)
    if asn % 3 == 0:
        return (asn, first, TRANSITS[(asn + 4) % len(TRANSITS)], upstream, ORIGIN)
    return (asn, first, upstream, ORIGIN)


def filler(asn):
    """The rest of the peer's table: /24s of 198.18.0.0/15 (RFC 2544), so that a full feed is told from a partial one."""
    count = PARTIAL[asn][0] if asn in PARTIAL else 96 + asn % 9
    table = {}
    for i in range(count):
        prefix = '198.%d.%d.0/24' % (18 + i // 256, i % 256)
        table[prefix] = (asn, TRANSITS[asn % len(TRANSITS)], FILLER_ORIGINS[i % len(FILLER_ORIGINS)])
    return table


def carries(asn):
    """The units that this peer hears of at all."""
    return PARTIAL[asn][1] if asn in PARTIAL else UNITS
