"""Prints the events of unroutable that Redis has, a line of JSON each. Needs Python 3.9 and redis-py 5.

  python3 subscribe.py hints                  what is published from now on; what is missed is gone
  python3 subscribe.py follow [EVENT-ID]      all stored events, or all after this event, and new ones
  python3 subscribe.py work GROUP CONSUMER    what no other consumer of the group has, until it is acknowledged

REDIS_URL is redis://127.0.0.1:6379 by default, WATCH the ids of all that is watched: KP, or JP+KP.
"""

import json
import os
import sys
import time

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

WATCH = os.environ.get("WATCH", "KP")
EVENTS = f"unroutable:{{{WATCH}}}:events"
IDS = f"unroutable:{{{WATCH}}}:ids"
client = redis.Redis.from_url(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
    decode_responses=True,
    # Wait for a Redis that is away. A link is dead if not even the end of a BLOCK arrives.
    retry=Retry(ExponentialBackoff(cap=5), -1),
    socket_timeout=15,
)


def hints():
    """Pub/sub. Never ends."""
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.subscribe("unroutable:events")  # or unroutable:events:KP
    while True:
        message = subscription.get_message(timeout=5)
        if message is not None:
            handle(json.loads(message["data"]))


def follow(after=None):
    """The stream, from the beginning or after an event. Never ends."""
    entry = "0" if after is None else client.hget(IDS, after)
    if entry is None:
        sys.exit(f"{after} is no longer stored, or never was")
    last = {}
    while True:
        for entry, fields in entries_of(client.xread({EVENTS: entry}, count=100, block=5000)):
            event = json.loads(fields["event"])
            before = last.get(event["source"])
            if before is not None and event.get("previousid") != before:
                print(f"a hole after {before}", file=sys.stderr)
            last[event["source"]] = event["id"]
            handle(event)


def work(group, consumer):
    """The stream, shared in a consumer group. Never ends."""
    create_group(group)
    start = "0"  # First what this consumer was given and did not acknowledge, then what is new.
    while True:
        try:
            reply = client.xreadgroup(group, consumer, {EVENTS: start}, count=100, block=5000)
            entries = entries_of(reply)
            handle_all(group, entries)
            if entries:
                continue
            start = ">"
            # What another consumer was given a minute ago and never acknowledged.
            orphans = client.xautoclaim(EVENTS, group, consumer, min_idle_time=60_000, count=100)
            handle_all(group, orphans[1])
        except redis.ResponseError as error:
            if not str(error).startswith(("NOGROUP", "UNBLOCKED")):
                raise
            create_group(group)  # Redis was emptied: all stored events come again.


def create_group(group):
    """At 0, so that it gets what was there before. Without MKSTREAM: the stream is made by unroutable alone."""
    while True:
        try:
            return client.xgroup_create(EVENTS, group, id="0")
        except redis.ResponseError as error:
            if str(error).startswith("BUSYGROUP"):
                return
            if "requires the key to exist" not in str(error):
                raise
            time.sleep(1)  # until the first event


def handle_all(group, entries):
    for entry, fields in entries:
        if fields:
            handle(json.loads(fields["event"]))
        else:
            print(f"entry {entry} was deleted before it was handled", file=sys.stderr)
        client.xack(EVENTS, group, entry)


def entries_of(reply):
    """RESP2 gives a list of streams, RESP3 a dictionary of them with a list of lists."""
    if not reply:
        return []
    return reply[EVENTS][0] if isinstance(reply, dict) else reply[0][1]


def handle(event):
    """Yours. Keep the event's id together with what you do, in one transaction: the same event may come again."""
    print(json.dumps(event, ensure_ascii=False, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    {"hints": hints, "follow": follow, "work": work}[sys.argv[1]](*sys.argv[2:])
