import { expect, test } from 'vitest';
import { documentOf } from '../../../src/app/report/document.ts';
import { factsOf } from '../../../src/app/report/facts.ts';
import type { UnroutableEvent } from '../../../src/detect/events/event.ts';
import type { StateStore } from '../../../src/ports.ts';
import { outageStore } from '../../http/scene.ts';
import { probedStore } from '../../http/probed-store.ts';

async function listsOf(store: StateStore): Promise<readonly string[]> {
  const events: UnroutableEvent[] = [];
  for await (const event of store.events()) events.push(event);
  const facts = await factsOf(store, events, {});
  if (!facts.ok) throw new Error(facts.faults.join());
  return facts.value.flatMap((one) =>
    documentOf(one, [], { inputs: [], published: [], names: new Map() })
      .sections.flatMap(({ blocks }) => blocks)
      .flatMap((block) => (block.kind === 'list' ? block.items : [])),
  );
}

test('a report of a day on which services were asked has the order of services and routes; another has none', async () => {
  const lists = await listsOf(await probedStore());
  expect(lists.filter((line) => line.includes('In this order') || line.includes('First to change'))).toEqual([
    'In this order: 2014-12-22 13:00:20 UTC routes gone · 2014-12-22 13:22:10 UTC web silent · 2014-12-22 14:00:30 UTC routes back.',
    'First to change: the routes, 21 min 50 s before web.',
  ]);
  expect((await listsOf(await outageStore())).join()).not.toContain('In this order');
});
