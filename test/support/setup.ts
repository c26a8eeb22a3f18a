import { chmod, mkdir, mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { isBuilt } from './built.ts';

const TARGET = fileURLToPath(new URL('../../target', import.meta.url));
const MEMORY = '/dev/shm';
/** Twice the space that all temporary folders of the suite need at once. Bytes. */
const ROOM = 4 * 2 ** 30;

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether `dist` is of these sources: what is in it need not be made again. */
    readonly isBuilt: boolean;
    /** Else the folder of the bundled command; the first test that needs it bundles it. Beside it: the compiled sources. */
    readonly bundle: string;
  }
}

const made: string[] = [];

/** What all test files share: one bundle of the command, its sources compiled once, and temporary folders in memory where there is room. */
export async function setup(project: TestProject): Promise<void> {
  await mkdir(TARGET, { recursive: true });
  const bundle = await mkdtemp(join(TARGET, 'cli-test-'));
  for (const folder of [bundle, `${bundle}-compiled`]) made.push(folder, `${folder}-begun`, `${folder}-done`);
  project.provide('bundle', bundle);
  project.provide('isBuilt', isBuilt());
  if (await hasRoomInMemory()) {
    // Stores sync at every commit, which takes most of the time on a slow disk and nothing here.
    process.env['TMPDIR'] = await mkdtemp(join(MEMORY, 'unroutable-'));
    made.push(process.env['TMPDIR']);
    // Servers under test that run as a user of their own must get through to their folders.
    await chmod(process.env['TMPDIR'], 0o711);
  }
}

/** Removes what `setup` made. */
export async function teardown(): Promise<void> {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Linux only; programs are run from there, so `noexec` will not do. */
async function hasRoomInMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    const mount = (await readFile('/proc/mounts', 'utf8'))
      .split('\n')
      .findLast((line) => line.split(' ')[1] === MEMORY);
    return bavail * bsize > ROOM && mount !== undefined && !mount.includes('noexec');
  } catch {
    return false;
  }
}
