import { pino } from 'pino';
import { expect, test } from 'vitest';
import { NoVerdictLog } from '../../../src/app/watch/no-verdict-log.ts';
import type { Collector } from '../../../src/bgp/peer.ts';
import type { EventTime } from '../../../src/bgp/time.ts';
import { select } from '../../../src/config/selection.ts';
import { createEngine } from '../../../src/engine.ts';

test('a watch that is stopped before any verdict says which territory has none, and why', async () => {
  const selection = await select({ settings: {} });
  if (!selection.ok) throw new Error(selection.faults.join());
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg) });
  const engine = createEngine(selection.value);
  const unjudged = new NoVerdictLog(engine, selection.value, log);

  unjudged.write();
  expect(lines).toEqual([]);

  engine.apply({ type: 'tick', collector: 'rrc00' as Collector, at: Date.parse('2026-01-01T00:00:00Z') as EventTime });
  unjudged.write();
  expect(lines).toEqual([
    expect.stringMatching(/this tool cannot judge North Korea: 0 networks that report to RIS, 10 are needed/),
  ]);
});
