import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { proxyOf, tunnel } from '../../lib/proxy.ts';
import { canonicalAddress } from './address-guard.ts';
import { errorText } from './error-text.ts';
import type { Target } from './target.ts';

/** A connection, or why there is none. */
export type Connected =
  | { readonly ok: true; readonly socket: Socket }
  /** Begins with the stage, `connect` or `tls`. */
  | { readonly ok: false; readonly reason: string };

/** What a connection is made with besides the addresses. */
export interface Trust {
  /** Certificates in PEM that are trusted instead of the usual ones, for a receiver of one's own. */
  readonly ca: string | undefined;
}

/**
 * Connects to one of these addresses and no other, and over TLS checks that it is who the URL names. Which address it
 * is in truth is asked of the socket before a byte is written. Through a proxy of the environment, the tunnel is asked for
 * to one of these addresses. Ends with a failure when `signal` aborts.
 *
 * @param addresses vetted, at least one. Node tries them in turn, and a family that does not answer not for long.
 */
export async function connect(
  target: Target,
  addresses: readonly string[],
  { ca }: Trust,
  signal: AbortSignal,
): Promise<Connected> {
  const dialled = await dial(target, addresses, signal);
  if (!dialled.ok || !target.isTls) return dialled;
  const shaken = await ready(secured(dialled.socket, target.host, ca), 'secureConnect', signal);
  if (!shaken.ok) dialled.socket.destroy();
  return shaken;
}

/** A connection over TCP, through the proxy of the environment where there is one. */
async function dial(target: Target, addresses: readonly string[], signal: AbortSignal): Promise<Connected> {
  let proxy: URL | undefined;
  try {
    proxy = proxyOf(target.url);
  } catch (error) {
    return { ok: false, reason: `proxy: ${errorText(error)}` };
  }
  if (proxy !== undefined) return tunnelled(proxy, { target, addresses }, signal);
  const { host, port } = target;
  const plain = connectTcp({ host, port, lookup: pinned(addresses), autoSelectFamily: true });
  const dialled = await ready(plain, 'connect', signal);
  if (!dialled.ok) return dialled;
  const { remoteAddress = '' } = plain;
  if (addresses.includes(canonicalAddress(remoteAddress) ?? remoteAddress)) return dialled;
  plain.destroy();
  return { ok: false, reason: `connect: ${remoteAddress} is not the address that was vetted` };
}

/** The proxy is asked for a vetted address, not for the name, which it could resolve to another one. */
async function tunnelled(
  proxy: URL,
  { target, addresses }: { readonly target: Target; readonly addresses: readonly string[] },
  signal: AbortSignal,
): Promise<Connected> {
  let reason = 'proxy: there is no address';
  for (const address of addresses) {
    try {
      const socket = await tunnel(proxy, { host: address, port: target.port }, signal);
      // An error that is not listened to would end the process.
      socket.on('error', () => undefined);
      return { ok: true, socket };
    } catch (error) {
      reason = `proxy: ${error instanceof Error ? error.message : String(error)}`;
      if (signal.aborted) break;
    }
  }
  return { ok: false, reason };
}

/** No second look at the name: another answer would not have been vetted. Of an address in the URL Node asks nothing. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, options, callback) => {
    const [first] = all;
    if (options.all === true || first === undefined) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

function secured(plain: Socket, host: string, ca: string | undefined): Socket {
  return connectTls({
    socket: plain,
    host,
    // An address is no name to ask for (RFC 6066 section 3); the certificate is held against it all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    // Said aloud, because the default bends to NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
  });
}

/** Waits for the socket's event; destroys it when it fails or is not waited for any more. */
function ready(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Connected> {
  const stage = event === 'connect' ? 'connect' : 'tls';
  return new Promise((resolve) => {
    const end = (connected: Connected): void => {
      signal.removeEventListener('abort', abort);
      if (!connected.ok) socket.destroy();
      resolve(connected);
    };
    const abort = (): void => end({ ok: false, reason: `${stage}: not done` });
    // This listener stays: an error nobody hears of would end the process.
    socket.on('error', (error) => end({ ok: false, reason: `${stage}: ${errorText(error)}` }));
    socket.once('close', () => end({ ok: false, reason: `${stage}: the connection was closed` }));
    socket.once(event, () => end({ ok: true, socket }));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}
