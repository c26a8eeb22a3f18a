import { once } from 'node:events';
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { pidNamespace } from '../../lib/pid-namespace.ts';

/** The names of our sockets in the folder: process id, and a number of this handle. */
const PREFIX = 'open-';

/** A stopped process (SIGSTOP) accepts connections and does not answer: it counts as a process of another namespace. */
const ANSWER_MS = 2_000;

/** Our socket in a folder that we have open. */
export interface Presence {
  /** Removes the socket. */
  end(): void;
}

let handles = 0;

/**
 * Registers this process as a user of the folder, unless a process with the same id in another container uses it.
 *
 * LMDB distinguishes readers only by process id. Two containers that share a folder may both have a process 1: reads
 * then fail, and one may wait forever for the other's lock. Different ids do no harm, whatever their namespaces. So
 * each handle listens on a socket in the folder. Its name is the process id, and it answers with the namespace. The
 * socket of a process that has ended does not answer, and is removed.
 *
 * @returns `undefined` if there is such a process. On systems without namespaces or sockets, nothing is checked.
 */
export async function enterFolder(path: string): Promise<Presence | undefined> {
  const space = pidNamespace();
  if (space === undefined) return { end: () => undefined };
  // The path of a socket may have at most 107 octets; the path of a folder may be longer.
  const handle = openSync(path, 'r');
  const at = `/proc/self/fd/${String(handle)}`;
  const ours = `${PREFIX}${String(process.pid)}-`;
  const name = `${ours}${space}-${String(handles++)}`;
  const server = createServer((socket) => socket.on('error', () => undefined).end(space));
  server.unref();
  server.listen(`${at}/${name}`);
  await once(server, 'listening').catch(() => undefined);
  const end = (): void => {
    server.close();
    rmSync(`${at}/${name}`, { force: true });
    closeSync(handle);
  };
  const others = readdirSync(path).filter((other) => other.startsWith(PREFIX) && other !== name);
  const answers = await Promise.all(
    others.map(async (other) => {
      const answer = await namespaceOf(`${at}/${other}`, other.startsWith(ours));
      return other.startsWith(ours) ? answer : undefined;
    }),
  );
  if (answers.some((answer) => answer !== undefined && answer !== space)) {
    end();
    return undefined;
  }
  return { end };
}

/**
 * The namespace of the process that listens there; '' if it does not answer in time; `undefined` if there is no
 * process: its socket is then removed.
 */
function namespaceOf(socket: string, isAwaited: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const client = connect(socket);
    client.setTimeout(ANSWER_MS, () => client.destroy());
    if (!isAwaited) client.once('connect', () => client.destroy());
    client.on('data', (chunk) => (answer += chunk.toString()));
    client.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') rmSync(socket, { force: true });
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined);
      else resolve('');
    });
    client.on('close', () => resolve(answer));
  });
}
