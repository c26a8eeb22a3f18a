"""Makes a territory of the IPv4 addresses that a registry lists for a country. Needs Python 3.9 and nothing else.

  python3 country.py ER Eritrea delegated-afrinic-extended-latest > eritrea.yaml

Give the files of several registries when a country has addresses from more than one.
"""

import json
import sys
from ipaddress import collapse_addresses, ip_address, summarize_address_range

if len(sys.argv) < 4:
    sys.exit(__doc__)
code, name, *files = sys.argv[1:]
try:
    lines = [line for file in files for line in open(file, encoding="utf-8")]
except (OSError, UnicodeDecodeError) as error:
    sys.exit(f"cannot read the files: {error}")
blocks = []
for line in lines:
    # registry|country|type|start|value|date|status|…: of IPv4, the value is a number of addresses.
    _, country, kind, start, value, _, status, *_ = [*line.rstrip("\n").split("|"), *[""] * 7]
    if country == code and kind == "ipv4" and status in ("allocated", "assigned"):
        first = ip_address(start)
        blocks += summarize_address_range(first, first + int(value) - 1)

# No block may lie inside another one, and fewer blocks are quicker to read.
blocks = [str(block) for block in collapse_addresses(blocks)]
if not blocks:
    sys.exit(f"no file lists IPv4 addresses for {code}")
print(f"territories:\n  - id: {code}\n    name: {json.dumps(name)}\n    blocks:")
print(*(f"      - {block}" for block in blocks), sep="\n")
