"""Reads the MRT records that BIRD writes for IPv4 sessions (RFC 6396), no others."""

import struct
from dataclasses import dataclass

BGP4MP, STATE_CHANGES, MESSAGES = 16, (0, 5), (1, 4)
BGP_UPDATE = 2
AS_PATH = 2


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
    path = as_path(message[withdrawn_end + 2 : attributes_end], as_size)
    gone = [(prefix, None) for prefix in prefixes(message[21:withdrawn_end])]
    return gone + [(prefix, path) for prefix in prefixes(message[attributes_end:])]


def prefixes(field):
    i = 0
    while i < len(field):
        length = field[i]
        size = (length + 7) // 8
        yield '%s/%d' % ('.'.join(map(str, field[i + 1 : i + 1 + size].ljust(4, b'\0'))), length)
        i += 1 + size


def as_path(attributes, as_size):
    i = 0
    while i < len(attributes):
        flags, kind = attributes[i], attributes[i + 1]
        wide = flags & 0x10
        length = struct.unpack_from('>H', attributes, i + 2)[0] if wide else attributes[i + 2]
        start = i + (4 if wide else 3)
        if kind == AS_PATH and length:
            count = attributes[start + 1]
            return struct.unpack_from('>%d%s' % (count, 'I' if as_size == 4 else 'H'), attributes, start + 2)
        i = start + length
    return ()
