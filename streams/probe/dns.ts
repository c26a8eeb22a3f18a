import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { decode, encode, type DecodedPacket } from 'dns-packet';
import type { ProbeTarget } from '../../src/bgp/probe.ts';
import { findingOf, found, type Asking, type Finding } from './finding.ts';

/**
 * Asks a name server for the SOA record of a zone: one UDP packet without recursion and without EDNS (RFC 1035 section
 * 4.1). The socket is connected, so only packets from that address and port arrive, and an ICMP error is an error.
 */
export function askForSoa(target: ProbeTarget, settle: (finding: Finding) => void): Asking {
  const id = randomInt(65_536);
  const socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4');
  let others = 0;
  let isClosed = false;
  socket.on('error', (error) => settle(findingOf(error, false)));
  socket.on('message', (message) => {
    const finding = read(message, id, target.name);
    if (finding === undefined) others++;
    else settle(finding);
  });
  socket.connect(target.port, target.address, (error?: Error) => {
    if (isClosed) return;
    if (error !== undefined) return settle(findingOf(error, false));
    const question = encode({ type: 'query', id, flags: 0, questions: [{ type: 'SOA', name: target.name }] });
    socket.send(question, (failure) => failure !== null && settle(findingOf(failure, false)));
  });
  return {
    late: () =>
      others === 0 ? found('silent', 'no answer') : found('odd', `${others} packets, none of them an answer`),
    close() {
      isClosed = true;
      socket.close();
    },
  };
}

/** `undefined`: not an answer to our query; a forged packet, for example. */
function read(message: Buffer, id: number, zone: string): Finding | undefined {
  const packet = answerTo(message, zone);
  return packet === undefined || packet.id !== id ? undefined : findingIn(packet, zone);
}

/**
 * What a DNS message says about a zone whose SOA was requested.
 *
 * @returns `undefined`: it is not an answer to that query.
 */
export function evaluateAnswer(message: Buffer, zone: string): Finding | undefined {
  const packet = answerTo(message, zone);
  return packet === undefined ? undefined : findingIn(packet, zone);
}

function answerTo(message: Buffer, zone: string): DecodedPacket | undefined {
  let packet: DecodedPacket;
  try {
    packet = decode(message);
  } catch {
    return undefined;
  }
  const [question] = packet.questions ?? [];
  if (packet.type !== 'response') return undefined;
  if (question !== undefined && (question.type !== 'SOA' || !isSame(question.name, zone))) return undefined;
  return packet;
}

function findingIn(packet: DecodedPacket, zone: string): Finding {
  // The package's type lacks this field: a name from RFC 1035 section 4.1.1, such as SERVFAIL.
  const { rcode } = packet as DecodedPacket & { readonly rcode: string };
  if (rcode === 'REFUSED' || rcode === 'SERVFAIL' || rcode === 'NOTAUTH') return found('refused', rcode);
  if (rcode !== 'NOERROR') return found('odd', rcode);
  const soa = (packet.answers ?? []).filter(({ type }) => type === 'SOA');
  if (packet.flag_tc) return found('answered', 'NOERROR, truncated');
  if (soa.some(({ name }) => isSame(name, zone)))
    return found('answered', packet.flag_aa ? 'NOERROR, authoritative' : 'NOERROR, not authoritative');
  const [other] = soa;
  if (other !== undefined) return found('odd', `the SOA of another zone: ${other.name}`);
  if ((packet.answers ?? []).length > 0) return found('odd', 'NOERROR with records that were not asked for');
  const isReferral = (packet.authorities ?? []).some(({ type }) => type === 'NS');
  return isReferral ? found('answered', 'NOERROR, a referral') : found('odd', 'NOERROR without a SOA');
}

function isSame(a: string, b: string): boolean {
  const bare = (name: string): string => name.replace(/\.$/, '').toLowerCase();
  return bare(a) === bare(b);
}
