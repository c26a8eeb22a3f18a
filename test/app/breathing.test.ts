import { expect, test } from 'vitest';
import { breathing } from '../../src/app/breathing.ts';
import type { Element } from '../../src/bgp/element.ts';
import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';

/** Never comes to the event loop of itself. */
async function* endless(): AsyncGenerator<Element> {
  for (let at = 0; ; at++) yield { type: 'tick', at: at as EventTime, collector: 'rrc00' as Collector };
}

test('a signal is handled while a source that has all of its elements in memory is read', async () => {
  const stop = new AbortController();
  process.once('SIGUSR2', () => stop.abort());
  process.kill(process.pid, 'SIGUSR2');
  let read = 0;
  for await (const element of breathing({ name: 'endless', elements: endless }).elements(stop.signal))
    read += element.at >= 0 ? 1 : 0;
  expect(stop.signal.aborted).toBe(true);
  expect(read).toBeGreaterThan(0);
});
