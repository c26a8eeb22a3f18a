import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '../../../lib/message-of.ts';
import { proxyOf, tunnel } from '../../../lib/proxy.ts';
import { canonicalAddress } from '../../../bgp/prefix.ts';
import { errorText } from './error-text.ts';
import type { Target } from './target.ts';

/** A connection, or why it failed. */
export type Connected =
  | { readonly ok: true; readonly socket: Socket }
  /** Begins with the stage, `connect` or `tls`. */
  | { readonly ok: false; readonly reason: string };

/** The options of a connection besides the addresses. */
export interface Trust {
  /** Certificates in PEM to trust instead of the usual ones, for a receiver of your own. */
  readonly ca: string | undefined;
}

/**
 * Connects to one of these addresses and to no other. With TLS it checks that the server is the one that the URL names.
 * It checks the socket's real address before it writes a byte. With a proxy in the environment, it requests the tunnel
 * to one of these addresses. Ends with a failure when `signal` aborts.
 *
 * @param addresses checked, at least one. Node tries them in turn, and soon gives up a family that does not answer.
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

/** A TCP connection, through the proxy of the environment if there is one. */
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

/** The proxy gets the checked address, not the name, which it might resolve to another address. */
async function tunnelled(
  proxy: URL,
  { target, addresses }: { readonly target: Target; readonly addresses: readonly string[] },
  signal: AbortSignal,
): Promise<Connected> {
  let reason = 'proxy: there is no address';
  for (const address of addresses) {
    try {
      const socket = await tunnel(proxy, { host: address, port: target.port }, signal);
      // An error without a listener would end the process.
      socket.on('error', () => undefined);
      return { ok: true, socket };
    } catch (error) {
      reason = `proxy: ${messageOf(error)}`;
      if (signal.aborted) break;
    }
  }
  return { ok: false, reason };
}

/** Do not resolve the name again: another answer would not be checked. Node does not resolve an address in the URL. */
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
    // SNI does not allow addresses (RFC 6066 section 3). The certificate is still checked against the address.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    // Set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED can change the default.
    rejectUnauthorized: true,
  });
}

/** Waits for an event of the socket. Destroys the socket on failure, and when `signal` aborts. */
function ready(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Connected> {
  const stage = event === 'connect' ? 'connect' : 'tls';
  return new Promise((resolve) => {
    const end = (connected: Connected): void => {
      signal.removeEventListener('abort', abort);
      if (!connected.ok) socket.destroy();
      resolve(connected);
    };
    const abort = (): void => end({ ok: false, reason: `${stage}: not done` });
    // This listener stays: an error without a listener would end the process.
    socket.on('error', (error) => end({ ok: false, reason: `${stage}: ${errorText(error)}` }));
    socket.once('close', () => end({ ok: false, reason: `${stage}: the connection was closed` }));
    socket.once(event, () => end({ ok: true, socket }));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}
