import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compiled } from '../../support/mrt-compiled.ts';
import { canContain, startContained } from './child.ts';
import { open, scratch } from './folder.ts';

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.remove());

const KEEP_OPEN = `
  const store = await open();
  await store.leases.acquire('first', 60_000);
  say('open as process ' + process.pid);
  setInterval(() => store.load(), 10);
`;

/** Says what became of it, and tries again as long as it is worth it. */
const STAND_BY = `
  const { openStore } = await import(dist + '/src/app/open-store.js');
  const { dirname } = await import('node:path');
  let said = '';
  for (;;) {
    const opened = await openStore({ store: dirname(folder) }, ['KP'], { env: {} }, systemClock);
    const text = opened.ok ? 'open as process ' + process.pid : (opened.isAway ? 'later: ' : 'never: ') + opened.faults.join();
    if (text !== said) say(said = text);
    if (opened.ok || !opened.isAway) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  process.exit(0);
`;

describe.runIf(canContain())('two containers with one folder', () => {
  const dist = compiled();

  test('whose processes have the same number: the second one waits, and begins when the first was killed', async () => {
    const path = join(folder.path, 'KP');
    const first = startContained(dist(), path, KEEP_OPEN);
    await first.printed(1);
    expect(first.lines).toEqual(['open as process 1']);
    const second = startContained(dist(), path, STAND_BY);
    await second.printed(1);
    expect(second.lines[0]).toMatch(/^later: .*process 1 of another container has it open/);
    await first.kill();
    expect(await second.ended).toBe(0);
    expect(second.lines[1]).toBe('open as process 1');
  });

  test('whose processes have different numbers use it both', async () => {
    const first = startContained(dist(), folder.path, KEEP_OPEN);
    await first.printed(1);
    const store = await open(folder.path);
    expect(await store.leases.acquire('second', 1_000)).toBeUndefined();
    await store.close();
  });

  test('a process that was killed leaves nothing behind that the next one does not remove', async () => {
    const first = startContained(dist(), folder.path, KEEP_OPEN);
    await first.printed(1);
    await first.kill();
    const store = await open(folder.path);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('open-'))).toHaveLength(1);
    await store.close();
    expect(readdirSync(folder.path).filter((name) => name.startsWith('open-'))).toEqual([]);
  });
});
