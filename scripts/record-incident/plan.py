"""Turns an incident's steps into what each session sends in each second. The same steps give the same plan: every choice
that the steps leave open (which peer is early, which late) comes from one generator seeded with the incident's name."""

import math
import random
from collections import defaultdict
from dataclasses import dataclass

from peers import FULL, carries, family_of, filler, path, sessions

HOUR = 3600
RESET_GUARD = 120  # seconds around a reset in which noise keeps away from the session


@dataclass
class Belief:
    """What one session sends about one unit."""

    upstream: int
    present: bool = True
    detour: int = 0


class Plan:
    """`tables`: the routes at the start. `seconds`: time to {(session, prefix): path or None}. `resets`: (session, down, up).
    `dumps`: times of further table dumps."""

    def __init__(self, name, steps, land):
        self.land = land
        self.rng = random.Random(name)
        self.sessions = sessions()
        self.start, self.until = stamp(steps['from']), stamp(steps['until'])
        self.dumps = [stamp(at) for at in steps.get('dumps', [])]
        self.resets = []
        self.actions = []
        self.ranks = self.rng.sample(FULL, len(FULL))
        self.beliefs = self.beliefs_at_start(steps['over'])
        self.tables = self.tables_at_start()
        for step in steps['steps']:
            getattr(self, 'do_' + step['do'])(step)
        self.add_noise(steps.get('noise', {}))
        self.seconds = self.resolve()

    def beliefs_at_start(self, over):
        beliefs = {(s, unit): Belief(over['default']) for s in self.sessions for unit in carries(s.asn, self.land.units)}
        for part in over.get('parts', []):
            chosen = self.share_of_voters(part['share'])
            for (session, unit), belief in beliefs.items():
                if session.asn in chosen and unit in self.units_of(part):
                    belief.upstream = part['upstream']
        return beliefs

    def tables_at_start(self):
        tables = {session: filler(session.asn, self.land.families) for session in self.sessions}
        for (session, unit), belief in self.beliefs.items():
            tables[session][unit] = path(session.asn, self.land.origin, belief.upstream)
        return tables

    def share_of_voters(self, share):
        """The same ASes for the same share, so that a later step can name them again."""
        return set(self.ranks[: round(share * len(FULL))])

    # Steps, each named by its `do`.

    def do_withdraw(self, step):
        """Peers lose the units, the first at `at`; those in `stuck` keep some, those in `keep` all."""
        stuck = step.get('stuck', {})
        hunting = step.get('hunting', 0.25)
        for asn, delay in self.delays(step):
            for session, unit in self.routes_of(asn, step):
                if asn in step.get('keep', []) or unit in self.units_of({'units': stuck.get(asn, [])}):
                    continue
                at = self.lagged(step, session, delay)
                if delay >= 2 and self.rng.random() < hunting:
                    self.act(at - self.rng.randint(1, min(delay, 8)), session, unit, detour=1)
                self.act(at, session, unit, present=False, detour=0)

    def do_announce(self, step):
        """Peers have the units again, over what they had them before or what `over` says, {unit: upstream}."""
        over = {unit: upstream for units, upstream in step.get('over', {}).items() for unit in self.units_of({'units': [units]})}
        for asn, delay in self.delays(step):
            for session, unit in self.routes_of(asn, step):
                changes = {'upstream': over[unit]} if unit in over else {}
                self.act(self.lagged(step, session, delay), session, unit, present=True, detour=0, **changes)

    def do_move(self, step):
        """`share` of the voters reach the units over another upstream. `edge: last`: the last one moves at `at`."""
        chosen = self.share_of_voters(step['share']) if 'share' in step else None
        for asn, delay in self.delays(step, chosen):
            for session, unit in self.routes_of(asn, step):
                self.act(stamp(step['at']) + delay, session, unit, upstream=step['to'])

    def do_flap(self, step):
        """One peer loses and regains units, again and again: noise that no verdict may follow."""
        for i in range(step['times']):
            at = stamp(step['at']) + i * step['every']
            for session, unit in self.routes_of(step['peer'], step):
                self.act(at, session, unit, present=False)
                self.act(at + step['down'], session, unit, present=True)

    def do_wobble(self, step):
        """A few peers reach the units over another upstream for some seconds, and go back."""
        for asn in step['peers']:
            for session, unit in self.routes_of(asn, step):
                back = self.beliefs[session, unit].upstream
                self.act(stamp(step['at']), session, unit, upstream=step['to'])
                self.act(stamp(step['at']) + step['for'], session, unit, upstream=back)

    def do_forge(self, step):
        """A foreign prefix whose path has the territory's AS inside, as in the hoax of March 2013."""
        for i, session in enumerate(self.sessions):
            if session.asn in FULL:
                path = (session.asn, *step['path'])
                self.actions.append((stamp(step['at']) + i % 9, session, step['prefix'], path))
                self.actions.append((stamp(step['until']) + i % 7, session, step['prefix'], None))

    def do_reset(self, step):
        """The session of one peer goes down, comes up again, and its whole table is sent again."""
        session = next(s for s in self.sessions if s.asn == step['peer'])
        self.resets.append((session, stamp(step['at']), stamp(step['at']) + step['down']))

    # What steps are made of.

    def delays(self, step, chosen=None):
        """Seconds from `at` for each AS. A tenth of the voters share the very second; the others follow within `within`
        seconds, most of them early (`pace: even`: evenly). `edge: last` mirrors it: the published second is the last."""
        within, last = step.get('within', 12), step.get('edge') == 'last'
        asns = sorted({s.asn for s in self.sessions} if chosen is None else chosen)
        self.rng.shuffle(asns)
        asns.sort(key=lambda asn: asn not in FULL)  # the first ones are voters
        at_once = step.get('at_once', math.ceil(len(FULL) / 10))
        late = asns[at_once:]
        self.rng.shuffle(late)
        for asn in asns[:at_once]:
            yield asn, 0
        for i, asn in enumerate(late):
            if step.get('pace') == 'even':
                delay = round((i + 1) * within / len(late))
            else:
                delay = within if i == 0 else min(within, 1 + int(self.rng.expovariate(4 / within)))
            yield asn, -delay if last else delay

    def lagged(self, step, session, delay):
        """The second session of an AS receives it a second later; a unit may come a second after the others. Never past `within`."""
        second = session.asn in FULL and session != next(s for s in self.sessions if s.asn == session.asn)
        lag = (1 if second else 0) + (self.rng.random() < 0.3)
        return stamp(step['at']) + (min(delay + lag, step.get('within', 12)) if delay > 0 else delay)

    def routes_of(self, asn, step):
        return [key for key in self.beliefs if key[0].asn == asn and key[1] in self.units_of(step)]

    def units_of(self, step):
        """`units: [176, 178]` by their numbers, `family: ipv6` alone; without them, all."""
        return [
            unit
            for number, unit in self.land.numbered
            if ('units' not in step or number in step['units']) and step.get('family', family_of(unit)) == family_of(unit)
        ]

    def act(self, at, session, unit, **changes):
        self.actions.append((at, session, unit, changes))

    def add_noise(self, noise):
        """What a collector receives on any day: single peers lose other networks' prefixes, or take a detour for a while."""
        self.every(noise.get('other_prefixes', 0), self.other_prefix_flaps)
        self.every(noise.get('detours', 0), self.one_peer_detours)

    def every(self, seconds, make):
        at = self.start
        while seconds:
            at += 1 + int(self.rng.expovariate(1 / seconds))
            if at > self.until - HOUR // 6:
                return
            session = self.rng.choice(self.sessions)
            if not any(s == session and down - 10 * RESET_GUARD < at < up + RESET_GUARD for s, down, up in self.resets):
                make(at, session)

    def other_prefix_flaps(self, at, session):
        table = filler(session.asn, self.land.families)
        prefix = self.rng.choice(sorted(table))
        self.actions.append((at, session, prefix, None))
        self.actions.append((at + self.rng.randint(5, 300), session, prefix, table[prefix]))

    def one_peer_detours(self, at, session):
        for unit in carries(session.asn, self.land.units)[: self.rng.randint(1, 4)]:
            self.act(at, session, unit, detour=1)
            self.act(at + 37, session, unit, detour=0)

    def resolve(self):
        """Applies all actions in time order and records, for each second, what changed."""
        current = {(session, prefix): path for session, table in self.tables.items() for prefix, path in table.items()}
        by_second = defaultdict(list)
        for at, *action in self.actions:
            by_second[at].append(action)
        seconds = {}
        for at in sorted(by_second):
            wanted = {}
            for session, prefix, change in by_second[at]:
                wanted[session, prefix] = self.applied(session, prefix, change)
            changed = {key: path for key, path in wanted.items() if current.get(key) != path}
            current.update(changed)
            if changed:
                seconds[at] = changed
        return seconds

    def applied(self, session, prefix, change):
        if prefix not in self.land.units:
            return change
        belief = self.beliefs[session, prefix]
        for name, value in change.items():
            setattr(belief, name, value)
        return path(session.asn, self.land.origin, belief.upstream, belief.detour) if belief.present else None


def stamp(time):
    """Seconds since 1970 of a YAML timestamp, which is in UTC."""
    return int(time.timestamp())
