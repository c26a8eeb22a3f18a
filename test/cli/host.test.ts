import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { openEmbedded } from '../../src/store/embedded/open.ts';
import { LiveFeed } from '../support/feed.ts';
import { BLACKOUT, buildCli, ended, type BuiltCli } from '../support/cli.ts';
import { hasShell, withoutShell } from '../support/shell.ts';

/** Case 66 of what a machine may do to a program that runs for months; the clock's steps are in test/live/blind.test.ts. */
let cli: BuiltCli;
let replayed: string;
beforeAll(async () => {
  cli = await buildCli();
  ({ stdout: replayed } = await cli.run(['replay', BLACKOUT, '--quiet']));
  expect(replayed.split('\n').length).toBeGreaterThan(100);
});
afterAll(() => cli.remove());

const FEW_FILES = 'ulimit -n 64; exec "$@"';

/** The command as a shell line runs it, `"$@"` being the command. */
function shell(line: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const [node = '', ...main] = cli.start(['--version']).spawnargs;
  const command = [node, ...main.slice(0, 1), ...args];
  const child = spawn('sh', ['-c', line, 'sh', ...command], { cwd: cli.folder, env: { PATH: process.env['PATH'] } });
  child.stderr.setEncoding('utf8');
  return child;
}

/** Resolves when it has logged this; rejects, with the log, when it ends before. */
function logged(child: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  let log = '';
  return new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(log)));
    child.stderr.on('data', (chunk: string) => {
      log += chunk;
      if (log.includes(text)) resolve();
    });
  });
}

describe('case 66', () => {
  test.skipIf(!hasShell)(`with 64 files at most it says the same${withoutShell}`, async () => {
    const { status, stdout } = await ended(shell(FEW_FILES, ['replay', BLACKOUT, '--quiet']));
    expect(status).toBe(0);
    expect(stdout).toBe(replayed);
  });

  test.skipIf(!hasShell)(`with 64 files at most it watches, its store in a folder${withoutShell}`, async () => {
    const feed = await LiveFeed.listen();
    const child = shell(FEW_FILES, ['watch', '--url', feed.url, '--seed', 'none', '--store', 'few']);
    const run = ended(child);
    await logged(child, 'nothing is missed');
    child.kill('SIGTERM');
    expect((await run).status).toBe(0);
    await feed.close();
  });

  test.skipIf(!hasShell || !existsSync('/dev/full'))(
    `with a full disk under its log it prints the same${withoutShell}`,
    async () => {
      const { status, stdout } = await ended(shell('exec "$@" 2> /dev/full', ['replay', BLACKOUT]));
      expect(status).toBe(0);
      expect(stdout).toBe(replayed);
    },
  );

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends a watch cleanly: status 0, and the lease is given back',
    async (signal) => {
      const feed = await LiveFeed.listen();
      const store = `kept-${signal}`;
      const url = ['--url', feed.url, '--seed', 'none', '--store', store];
      const child = cli.start(['watch', ...url]);
      const run = ended(child);
      await logged(child, 'nothing is missed');
      child.kill(signal);
      expect((await run).status).toBe(0);
      const opened = await openEmbedded(`${cli.folder}/${store}/KP`, { name: 'KP', clock: systemClock });
      if (!opened.ok) throw new Error(opened.reason);
      expect(await opened.store.leases.holder()).toBeUndefined();
      await opened.store.close();
      await feed.close();
    },
  );
});
