"""Reads the MRT records that BIRD writes for IPv4 sessions (RFC 6396), no others. IPv6 routes come in them as RFC 4760 has it."""

import ipaddress
import struct
from dataclasses import dataclass

BGP4MP, STATE_CHANGES, MESSAGES = 16, (0, 5), (1, 4)
BGP_UPDATE = 2
AS_PATH, MP_REACH, MP_UNREACH = 2, 14, 15
TABLE_DUMP_V2, PEER_INDEX_TABLE = 13, 1


@dataclass(frozen=True)
class Route:
    at: int  # seconds since 1970, the collector's clock
    peer: str
    prefix: str
    path: tuple | None  # None: withdrawn


@dataclass(frozen=True)
class EndOfRib:
    at: int
    peer: str


@dataclass(frozen=True)
class State:
    at: int
    asn: int  # BIRD writes 0.0.0.0 for the address of a session that went down, so the AS is all there is
    old: int
    new: int


def read(data):
    """Routes, ends of table and state changes of whole records; returns them with the number of bytes they took."""
    found, offset = [], 0
    while offset + 12 <= len(data):
        at, kind, subtype, length = struct.unpack_from('>IHHI', data, offset)
        if offset + 12 + length > len(data):
            break
        if kind == BGP4MP:
            found += body(at, subtype, data[offset + 12 : offset + 12 + length])
        offset += 12 + length
    return found, offset


def body(at, subtype, record):
    wide = subtype in (4, 5)
    asn, _, _, _ = struct.unpack_from('>IIHH' if wide else '>HHHH', record)
    rest = record[12 if wide else 8 :]
    peer = '.'.join(map(str, rest[:4]))
    if subtype in STATE_CHANGES:
        return [State(at, asn, *struct.unpack_from('>HH', rest, 8))]
    message = rest[8:]
    if subtype not in MESSAGES or message[18] != BGP_UPDATE:
        return []
    if len(message) == 23:  # nothing withdrawn, no attributes, no NLRI: RFC 4724 section 2
        return [EndOfRib(at, peer)]
    return [Route(at, peer, prefix, path) for prefix, path in update(message, 4 if wide else 2)]


def update(message, as_size):
    withdrawn_end = 21 + struct.unpack_from('>H', message, 19)[0]
    attributes_end = withdrawn_end + 2 + struct.unpack_from('>H', message, withdrawn_end)[0]
    found = dict(attributes(message[withdrawn_end + 2 : attributes_end]))
    path = as_path(found.get(AS_PATH, b''), as_size)
    gone = [(prefix, None) for prefix in prefixes(message[21:withdrawn_end])]
    gone += [(prefix, None) for prefix in prefixes(found.get(MP_UNREACH, b'')[3:], 16)]
    announced = [(prefix, path) for prefix in prefixes(message[attributes_end:])]
    reach = found.get(MP_REACH, b'')
    if reach:  # AFI, SAFI, next hop with its length, a reserved byte, NLRI
        announced += [(prefix, path) for prefix in prefixes(reach[5 + reach[3] :], 16)]
    return gone + announced


def prefixes(field, bytes_of=4):
    i = 0
    while i < len(field):
        length = field[i]
        size = (length + 7) // 8
        yield '%s/%d' % (ipaddress.ip_address(bytes(field[i + 1 : i + 1 + size]).ljust(bytes_of, b'\0')), length)
        i += 1 + size


def attributes(field):
    i = 0
    while i < len(field):
        wide = field[i] & 0x10
        length = struct.unpack_from('>H', field, i + 2)[0] if wide else field[i + 2]
        start = i + (4 if wide else 3)
        yield field[i + 1], field[start : start + length]
        i = start + length


def as_path(value, as_size):
    if not value:
        return ()
    return struct.unpack_from('>%d%s' % (value[1], 'I' if as_size == 4 else 'H'), value, 2)


def joined(dumps):
    """Table dumps of the same peers as one: one table of peers, and the records numbered through (RFC 6396 section 4.3)."""
    first, *others = [list(records(dump)) for dump in dumps]
    whole = list(first)
    for other in others:
        assert peers_of(other[0]) == peers_of(first[0]), 'the dumps have other peers, or in another order'
        whole += other[1:]
    head, *routes = whole
    renumbered = [r[:12] + struct.pack('>I', i) + r[16:] for i, r in enumerate(routes)]
    return b''.join([head, *renumbered])


def records(dump):
    offset = 0
    while offset < len(dump):
        length = 12 + struct.unpack_from('>I', dump, offset + 8)[0]
        yield dump[offset : offset + length]
        offset += length


def peers_of(record):
    """What follows the name of the table."""
    assert struct.unpack_from('>HH', record, 4) == (TABLE_DUMP_V2, PEER_INDEX_TABLE), 'a dump begins without its peers'
    return record[18 + struct.unpack_from('>H', record, 16)[0] :]
