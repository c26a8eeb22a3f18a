"""Two BIRD collectors under a clock that stops between steps, and one ExaBGP that sends for all peers."""

import glob
import os
import subprocess
import time
from collections import Counter, defaultdict
from datetime import datetime, timezone

import mrt
from peers import COLLECTOR_ASN, COLLECTORS, PORT, family_of

ESTABLISHED = 6
PATIENCE = 60  # seconds of real time before a step that does not happen is an error
# TEST-NET-2 and the documentation prefix: only attributes, nothing is ever sent there.
NEXT_HOPS = {'ipv4': '198.51.100.1', 'ipv6': '2001:db8:ffff::1'}


class Lab:
    def __init__(self, folder, sessions, families):
        self.folder = folder
        self.families = families
        self.sessions = sessions
        self.processes = []
        self.read_to = dict.fromkeys(COLLECTORS, 0)
        self.clock = 0

    def start(self, at):
        self.set_clock(at)
        for collector in COLLECTORS:
            self.start_bird(collector)
        self.start_exabgp()
        self.until('all sessions established', lambda: all(self.established(c) for c in COLLECTORS))

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def set_clock(self, at):
        """libfaketime reads the file at every look: an absolute time without `@` is a clock that does not advance."""
        self.clock = at
        with open(self.file('clock.new'), 'w') as file:
            file.write(datetime.fromtimestamp(at, timezone.utc).strftime('%Y-%m-%d %H:%M:%S\n'))
        os.rename(self.file('clock.new'), self.file('clock'))

    def speak(self, messages):
        """Sends {(session, prefix): path or None}, one session after the other so that the order is the same every time,
        and waits until the collectors have recorded just these, at this second."""
        by_session = defaultdict(lambda: defaultdict(list))
        for (session, prefix), path in sorted(messages.items(), key=lambda m: (m[0], m[1] or ())):
            by_session[session][path, family_of(prefix)].append(prefix)
        for session, routes in by_session.items():
            for (path, _), prefixes in routes.items():
                self.say(session, path, prefixes)
                self.feed.flush()
                self.expect(Counter((session.collector, session.address, prefix, path) for prefix in prefixes))

    def expect(self, wanted, end_of=None):
        """Waits until exactly these routes were recorded since the last look, all at the clock's second; and the end of the
        table that this session sent, if one is named."""
        got = Counter()
        ended = [] if end_of else [True]

        def arrived():
            for collector in COLLECTORS:
                for route in self.news(collector):
                    if isinstance(route, mrt.Route):
                        assert route.at == self.clock, 'recorded at %d, the clock says %d' % (route.at, self.clock)
                        got[collector, route.peer, route.prefix, route.path] += 1
                    if end_of and route == mrt.EndOfRib(self.clock, end_of.address):
                        ended.append(True)
            assert not got - wanted, 'not expected: %s' % list(got - wanted)[:3]
            return got == wanted and ended

        self.until('%d routes recorded' % sum(wanted.values()), arrived)

    def take_down(self, session):
        """The collector ends the session; its state change is recorded, and no withdrawal."""
        self.birdc(session.collector, 'disable ' + session.protocol)
        self.until('session down', lambda: any(s.old == ESTABLISHED for s in self.states(session)))

    def bring_up(self, session, table):
        """The peer connects again and sends its whole table again."""
        self.birdc(session.collector, 'enable ' + session.protocol)
        wanted = Counter((session.collector, session.address, prefix, path) for prefix, path in table.items())
        self.expect(wanted, end_of=session)

    def dump_table(self, collector, path):
        """One file, as the archives have it: BIRD dumps a table a family, and numbers the records of each from 0."""
        parts = []
        for family in self.families:
            part = '%s.%s' % (path, family)
            self.birdc(collector, 'mrt dump table "master%s" to "%s"' % (family[-1], part))
            self.until('table dumped', lambda: os.path.exists(part) and settled(part))
            with open(part, 'rb') as file:
                parts.append(file.read())
        with open(path, 'wb') as file:
            file.write(mrt.joined(parts))

    def size(self, collector):
        return os.path.getsize(self.updates(collector))

    def updates(self, collector):
        return self.file(collector + '.updates')

    def news(self, collector):
        with open(self.updates(collector), 'rb') as file:
            file.seek(self.read_to[collector])
            found, taken = mrt.read(file.read())
        self.read_to[collector] += taken
        return found

    def states(self, session):
        return [s for s in self.news(session.collector) if isinstance(s, mrt.State) and s.asn == session.asn]

    def established(self, collector):
        peers = sum(s.collector == collector for s in self.sessions)
        return self.birdc(collector, 'show protocols').count('Established') == peers

    def birdc(self, collector, command):
        return subprocess.run(
            ['birdc', '-s', self.file(collector + '.ctl'), command], check=True, capture_output=True, text=True
        ).stdout

    def say(self, session, path, prefixes):
        who = 'neighbor %s local-ip %s' % (COLLECTORS[session.collector], session.address)
        if path is None:
            for prefix in prefixes:
                self.feed.write('%s withdraw route %s next-hop %s\n' % (who, prefix, NEXT_HOPS[family_of(prefix)]))
            return
        self.feed.write(
            '%s announce attributes next-hop %s as-path [ %s ] nlri %s\n'
            % (who, NEXT_HOPS[family_of(prefixes[0])], ' '.join(map(str, path)), ' '.join(prefixes))
        )

    def start_bird(self, collector):
        conf = self.file(collector + '.conf')
        with open(conf, 'w') as file:
            file.write(bird_conf(collector, self))
        fake = dict(
            os.environ,
            LD_PRELOAD=glob.glob('/usr/lib/*/faketime/libfaketime.so.1')[0],
            FAKETIME_TIMESTAMP_FILE=self.file('clock'),
            FAKETIME_NO_CACHE='1',
            FAKETIME_DONT_FAKE_MONOTONIC='1',  # sessions keep their timers
            TZ='UTC',
        )
        self.run(['/usr/sbin/bird', '-f', '-c', conf, '-s', self.file(collector + '.ctl')], fake, collector)
        self.until('BIRD answers', lambda: os.path.exists(self.file(collector + '.ctl')))

    def start_exabgp(self):
        fifo, conf = self.file('feed'), self.file('exabgp.conf')
        os.mkfifo(fifo)
        with open(conf, 'w') as file:
            file.write(exabgp_conf(fifo, self))
        options = {'daemon.user': 'root', 'api.cli': 'false', 'api.ack': 'false', 'log.destination': self.file('exabgp.log')}
        self.run(['/usr/sbin/exabgp', conf], dict(os.environ, **{'exabgp.' + k: v for k, v in options.items()}), 'exabgp')
        self.feed = os.fdopen(os.open(fifo, os.O_RDWR), 'w')  # opening to write alone would wait for a reader

    def run(self, command, env, name):
        out = open(self.file(name + '.out'), 'w')
        self.processes.append(subprocess.Popen(command, env=env, stdout=out, stderr=out))

    def until(self, what, happened):
        end = time.monotonic() + PATIENCE
        while not happened():
            dead = [p.args[0] for p in self.processes if p.poll() is not None]
            if dead or time.monotonic() > end:
                raise SystemExit('not %s within %d s (ended: %s); see %s' % (what, PATIENCE, dead or 'none', self.folder))
            time.sleep(0.005)

    def file(self, name):
        return os.path.join(self.folder, name)


def settled(path):
    """Whether the dump is complete: whole records, and not growing."""
    size = os.path.getsize(path)
    time.sleep(0.3)
    with open(path, 'rb') as file:
        data = file.read()
    return size == len(data) > 0 and mrt.read(data)[1] == size


def bird_conf(collector, lab):
    """`mrtdump protocols all`: messages and state changes. The largest hold time: no KEEPALIVE falls into a recording."""
    address = COLLECTORS[collector]
    lines = [
        'log "%s" all;' % lab.file(collector + '.log'),
        'router id %s;' % address,
        'mrtdump "%s";' % lab.updates(collector),
        'mrtdump protocols all;',
        'protocol device { }',
        'template bgp peer { local %s port %d as %d; strict bind yes; passive yes; multihop; hold time 65535;'
        '%s }' % (address, PORT, COLLECTOR_ASN, ''.join(' %s { import all; export none; };' % family for family in lab.families)),
    ]
    mine = [s for s in lab.sessions if s.collector == collector]
    lines += ['protocol bgp %s from peer { neighbor %s as %d; }' % (s.protocol, s.address, s.asn) for s in mine]
    return '\n'.join(lines) + '\n'


def exabgp_conf(fifo, lab):
    families = ' '.join('%s unicast;' % family for family in lab.families)
    neighbours = [
        'neighbor %s { router-id %s; local-address %s; local-as %d; peer-as %d; hold-time 65535; connect %d;'
        ' family { %s } api { processes [ feed ]; } }'
        % (COLLECTORS[s.collector], s.address, s.address, s.asn, COLLECTOR_ASN, PORT, families)
        for s in lab.sessions
    ]
    return '\n'.join(['process feed { run /bin/cat %s; encoder text; }' % fifo] + neighbours) + '\n'
