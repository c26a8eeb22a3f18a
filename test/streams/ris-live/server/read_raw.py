"""Reads a stream of RIS Live over HTTP as a stranger would: no options, standard library alone, `raw` by RFC 4271.

Prints what each UPDATE does, one line a prefix: W or A, the session, the prefix.
"""

import ipaddress
import json
import sys
import urllib.request


def prefixes(data, bits):
    at = 0
    while at < len(data):
        length = data[at]
        octets = (length + 7) // 8
        packed = data[at + 1 : at + 1 + octets].ljust(bits // 8, b"\0")
        yield f"{ipaddress.ip_address(packed)}/{length}"
        at += 1 + octets


def update(raw):
    body = raw[19:]
    length = int.from_bytes(body[:2], "big")
    withdrawn, body = body[2 : 2 + length], body[2 + length :]
    length = int.from_bytes(body[:2], "big")
    attributes, announced = body[2 : 2 + length], body[2 + length :]
    yield from (("W", prefix) for prefix in prefixes(withdrawn, 32))
    reached = list(prefixes(announced, 32))
    while attributes:
        wide = attributes[0] & 0x10
        kind = attributes[1]
        size = int.from_bytes(attributes[2:4], "big") if wide else attributes[2]
        start = 4 if wide else 3
        value, attributes = attributes[start : start + size], attributes[start + size :]
        if kind in (14, 15) and value[2] == 1:
            bits = 32 if value[1] == 1 else 128
            if kind == 15:
                yield from (("W", prefix) for prefix in prefixes(value[3:], bits))
            else:
                reached.extend(prefixes(value[5 + value[3] :], bits))
    yield from (("A", prefix) for prefix in reached)


with urllib.request.urlopen(sys.argv[1]) as stream:
    for line in stream:
        data = json.loads(line)["data"]
        if data["type"] != "UPDATE":
            continue
        for kind, prefix in update(bytes.fromhex(data["raw"])):
            print(kind, data["peer"], data["peer_asn"], prefix)
