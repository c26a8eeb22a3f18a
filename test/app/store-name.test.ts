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
  expect(await nameOf('a/b')).toContain('UNROUTABLE_NAME a/b: it must consist of');
});

test('many territories need a name that is given, where anything is stored', async () => {
  const ids = Array.from({ length: 200 }, (_, i) => `T${i}`);
  const opened = await openStore({ store: 'anywhere' }, ids, { env: {} }, systemClock);
  expect(opened.ok ? '' : opened.faults.join()).toBe(
    'the ids of 200 territories make too long a name for the watch: give it one with --name or UNROUTABLE_NAME',
  );
  expect(await openStore({ store: 'none' }, ids, { env: {} }, systemClock)).toMatchObject({ ok: true });
});
