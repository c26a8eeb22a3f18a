import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { canonicalAddress } from './address-guard.ts';
import { errorText } from './error-text.ts';
import type { Target } from './target.ts';

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
 * is in truth is asked of the socket before a byte is written. Proxies of the environment are not used: they would look
 * the name up again. Ends with a failure when `signal` aborts.
 *
 * @param addresses vetted, at least one. Node tries them in turn, and a family that does not answer not for long.
 */
export async function connect(
  target: Target,
  addresses: readonly string[],
  { ca }: Trust,
  signal: AbortSignal,
): Promise<Connected> {
  const plain = connectTcp({
    host: target.host,
    port: target.port,
    lookup: pinned(addresses),
    autoSelectFamily: true,
  });
  const dialled = await ready(plain, 'connect', signal);
  if (!dialled.ok) return dialled;
  const { remoteAddress = '' } = plain;
  if (!addresses.includes(canonicalAddress(remoteAddress) ?? remoteAddress)) {
    plain.destroy();
    return { ok: false, reason: `connect: ${remoteAddress} is not the address that was vetted` };
  }
  if (!target.isTls) return dialled;
  const shaken = await ready(secured(plain, target.host, ca), 'secureConnect', signal);
  if (!shaken.ok) plain.destroy();
  return shaken;
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
