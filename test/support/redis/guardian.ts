import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes sure that no server outlives this process, whether it ends by itself, by SIGKILL, or in the middle of a test.
 */
interface Guardian {
  /** A new folder, removed with this process at the latest. */
  readonly folder: () => string;
  readonly watch: (child: ChildProcess) => void;
}

/**
 * Each line that it reads lists the running processes. At the end of its input, this process has ended: it kills the
 * processes of the last line, and removes the folder. It has its own session, so that Ctrl-C does not stop it.
 */
const SCRIPT = 'pids=; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids; rm -rf -- "$1"';

let theGuardian: Guardian | undefined;

/** The guardian of this process. */
export function guardian(): Guardian {
  theGuardian ??= startGuardian();
  return theGuardian;
}

function startGuardian(): Guardian {
  // Short: the path of a Unix socket has room for 103 characters on some systems.
  const root = mkdtempSync(join(tmpdir(), 'redis-'));
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'guardian', root], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  shell.unref();
  // Of a child process it is a socket, whatever the type says.
  (shell.stdin as unknown as Socket).unref();
  shell.stdin.on('error', () => undefined);

  const running = new Set<number>();
  const writePids = () => shell.stdin.write(`${[...running].join(' ')}\n`);
  let folders = 0;
  return {
    folder() {
      folders += 1;
      const folder = join(root, String(folders));
      mkdirSync(folder);
      return folder;
    },
    watch(child) {
      const { pid } = child;
      if (pid === undefined) return;
      running.add(pid);
      writePids();
      child.once('exit', () => {
        running.delete(pid);
        writePids();
      });
    },
  };
}
