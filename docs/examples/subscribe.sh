#!/usr/bin/env bash
# Prints the events of unroutable that Redis has, a line of JSON each. Needs bash 4 and redis-cli 7.
#
#   bash subscribe.sh hints                  what is published from now on; what is missed is gone
#   bash subscribe.sh follow [EVENT-ID]      all stored events, or all after this event, and new ones
#   bash subscribe.sh work GROUP CONSUMER    what no other consumer of the group has, until it is acknowledged
#
# REDIS_URL is redis://127.0.0.1:6379 by default, WATCH the ids of all that is watched: KP, or JP+KP.
set -euo pipefail

events="unroutable:{${WATCH:-KP}}:events"
ids="unroutable:{${WATCH:-KP}}:ids"

# Fails when Redis is not available or answers with an error, and says so on stderr.
ask() {
  redis-cli -e -u "${REDIS_URL:-redis://127.0.0.1:6379}" --no-auth-warning "$@"
}

# Pub/sub: each message has three lines; the third is the event.
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
  local entry=0 reply lines i
  if [ $# -gt 0 ]; then
    until entry=$(ask HGET "$ids" "$1"); do sleep 1; done
  fi
  if [ -z "$entry" ]; then
    echo "$1 is no longer stored, or never was" >&2
    return 1
  fi
  while true; do
    if ! reply=$(ask XREAD COUNT 100 BLOCK 5000 STREAMS "$events" "$entry"); then
      sleep 1
      continue
    fi
    mapfile -t lines <<<"$reply"
    # The stream's name, then of each entry five lines: its own id, "id", the event's id, "event", the event.
    for ((i = 1; i + 4 < ${#lines[@]}; i += 5)); do
      handle "${lines[i + 4]}"
      entry=${lines[i]}
    done
  done
}

# The stream, shared in a consumer group: first what this consumer was given and did not acknowledge, then what is new.
# XPENDING and XCLAIM take over what a consumer that is gone for good has left.
work() {
  local group=$1 consumer=$2 from=0 reply lines i size
  while true; do
    if ! reply=$(ask XREADGROUP GROUP "$group" "$consumer" COUNT 100 BLOCK 5000 STREAMS "$events" "$from"); then
      # At 0, so that it gets what was there before. Without MKSTREAM: the stream is made by unroutable alone.
      ask XGROUP CREATE "$events" "$group" 0 >/dev/null || sleep 1
      from=0 # What the lost reply held was given to this consumer.
      continue
    fi
    mapfile -t lines <<<"$reply"
    if [ ${#lines[@]} -lt 2 ]; then from='>'; fi
    for ((i = 1; i < ${#lines[@]}; i += size)); do
      if [ "${lines[i + 1]-}" = id ]; then
        size=5
        handle "${lines[i + 4]}"
      else
        size=2 # Its own id, and nothing.
        echo "entry ${lines[i]} was deleted before it was handled" >&2
      fi
      until ask XACK "$events" "$group" "${lines[i]}" >/dev/null; do sleep 1; done
    done
  done
}

# Yours. Keep the event's id together with what you do, in one transaction: the same event may come again.
handle() {
  printf '%s\n' "$1"
}

"$@"
