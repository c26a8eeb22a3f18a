import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { inTime } from '../../lib/within.ts';
import type { Clock } from '../../ports.ts';
import type { RedisTarget } from './clients.ts';

/** A working server answers within this time; milliseconds. */
const PROBE_MS = 1_000;

/**
 * After a failed connection, checks whether only one side speaks TLS. A plain server waits for the rest of a TLS
 * greeting, and a TLS server closes a plain connection; neither reports the cause. Sends no user and no password.
 *
 * @returns what to do about it; `undefined`: that is not the cause.
 */
export async function tlsMismatch({ nodes, tls }: RedisTarget, clock: Clock): Promise<string | undefined> {
  const [node] = nodes;
  if (node === undefined) return undefined;
  const where = `${node.host}:${node.port}`;
  if (tls !== undefined) {
    const isPlain = await answers(clock, (yes, no) => {
      const socket = connectTcp(node, () => socket.write('PING\r\n'));
      socket.once('data', (data) => (/^[+-]/.test(data.toString('latin1')) ? yes() : no()));
      return socket.once('error', no).once('close', no);
    });
    return isPlain
      ? `${where} does not speak TLS, and the URL asks for it: name the server's TLS port, or use redis:// instead of rediss://`
      : undefined;
  }
  const isTls = await answers(clock, (yes, no) => {
    const socket = connectTls({ ...node, rejectUnauthorized: false }, yes);
    // A TLS alert also proves TLS: the server wants a client certificate, or another version.
    socket.once('error', (error: NodeJS.ErrnoException) =>
      /SSL_?ALERT|ALERT_/i.test(error.code ?? '') ? yes() : no(),
    );
    return socket.once('close', no);
  });
  return isTls ? `${where} speaks TLS, and the URL does not: use rediss:// instead of redis://` : undefined;
}

/** Whether `ask` succeeds in time. Closes its connection. */
async function answers(
  clock: Clock,
  ask: (yes: () => void, no: () => void) => { destroy(): unknown },
): Promise<boolean> {
  let opened: { destroy(): unknown } | undefined;
  const asked = new Promise<boolean>((resolve) => {
    opened = ask(
      () => resolve(true),
      () => resolve(false),
    );
  });
  try {
    return await inTime(asked, { clock, ms: PROBE_MS }, () => false);
  } finally {
    opened?.destroy();
  }
}
