import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this user may mount a file system. */
export function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'unroutable-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    execFileSync('umount', [path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(path);
  }
}

/** Fills the file system with a file, to the last byte. */
export async function fill(path: string): Promise<void> {
  for (const size of [65_536, 4_096, 512, 1]) {
    for (let isFull = false; !isFull;) {
      isFull = await writeFile(path, Buffer.alloc(size), { flag: 'a' }).then(
        () => false,
        () => true,
      );
    }
  }
}
