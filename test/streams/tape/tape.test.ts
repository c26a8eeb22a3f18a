import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { elementLine } from '../../../src/bgp/element-line.ts';
import type { Element } from '../../../src/bgp/element.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { createEngine } from '../../../src/engine.ts';
import type { ElementSource } from '../../../src/ports.ts';
import { DEFAULT_VOTING } from '../../../src/policy/voting-policy.ts';
import { record } from '../../../streams/tape/record.ts';
import { tapeSource, type TapeReport } from '../../../streams/tape/source.ts';
import { asn, clock, KP, peer, peers, prefix, UNITS } from '../../support/day.ts';
import { anyElement } from './elements.ts';

const folder = mkdtempSync(join(tmpdir(), 'tape-'));
afterAll(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;
let files = 0;

function tapeOf(text: string): string {
  const file = join(folder, `${files++}.tape`);
  writeFileSync(file, text);
  return file;
}

function sourceOf(elements: readonly Element[]): ElementSource {
  return {
    name: 'a list',
    async *elements() {
      yield* elements;
    },
  };
}

async function read(source: ElementSource): Promise<Element[]> {
  const elements: Element[] = [];
  for await (const element of source.elements(never)) elements.push(element);
  return elements;
}

async function recorded(elements: readonly Element[]): Promise<{ file: string; passed: Element[] }> {
  const file = tapeOf('');
  const passed = await read(record(sourceOf(elements), (line) => appendFileSync(file, line)));
  return { file, passed };
}

function eventsOf(elements: readonly Element[]): string {
  const engine = createEngine({ territories: [{ territory: KP, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING });
  return elements
    .flatMap((element) => engine.apply(element)?.events ?? [])
    .map((event) => JSON.stringify(event))
    .join('\n');
}

test('recording changes nothing of what passes, and the tape plays the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyElement, { maxLength: 30 }), async (elements) => {
      const { file, passed } = await recorded(elements);
      expect(passed).toEqual(elements);
      expect(await read(tapeSource(file))).toEqual(elements);
    }),
    { numRuns: 50 },
  );
});

test('an outage, a gap and a late message: the tape gives the same events, byte for byte', async () => {
  const { file, passed } = await recorded(aDay());
  const live = eventsOf(passed);
  expect(live).toContain('country.unroutable');
  expect(live).toContain('country.restored');
  expect(live).toContain('observer.gap');
  expect(eventsOf(await read(tapeSource(file)))).toBe(live);
});

test('a bad line is reported with its number, becomes a gap of its collector, and the tape plays on', async () => {
  const tick = elementLine({ type: 'tick', at: clock('12:00'), collector: peer(1).collector });
  const reports: TapeReport[] = [];
  const file = tapeOf(`# for people\n${tick}\nA|nonsense|rrc13|1|1.2.3.4\n${tick}\n`);
  const elements = await read(tapeSource(file, (report) => reports.push(report)));
  expect(elements.map((element) => elementLine(element))).toEqual([
    tick,
    'G|1419249600.000|rrc13|||damaged-file',
    tick,
  ]);
  expect(reports).toEqual([
    { type: 'bad-line', file, line: 3, reason: 'no element: A|nonsense|rrc13|1|1.2.3.4' },
    { type: 'end', file, elements: 2, badLines: 1 },
  ]);
});

test('a bad line without a collector is a gap of every collector that the tape has named', async () => {
  const ticks = ['rrc00', 'rrc13'].map((collector) =>
    elementLine({ type: 'tick', at: clock('12:00'), collector: peer(1, { collector }).collector }),
  );
  const elements = await read(tapeSource(tapeOf(`${ticks.join('\n')}\n\0\0\0\n`)));
  expect(elements.slice(2)).toMatchObject([
    { type: 'gap', collector: 'rrc00', reason: 'damaged-file' },
    { type: 'gap', collector: 'rrc13', reason: 'damaged-file' },
  ]);
});

test('a tape torn anywhere plays all its whole lines and nothing else', async () => {
  const elements = aDay().slice(0, 12);
  const text = elements.map((element) => `${elementLine(element)}\n`).join('');
  for (let length = 0; length <= text.length; length += 7) {
    const reports: TapeReport[] = [];
    const played = await read(tapeSource(tapeOf(text.slice(0, length)), (report) => reports.push(report)));
    const whole = text.slice(0, length).split('\n').length - 1;
    expect(played).toEqual(elements.slice(0, whole));
    expect(reports.some(({ type }) => type === 'bad-line')).toBe(false);
  }
});

test('a line of a megabyte is bad and the next one good', async () => {
  const tick = elementLine({ type: 'tick', at: clock('12:00'), collector: peer(1).collector });
  const reports: TapeReport[] = [];
  const file = tapeOf(`${tick}\n${'x'.repeat(1_000_000)}\n${tick}\n`);
  const elements = await read(tapeSource(file, (report) => reports.push(report)));
  expect(elements.map(({ type }) => type)).toEqual(['tick', 'gap', 'tick']);
  expect(reports[0]).toMatchObject({ type: 'bad-line', line: 2 });
});

test('a tape that is not there is reported, not thrown', async () => {
  const reports: TapeReport[] = [];
  expect(await read(tapeSource(join(folder, 'none'), (report) => reports.push(report)))).toEqual([]);
  expect(reports[0]).toMatchObject({ type: 'unreadable-file' });
});

/** Twelve peers see the country; all lose it, one of them late; the feed breaks; a new table comes. */
function aDay(): Element[] {
  const all = peers(12);
  const path = [asn(4837), asn(131_279)];
  const elements: Element[] = [];
  const send = (type: 'rib' | 'announcement', at: EventTime, from: typeof all): void => {
    for (const one of from) {
      for (const text of UNITS) {
        elements.push({ type, at, peer: one, prefix: prefix(text), pathId: undefined, path: [one.asn, ...path] });
      }
    }
  };
  const dump = (at: EventTime): void => {
    send('rib', at, all);
    const routes = { ipv4: 500_000, ipv6: 0 };
    for (const one of all) {
      elements.push({ type: 'end-of-rib', at, peer: one, family: undefined, dump: { from: at, routes } });
    }
  };
  const tick = (text: string): void => {
    elements.push({ type: 'tick', at: clock(text), collector: peer(1).collector, peer: peer(1) });
  };
  dump(clock('12:00'));
  for (const [i, one] of all.entries()) {
    const at = clock(i === 3 ? '12:10:00' : '12:10:05');
    for (const text of UNITS)
      elements.push({ type: 'withdrawal', at, peer: one, prefix: prefix(text), pathId: undefined });
  }
  tick('12:20');
  send('announcement', clock('12:30'), all);
  tick('12:40');
  elements.push({ type: 'gap', at: clock('12:41'), collector: peer(1).collector, reason: 'disconnected' });
  tick('12:50');
  dump(clock('13:00'));
  tick('13:10');
  return elements;
}
