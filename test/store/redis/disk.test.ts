import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { numbers } from '../../contract/fixtures.ts';
import { startRedis } from '../../support/redis/server.ts';
import { keep, oneOf, upTo } from './faults.ts';
import { opened, watch } from './opening.ts';
import { test } from '../../support/redis/tests.ts';

/** Whether this process may mount: without it a full disk can only be had by filling one. */
const mount = (() => {
  try {
    const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!mount)(`a full disk${mount ? '' : ' (skipped: this user may not mount a small one)'}`, () => {
  test('MISCONF while it is full: nothing acknowledged is lost, and it goes on by itself when there is space', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', folder]);
    const small = await startRedis({ folder, config: { 'auto-aof-rewrite-percentage': 0 } });
    try {
      const onSmall = await opened(`redis://127.0.0.1:${small.port}`, watch(), { deadlineMs: 1_000 });
      await keep(onSmall, 1, 3);
      await fill(join(folder, 'filler'), 6 * 2 ** 20);
      let number = 4;
      const kinds = new Set<string>();
      while (!kinds.has('misconf')) {
        const attempt = await onSmall.commit(oneOf(number)).catch((error: { kind: string }) => kinds.add(error.kind));
        if ('ok' in attempt) number++;
      }
      await rm(join(folder, 'filler'));
      await keep(onSmall, number, number + 5);
      await small.kill();
      await small.restart();
      expect(await keep(onSmall, number + 6, number + 6)).not.toContain('other');
      expect(await numbers(onSmall)).toEqual(upTo(number + 6));
      await onSmall.close();
    } finally {
      await small.stop();
      execFileSync('umount', [folder]);
      await rm(folder, { recursive: true });
    }
  });
});

/** Up to the last byte that there is room for. */
async function fill(file: string, bytes: number): Promise<void> {
  for (let size = 65_536; size >= 512; size /= 2) {
    for (let written = 0; written < bytes; written += size) {
      const isFull = await writeFile(file, Buffer.alloc(size), { flag: 'a' }).then(
        () => false,
        () => true,
      );
      if (isFull) break;
    }
  }
}
