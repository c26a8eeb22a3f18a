#!/bin/bash
# record.sh NAME: records incidents/NAME again from its steps.yaml, with two BIRD collectors and ExaBGP on loopback.
# Needs root (for ExaBGP's user) and Debian's packages below. Stops all that it starts. Then runs verify.py on it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ $# -ne 1 ]; then
  echo "usage: record.sh NAME, one of: $(cd "$here/../../incidents" && echo */)" >&2
  exit 2
fi
folder=$here/../../incidents/$1
missing=()
for package in bird2 exabgp faketime bgpdump python3 python3-yaml; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "missing Debian packages: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
[ -f "$folder/steps.yaml" ] || { echo "no steps in $folder" >&2; exit 2; }
/usr/bin/python3 -B "$here/record.py" "$folder"
/usr/bin/python3 -B "$here/verify.py" "$folder"
