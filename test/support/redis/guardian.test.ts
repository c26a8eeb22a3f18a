import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { hasShell } from '../shell.ts';
import { until } from './until.ts';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts a watched process that only a signal ends. The script itself also ends only by a signal. */
const PROGRAM = `
  import { spawn } from 'node:child_process';
  import { guardian } from './guardian.js';
  const folder = guardian().folder();
  guardian().watch(spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)'], { stdio: 'inherit' }));
  console.log(folder);
  setInterval(() => undefined, 60_000);
`;

/** Node.js 20 runs no TypeScript by itself. */
async function compiled(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guardian-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const source = join(checkout, 'test/support/redis/guardian.ts');
  const tsc = join(checkout, 'node_modules/typescript/bin/tsc');
  const options = ['--ignoreConfig', '--noCheck', '--target', 'es2023', '--module', 'nodenext', '--outDir', folder];
  await promisify(execFile)(process.execPath, [tsc, ...options, source]);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'main.js'), PROGRAM);
  return join(folder, 'main.js');
}

/** It is a shell that watches. */

test.skipIf(!hasShell)(
  'the servers of a process end with it, and its folder is removed, even when it is killed',
  async () => {
    const parent = spawn(process.execPath, [await compiled()], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [folder] = (await once(createInterface(parent.stdout), 'line')) as [string];
    expect(existsSync(folder)).toBe(true);

    // The child has its parent's stdout, so it closes only when both have ended.
    const closed = once(parent, 'close');
    parent.kill('SIGKILL');
    await closed;
    await until('the folder is gone', async () => !existsSync(folder));
  },
);
