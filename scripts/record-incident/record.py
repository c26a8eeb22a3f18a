"""Records one incident: steps.yaml in, one table dump and one file of updates a collector out. Called by record.sh."""

import bz2
import gzip
import os
import shutil
import signal
import sys
import tempfile
import time
from datetime import datetime, timezone

import yaml
from lab import Lab
from peers import COLLECTORS, land_of
from plan import Plan


def main(folder):
    with open(os.path.join(folder, 'steps.yaml')) as file:
        steps = yaml.safe_load(file)
    land = land_of(folder)
    plan = Plan(os.path.basename(os.path.abspath(folder)), steps, land)
    output = Output(folder, steps.get('bzip2', []))
    work = tempfile.mkdtemp(prefix='record-incident-')
    lab = Lab(work, plan.sessions, land.families)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('terminated'))  # by way of `finally`
    began = time.monotonic()
    try:
        lab.start(plan.start)
        record(plan, lab, output)
    finally:
        lab.stop()
    output.save()
    shutil.rmtree(work)  # after a failure it stays, for its logs
    print('recorded %d seconds of events in %.0f s' % (len(plan.seconds), time.monotonic() - began))


def record(plan, lab, output):
    tables = {session: dict(table) for session, table in plan.tables.items()}
    lab.speak({(session, prefix): path for session, table in tables.items() for prefix, path in table.items()})
    dump(lab, output)
    starts = {collector: lab.size(collector) for collector in COLLECTORS}  # what came before is not of the window
    for at, do in agenda(plan, lab, tables, output):
        lab.set_clock(at)
        do()
    lab.set_clock(plan.until)
    for collector in COLLECTORS:
        with open(lab.updates(collector), 'rb') as file:
            output.add(collector, 'updates', plan.start, file.read()[starts[collector] :])


def agenda(plan, lab, tables, output):
    """Everything that happens after the start, in time order."""

    def speak(messages):
        for (session, prefix), path in messages.items():
            tables[session].pop(prefix, None)
            if path is not None:
                tables[session][prefix] = path
        lab.speak(messages)

    items = [(at, lambda messages=messages: speak(messages)) for at, messages in plan.seconds.items()]
    items += [(at, lambda: dump(lab, output)) for at in plan.dumps]
    for session, down, up in plan.resets:
        if any(s == session and down <= at <= up for at, messages in plan.seconds.items() for s, _ in messages):
            raise SystemExit('%s speaks while its session is down' % session.asn)
        items.append((down, lambda session=session: lab.take_down(session)))
        items.append((up, lambda session=session: lab.bring_up(session, tables[session])))
    return sorted(items, key=lambda item: item[0])


def dump(lab, output):
    for collector in COLLECTORS:
        path = lab.file('%s.%d.table' % (collector, lab.clock))
        lab.dump_table(collector, path)
        with open(path, 'rb') as file:
            output.add(collector, 'bview', lab.clock, file.read())


class Output:
    """Names files as RIS does, in a folder `bgpdata` as Route Views has it, by which a reader knows that the one above names
    the collector. The compressors get no time, so that the same recording is the same file. Nothing old is touched
    before all that is new is there."""

    def __init__(self, folder, bzip2):
        self.folder = folder
        self.bzip2 = bzip2
        self.files = {}

    def add(self, collector, kind, at, data):
        packed = collector in self.bzip2
        name = '%s.%s.%s' % (kind, datetime.fromtimestamp(at, timezone.utc).strftime('%Y%m%d.%H%M'), 'bz2' if packed else 'gz')
        self.files[collector, name] = bz2.compress(data, 9) if packed else gzip.compress(data, 9, mtime=0)

    def save(self):
        for collector in COLLECTORS:
            shutil.rmtree(os.path.join(self.folder, collector), ignore_errors=True)
            os.makedirs(os.path.join(self.folder, collector, 'bgpdata'))
        for (collector, name), data in self.files.items():
            with open(os.path.join(self.folder, collector, 'bgpdata', name), 'wb') as file:
                file.write(data)


if __name__ == '__main__':
    main(sys.argv[1])
