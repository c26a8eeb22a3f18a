import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { add, place } from './scene.ts';

/** What becomes of the file of a secret when its webhook goes, or changes. */

test('removed, its secret goes with it; that of a file of one’s own stays', async () => {
  const at = await place();
  const ran = await add(at, 'https://example.org/', ['93.184.216.34']);
  const made = /the file (\S+)/.exec(ran.stdout)?.[1] ?? '';
  await at.run(['webhook', 'remove', 'desk']);
  await expect(stat(made)).rejects.toThrow('ENOENT');
  const own = join(at.folder, 'own');
  await add(at, 'https://example.org/', ['93.184.216.34'], { secretFile: own });
  await at.run(['webhook', 'remove', 'desk']);
  expect((await stat(own)).isFile()).toBe(true);
});

test('changed to another secret, the one that was made for it goes; one that another webhook names too stays', async () => {
  const at = await place();
  const made = /the file (\S+)/.exec((await add(at, 'https://example.org/', ['93.184.216.34'])).stdout)?.[1] ?? '';
  const change = (secretFile: string) =>
    add(at, 'https://example.org/', ['93.184.216.34'], { secretFile, replace: true });
  expect((await change(made)).status).toBe(0);
  expect((await stat(made)).isFile()).toBe(true);

  await at.run(['webhook', 'add', 'copy', 'https://9.9.9.9/', '--secret-file', made]);
  expect((await change(join(at.folder, 'own'))).status).toBe(0);
  expect((await stat(made)).isFile()).toBe(true);

  await at.run(['webhook', 'remove', 'copy']);
  await expect(stat(made)).rejects.toThrow('ENOENT');
});

test('changed to another secret, a webhook leaves no file behind that was made for it', async () => {
  const at = await place();
  await add(at, 'https://example.org/', ['93.184.216.34']);
  await add(at, 'https://example.org/', ['93.184.216.34'], { secretFile: join(at.folder, 'own'), replace: true });
  expect(await readdir(join(at.store, 'KP', 'webhook-secrets'))).toEqual([]);
});

test('a rotation to the secret that there is already is refused, and its file stays', async () => {
  const at = await place();
  const ran = await add(at, 'https://example.org/', ['93.184.216.34']);
  const made = /the file (\S+)/.exec(ran.stdout)?.[1] ?? '';
  const again = await at.run(['webhook', 'rotate', 'desk', '--secret-file', made]);
  expect(again).toMatchObject({ status: 2, stdout: '' });
  expect(again.stderr).toContain(`webhook desk: its present secret is in the file ${made}; name another place`);
  expect((await stat(made)).isFile()).toBe(true);
});
