"""Checks a recording by means that are none of the product's: reads it with bgpdump, votes with a few lines of its own,
and compares what a watcher with the default policy must report with `expect` in incident.yaml. Prints what it saw."""

import glob
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime, timezone

import yaml
from peers import FULL, family_of, land_of
from watch import incidents, seconds_of, watch

FULL_FEED_SHARE = 0.75


def main(folder):
    with open(os.path.join(folder, 'incident.yaml')) as file:
        incident = yaml.safe_load(file)
    tables, updates = lines(folder, 'bview'), lines(folder, 'updates')
    start = min(line[1] for line in tables)
    land = land_of(folder)
    events = []
    for family in land.families:
        voters = full_feeds(line for line in tables if line[1] == start and family_of(line[5]) == family)
        assert voters == set(FULL), 'full feeds by table size are not those meant: %s' % sorted(voters ^ set(FULL))
        units = [unit for unit in land.units if family_of(unit) == family]
        events += watch(at_start(tables, start), by_second(updates), voters, (land.origin, units))
    events.sort(key=lambda event: event['since'])
    print('%s: %d voters; %s' % (os.path.basename(folder), len(voters), size_of(folder)))
    print('updates: %s' % dict(Counter(line[2] for line in updates)))
    faults = published_faults(incident, updates, events, land) + table_faults(tables, updates, start)
    faults += differences('events', incident['expect']['events'], events)
    faults += differences('incidents', incident['expect']['incidents'], [found for found in incidents(events) if found['until']])
    print('\n'.join(faults) or 'as published and as expected')
    return 1 if faults else 0


def lines(folder, kind):
    """bgpdump's lines as (collector, seconds, type, address, asn, prefix, path), in file order. STATE: prefix and path are the states."""
    found = []
    for file in sorted(glob.glob(os.path.join(folder, '*', 'bgpdata', kind + '.*'))):
        text = subprocess.run(['bgpdump', '-m', file], check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            _, at, what, address, asn, prefix, *rest = line.split('|')
            path = tuple(map(int, rest[0].split())) if rest and what != 'STATE' else rest[0] if rest else None
            found.append((file.split(os.sep)[-3], int(at), what, address, int(asn), prefix, path))
    return found


def full_feeds(table):
    sizes = Counter((line[0], line[3], line[4]) for line in table)
    return {asn for (_, _, asn), size in sizes.items() if size >= FULL_FEED_SHARE * max(sizes.values())}


def at_start(tables, at):
    return {(line[0], line[3], line[4], line[5]): line[6] for line in tables if line[1] == at}


def by_second(updates):
    seconds = defaultdict(list)
    for line in updates:
        seconds[line[1]].append(line)
    return dict(sorted(seconds.items()))


def table_faults(tables, updates, start):
    """Every later table dump must be what the first one and the updates make."""
    faults = []
    for at in sorted({line[1] for line in tables} - {start}):
        routes = at_start(tables, start)
        for collector, when, what, address, asn, prefix, path in sorted(updates, key=lambda line: line[1]):
            if when <= at:
                apply(routes, collector, what, address, asn, prefix, path)
        if routes != at_start(tables, at):
            faults.append('the table of %s is not what the updates make' % time_text(at))
    return faults


def apply(routes, collector, what, address, asn, prefix, path):
    if what == 'A':
        routes[collector, address, asn, prefix] = path
    elif what == 'W':
        routes.pop((collector, address, asn, prefix), None)
    elif prefix == '6':  # a session left Established
        for key in [key for key in routes if key[:3] == (collector, address, asn)]:
            del routes[key]


TOLERANCE = {'second': 0, 'minute': 59, 'about': 1800}  # seconds between a published time and the event that meets it


def published_faults(incident, updates, events, land):
    """Each published time is met by an event whose `first` lies within its precision, and that second has a message about the
    territory."""
    recorded = {line[1] for line in updates if line[5] in land.units and (line[6] is None or line[6][-1] == land.origin)}
    faults = []
    for item in incident['published']:
        if item['met_by'] == 'none':
            continue
        met = [event for event in events if event['type'] == item['met_by'] and meets(item, seconds_of(event['first']))]
        if not met:
            faults.append('no %s is first at %s' % (item['met_by'], item['at']))
        if any(seconds_of(event['first']) not in recorded for event in met):
            faults.append('nothing recorded at the first second of %s, %s' % (item['met_by'], item['at']))
    return faults


def meets(item, first):
    after = first - item['at'].timestamp()
    within = TOLERANCE[item['precision']]
    return (-within if item['precision'] == 'about' else 0) <= after <= within


def differences(what, expected, seen):
    """Prints what was seen, in the form it has in incident.yaml. `shape` is not judged here."""
    print('\n'.join(['  ' + what] + ['    - ' + flow(item) for item in seen]))
    expected = [flow({key: value for key, value in item.items() if key != 'shape'}) for item in expected]
    seen = [flow(item) for item in seen]
    missing = ['%s not seen: %s' % (what, text) for text in expected if text not in seen]
    return missing + ['%s not expected: %s' % (what, text) for text in seen if text not in expected]


def flow(item):
    parts = []
    for key, value in item.items():
        text = time_text(value.timestamp()) if isinstance(value, datetime) else '[%s]' % ', '.join(value) if isinstance(value, list) else value
        parts.append('%s: %s' % (key, text))
    return '{ %s }' % ', '.join(parts)


def size_of(folder):
    files = [file for file in glob.glob(os.path.join(folder, '*', 'bgpdata', '*')) if os.path.isfile(file)]
    return '%d files, %d bytes' % (len(files), sum(map(os.path.getsize, files)))


def time_text(at):
    return datetime.fromtimestamp(at, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


if __name__ == '__main__':
    sys.exit(main(sys.argv[1].rstrip('/')))
