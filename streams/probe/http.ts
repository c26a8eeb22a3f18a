import { request } from 'node:http';
import { isIPv6 } from 'node:net';
import type { ProbeTarget } from '../../src/bgp/probe.ts';
import { findingOf, found, type AskingOptions, type Asking, type Finding } from './finding.ts';
import { lateAfter } from './tcp.ts';

/** Most bytes of an answer's head. A longer one counts as odd. */
const LONGEST_HEAD = 16 * 1024;

/**
 * Asks a web server for the head of `/` (RFC 9110 section 9.3.2). Any status is an answer. Nothing after the head is read,
 * and no redirection is followed.
 */
export function askForHead(
  { address, port, name }: ProbeTarget,
  { userAgent }: AskingOptions,
  settle: (finding: Finding) => void,
): Asking {
  let isConnected = false;
  const asked = request({
    method: 'HEAD',
    host: address,
    family: isIPv6(address) ? 6 : 4,
    port,
    path: '/',
    agent: false,
    maxHeaderSize: LONGEST_HEAD,
    headers: { host: port === 80 ? name : `${name}:${port}`, 'user-agent': userAgent, connection: 'close' },
  });
  asked.on('socket', (socket) => socket.on('connect', () => (isConnected = true)));
  asked.on('response', (response) => settle(found('answered', `HTTP ${response.statusCode}`)));
  asked.on('error', (error: Error & { readonly code?: string }) => {
    const isOdd = error.code?.startsWith('HPE_') === true;
    settle(isOdd ? found('odd', `not HTTP: ${error.code}`) : findingOf(error, isConnected));
  });
  asked.end();
  return { late: () => lateAfter(isConnected, asked.socket?.bytesRead ?? 0), close: () => asked.destroy() };
}
