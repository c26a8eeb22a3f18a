import { expect, test } from 'vitest';
import { openStore } from '../../src/app/open-store.ts';
import { systemClock } from '../../src/app/system-clock.ts';

async function nameOf(variable: string, name?: string): Promise<string> {
  const options = name === undefined ? { store: 'none' } : { store: 'none', name };
  const opened = await openStore(options, ['KP'], { env: { UNROUTABLE_NAME: variable } }, systemClock);
  return opened.ok ? opened.value.name : opened.faults.join();
}

test('UNROUTABLE_NAME names the watch for every command; --name wins over it, and an empty one counts as unset', async () => {
  expect(await nameOf('desk')).toBe('desk');
  expect(await nameOf('desk', 'lab')).toBe('lab');
  expect(await nameOf('')).toBe('KP');
  expect(await nameOf('a/b')).toContain('UNROUTABLE_NAME a/b: it must be');
});
