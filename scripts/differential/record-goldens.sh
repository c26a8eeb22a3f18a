#!/bin/sh
# Writes what bgpdump prints of the MRT files that the differential tests read, for machines without bgpdump:
# the whole text for our own recordings of daemons, counts and hashes for the files of others.
set -eu
cd "$(dirname "$0")/../.."

out=test/fixtures/differential/daemons.bgpdump-m.txt
(cd test/fixtures && for file in daemons/*.mrt; do
  echo "# $file"
  bgpdump -m -q "$file"
done) > "$out"
UNROUTABLE_RECORD_GOLDENS=1 npx vitest run test/differential
