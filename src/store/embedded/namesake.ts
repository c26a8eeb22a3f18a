import { once } from 'node:events';
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { pidNamespace } from '../../lib/pid-namespace.ts';

/** What our sockets in the folder are called: process id, and a number of this handle. */
const PREFIX = 'open-';

/** A process that is stopped takes connections and says nothing: it counts as another one. */
const ANSWER_MS = 2_000;

/** Our sign in a folder that we have open. */
export interface Presence {
  /** Takes the sign down. */
  end(): void;
}

let handles = 0;

/**
 * Says that this process has the folder open, unless a process of the same number in another container has.
 *
 * LMDB tells readers apart by their process ids alone. Two containers that share a folder may both have a process 1: their
 * reads then fail, and one may wait for the other's lock without end. Ids that differ do no harm, in whichever
 * namespaces they count. So every handle listens on a socket in the folder that is called by its process id and answers with
 * its namespace. A socket of a process that is gone answers nothing and is removed.
 *
 * @returns `undefined` when there is such a process. Where there are no namespaces, or no sockets, nothing is looked at.
 */
export async function enterFolder(path: string): Promise<Presence | undefined> {
  const space = pidNamespace();
  if (space === undefined) return { end: () => undefined };
  // The name of a socket is at most 107 octets long; that of a folder may be longer.
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
 * Of the process that listens there; '' when it does not say, or is not waited for, `undefined` when there is none: then its
 * socket is removed.
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
