import { expect, test } from 'vitest';
import { chosenStore } from '../../src/app/open-store.ts';
import { userFolder } from '../../src/app/user-folder.ts';

test.each<[string, Record<string, string>, string, string | undefined]>([
  ['the home has both', { HOME: '/home/a' }, '/home/a/.local/state/unroutable', '/home/a/.cache'],
  [
    'variables of the XDG specification win over it',
    { HOME: '/home/a', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' },
    '/s/unroutable',
    '/c',
  ],
  [
    'an empty variable counts as unset',
    { HOME: '/home/a', XDG_STATE_HOME: '', XDG_CACHE_HOME: '' },
    '/home/a/.local/state/unroutable',
    '/home/a/.cache',
  ],
  [
    'so does a relative path, which would be another folder in each working directory',
    { HOME: '/home/a', XDG_STATE_HOME: 'state', XDG_CACHE_HOME: './cache' },
    '/home/a/.local/state/unroutable',
    '/home/a/.cache',
  ],
  ['without a home nothing is stored', {}, 'none', undefined],
  ['nor with an empty one: never below the working directory', { HOME: '' }, 'none', undefined],
])('17: %s', (_, env, store, cache) => {
  expect(chosenStore({}, { env })).toBe(store);
  expect(userFolder('CACHE', { env })).toBe(cache);
});
