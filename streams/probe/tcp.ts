import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ProbeTarget } from '../../src/bgp/probe.ts';
import { findingOf, found, type Asking, type Finding } from './finding.ts';

/** RFC 5321 section 4.5.3.1.5: a line of a reply has at most 512 octets. */
const LONGEST_BANNER = 512;

/** Opens a TCP connection and closes it. Nothing is sent. */
export function askTcp({ address, port }: ProbeTarget, settle: (finding: Finding) => void): Asking {
  const socket = connectTcp({ host: address, port });
  socket.on('connect', () => settle(found('answered', 'connected')));
  socket.on('error', (error) => settle(findingOf(error, false)));
  return { late: () => found('silent', 'no answer'), close: () => socket.destroy() };
}

/** Makes a TLS handshake and closes the connection. A certificate that is not valid is an answer, too: it is named. */
export function askTls({ address, port, name }: ProbeTarget, settle: (finding: Finding) => void): Asking {
  let isConnected = false;
  // The probe tests whether the service can be reached, not whether it can be trusted.
  const socket = connectTls({ host: address, port, servername: name, rejectUnauthorized: false });
  socket.on('connect', () => (isConnected = true));
  socket.on('secureConnect', () => {
    const fault = socket.authorized ? '' : `; certificate: ${String(socket.authorizationError)}`;
    settle(found('answered', `${socket.getProtocol() ?? 'TLS'}${fault}`));
  });
  socket.on('error', (error) => settle(findingOf(error, isConnected)));
  return { late: () => lateAfter(isConnected, socket.bytesRead), close: () => socket.destroy() };
}

/** Reads the first line of a mail server's greeting (RFC 5321 section 4.3.1), sends QUIT, and closes the connection. */
export function askForBanner({ address, port }: ProbeTarget, settle: (finding: Finding) => void): Asking {
  let isConnected = false;
  let text = '';
  const socket = connectTcp({ host: address, port });
  socket.setEncoding('latin1');
  socket.on('connect', () => (isConnected = true));
  socket.on('error', (error) => settle(findingOf(error, isConnected)));
  socket.on('end', () => settle(found('odd', 'connected; connection closed without a greeting')));
  socket.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, LONGEST_BANNER);
    const end = text.indexOf('\n');
    if (end >= 0) {
      settle(greeting(text.slice(0, end).trim()));
      socket.end('QUIT\r\n');
    } else if (text.length >= LONGEST_BANNER) settle(found('odd', 'a greeting without an end'));
  });
  return { late: () => lateAfter(isConnected, text.length), close: () => socket.destroySoon() };
}

/** The finding for a connection if the time runs out. */
export function lateAfter(isConnected: boolean, bytes: number): Finding {
  if (!isConnected) return found('silent', 'no answer');
  return found('odd', bytes === 0 ? 'connected; no answer in time' : 'connected; no whole answer in time');
}

function greeting(line: string): Finding {
  if (/^220[ -]/.test(line)) return found('answered', line);
  return found(/^[45]\d\d[ -]/.test(line) ? 'refused' : 'odd', line);
}
