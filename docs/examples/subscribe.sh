#!/usr/bin/env bash
# Prints the events of unroutable that Redis has, a line of JSON each. Needs bash 4 and redis-cli.
#
#   bash subscribe.sh hints                  what is published from now on; what is missed is gone
#   bash subscribe.sh follow [EVENT-ID]      all that is kept, or all after this event, and what comes
#   bash subscribe.sh work GROUP CONSUMER    what no other consumer of the group has, until it is acknowledged
#
# REDIS_URL is redis://127.0.0.1:6379 by default, WATCH the ids of all that is watched: KP, or JP+KP.
set -euo pipefail

events="unroutable:{${WATCH:-KP}}:events"
ids="unroutable:{${WATCH:-KP}}:ids"

ask() {
  redis-cli -u "${REDIS_URL:-redis://127.0.0.1:6379}" --no-auth-warning "$@"
}

# Pub/sub: of each message three lines, of which the third is the event.
hints() {
  local kind channel event
  while true; do
    ask SUBSCRIBE unroutable:events | # or unroutable:events:KP
      while read -r kind && read -r channel && IFS= read -r event; do
        if [ "$kind" = message ]; then handle "$event"; fi
      done || true
    sleep 1
  done
}

# The stream, from the beginning or after an event.
follow() {
  local entry=0 lines i
  if [ $# -gt 0 ]; then entry=$(ask HGET "$ids" "$1"); fi
  if [ -z "$entry" ]; then
    echo "$1 is not kept any more, or never was" >&2
    return 1
  fi
  while true; do
    mapfile -t lines < <(ask XREAD COUNT 100 BLOCK 5000 STREAMS "$events" "$entry")
    # The stream's name, then of each entry five lines: its own id, "id", the event's id, "event", the event.
    for ((i = 1; i + 4 < ${#lines[@]}; i += 5)); do
      handle "${lines[i + 4]}"
      entry=${lines[i]}
    done
    if [ ${#lines[@]} -lt 6 ]; then sleep 0.2; fi
  done
}

# The stream, shared in a consumer group: first what this consumer was given and did not acknowledge, then what is new.
# XPENDING and XCLAIM take over what a consumer that is gone for good has left.
work() {
  local group=$1 consumer=$2 from=0 lines i
  while true; do
    # At 0, so that it gets what was there before. Without MKSTREAM: the stream is made by unroutable alone.
    ask XGROUP CREATE "$events" "$group" 0 >/dev/null || true
    mapfile -t lines < <(ask XREADGROUP GROUP "$group" "$consumer" COUNT 100 BLOCK 5000 STREAMS "$events" "$from")
    for ((i = 1; i + 4 < ${#lines[@]}; i += 5)); do
      handle "${lines[i + 4]}"
      ask XACK "$events" "$group" "${lines[i]}" >/dev/null
    done
    if [ ${#lines[@]} -lt 6 ]; then
      from='>'
      sleep 0.2
    fi
  done
}

# Yours. Keep the event's id together with what you do, in one transaction: the same event may come again.
handle() {
  printf '%s\n' "$1"
}

"$@"
