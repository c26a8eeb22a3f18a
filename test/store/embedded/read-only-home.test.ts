import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../../bin/unroutable', import.meta.url));
const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

test.skipIf(!mayMount)('a home that is read-only is named as such, not as a missing file', async () => {
  const home = await mkdtemp(join(tmpdir(), 'unroutable-home-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const script = 'mount -t tmpfs -o ro none "$HOME" && exec "$NODE" "$PROGRAM" webhook add a https://example.org/x';
  const env = { PATH: process.env['PATH'], HOME: home, NODE: process.execPath, PROGRAM };
  const { status, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', script], { env, encoding: 'utf8' });
  expect(stderr).toContain(`${home}/.local/state/unroutable/KP`);
  expect(stderr).toContain('the file system is read-only');
  expect(stderr).not.toContain('ENOENT');
  expect(status).toBe(69);
});
