"""A second opinion: the default policy in its plainest form, one sample a second. Slow, and independent of the product.

Its events are dictionaries: `first` (the first message that led there), `since` (when it began to be so, before the hold),
`type`, and `upstream` and `units` where it is one of an upstream."""

from datetime import datetime, timezone

UNROUTABLE_BELOW, UNROUTABLE_HOLD = 0.1, 30
DEGRADED_BELOW, DEGRADED_HOLD = 0.9, 60
RESTORED_AT, RECOVERED_AT, SETTLE = 0.5, 0.95, 60
PRESENT_AT, ABSENT_BELOW, CHANGE_HOLD = 0.1, 0.05, 60
INCIDENT_GAP = 30 * 60
CHAIN = 60  # messages at most this far apart belong to one movement


def watch(routes, seconds, voters, land):
    """`land`: the origin that counts, and the units of one family."""
    world = World(routes, voters, *land)
    verdict, upstreams = Verdict(), Upstreams(world)
    events = []
    begin, end = min(seconds), max(seconds) + 2 * SETTLE
    for at in range(begin, end):
        for line in seconds.get(at, []):
            world.receive(*line)
        events += verdict.step(at, world.share())
        events += upstreams.step(at, world) if at in seconds or upstreams.pending else []
    return sorted(events, key=lambda event: event['since'])


def incidents(events):
    """Drops less than half an hour apart are one incident: {since, until, drops, worst}."""
    found = []
    for event in events:
        verdict = event['type'].split('.')[1]
        if verdict == 'restored':
            found[-1]['until'] = event['since']
        elif event['type'] == 'country.degraded' or event['type'] == 'country.unroutable':
            if found and found[-1]['until'] is None:  # deeper, or on the way back: the same drop
                found[-1]['worst'] = 'unroutable' if 'unroutable' in (verdict, found[-1]['worst']) else verdict
            elif found and seconds_of(event['since']) - seconds_of(found[-1]['until']) < INCIDENT_GAP:
                found[-1]['drops'] += 1
                found[-1]['worst'] = 'unroutable' if 'unroutable' in (verdict, found[-1]['worst']) else verdict
            else:
                found.append({'since': event['since'], 'until': None, 'drops': 1, 'worst': verdict})
    return found


class World:
    """Which peers have which of the units, and over which upstream: {unit: {(collector, address, asn): upstream}}."""

    def __init__(self, routes, voters, origin, units):
        self.voters = voters
        self.origin, self.units = origin, units
        self.down = set()
        self.held = {unit: {} for unit in units}
        for (collector, address, asn, prefix), path in routes.items():
            self.receive(collector, 0, 'A', address, asn, prefix, path)

    def receive(self, collector, _at, what, address, asn, prefix, path):
        peer = (collector, address, asn)
        if what == 'STATE':
            (self.down.discard if path == '6' else self.down.add)(peer)
            for routes in self.held.values() if prefix == '6' else ():
                routes.pop(peer, None)
        elif prefix in self.held and asn in self.voters:
            self.held[prefix].pop(peer, None)
            if what != 'W' and path[-1] == self.origin:
                self.held[prefix][peer] = path[-2]

    def seeing(self, unit):
        """The voters that see the unit, by AS: {asn: upstreams}."""
        seen = {}
        for (_, _, asn), upstream in self.held[unit].items():
            seen.setdefault(asn, set()).add(upstream)
        return seen

    def voting(self):
        """A session that is down takes its AS's vote away; here no AS with a reset has two sessions."""
        return len(self.voters) - len({asn for _, _, asn in self.down})

    def share(self):
        return sum(len(self.seeing(unit)) for unit in self.units) / len(self.units) / self.voting()


class Movement:
    """How a value moves, traced back to its first step."""

    def __init__(self, value):
        self.value, self.direction, self.began, self.last = value, 0, 0, 0

    def step(self, at, value):
        if value == self.value:
            return
        direction = 1 if value > self.value else -1
        if direction != self.direction or at - self.last > CHAIN:
            self.began = at
        self.value, self.direction, self.last = value, direction, at

    def first(self, since, direction):
        """Of what has been so since then: the first step that way, if the steps lead there without a pause."""
        return min(self.began, since) if direction == self.direction and since - self.last <= CHAIN else since


class Verdict:
    def __init__(self):
        self.now = 'routable'
        self.since = {}
        self.first = {}
        self.movement = Movement(1)

    def step(self, at, share):
        self.movement.step(at, share)
        better = RESTORED_AT if self.now == 'unroutable' else RECOVERED_AT
        rules = [
            ('unroutable', 'country.unroutable', share < UNROUTABLE_BELOW, UNROUTABLE_HOLD),
            ('degraded', 'country.degraded', share < DEGRADED_BELOW, DEGRADED_HOLD),
            ('routable', 'country.restored', share >= better, SETTLE),
        ]
        for verdict, event, so, hold in rules:
            if so and verdict not in self.since:
                self.first[verdict] = self.movement.first(at, 1 if verdict == 'routable' else -1)
            since = self.since.setdefault(verdict, at) if so else self.since.pop(verdict, None)
            if so and at - since >= hold and self.changes(verdict):
                if verdict == 'routable' and share < DEGRADED_BELOW:  # out of the outage, and not yet well
                    verdict, event, self.first['degraded'] = 'degraded', 'country.degraded', self.first['routable']
                self.now = verdict
                self.since.pop('routable', None)
                return [{'first': time_text(self.first[verdict]), 'since': time_text(since), 'type': event}]
        return []

    def changes(self, verdict):
        return verdict != self.now and not (self.now == 'unroutable' and verdict == 'degraded')


class Upstreams:
    """Per unit and upstream: there or not, judged only while more than half of the voters see the unit."""

    def __init__(self, world):
        self.there = {(unit, upstream) for unit in world.units for upstream, share in shares(world, unit).items() if share >= PRESENT_AT}
        self.pending = {}  # (unit, upstream) to (first, since)
        self.movements = {}

    def step(self, at, world):
        due = []
        for unit in world.units:
            now, judged = shares(world, unit), 2 * len(world.seeing(unit)) > world.voting()
            for key in {key for key in self.there | self.movements.keys() if key[0] == unit} | {(unit, u) for u in now}:
                share = now.get(key[1], 0)
                movement = self.movements.setdefault(key, Movement(0))
                movement.step(at, round(share * len(world.seeing(unit))))
                turned = judged and (share < ABSENT_BELOW if key in self.there else share >= PRESENT_AT)
                if not turned:
                    self.pending.pop(key, None)
                elif key not in self.pending:
                    self.pending[key] = (movement.first(at, -1 if key in self.there else 1), at)
                elif at - self.pending[key][1] >= CHANGE_HOLD:
                    due.append(key)
        return self.events_of(due)

    def events_of(self, due):
        """Units that change together are reported as one."""
        grouped = {}
        for unit, upstream in due:
            kind = 'lost' if (unit, upstream) in self.there else 'gained'
            grouped.setdefault((kind, upstream), []).append((*self.pending.pop((unit, upstream)), unit))
            self.there ^= {(unit, upstream)}
        return [
            {
                'first': time_text(min(first for first, _, _ in units)),
                'since': time_text(min(since for _, since, _ in units)),
                'type': 'upstream.' + kind,
                'upstream': upstream,
                'units': sorted(unit for _, _, unit in units),
            }
            for (kind, upstream), units in grouped.items()
        ]


def shares(world, unit):
    seeing = world.seeing(unit)
    upstreams = [upstream for among in seeing.values() for upstream in among]
    return {upstream: upstreams.count(upstream) / len(seeing) for upstream in set(upstreams)}


def time_text(at):
    return datetime.fromtimestamp(at, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def seconds_of(text):
    return datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()
