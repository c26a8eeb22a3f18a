import { beforeAll, describe, expect, test } from 'vitest';
import { send, type Attempt } from '../../../../src/sinks/webhook/request/send.ts';
import { HandClock, until } from '../../../support/clock.ts';
import type { Certificate } from '../../../support/certificates.ts';
import { makeCertificates, type Certificates } from './certificates.ts';
import { httpsReceiver, loopbackRules, outgoing, rawReceiver } from '../receivers.ts';

const NEVER = new AbortController().signal;

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});

describe('bad input 58: certificates', () => {
  test('one that is right is taken, with the authority it was given', async () => {
    const { attempt, requests } = await sent(certificates.good, { ca: certificates.authority });
    expect(attempt).toMatchObject({ ok: true, status: 200 });
    expect(requests).toBe(1);
  });

  test('one that is right for an address is taken', async () => {
    const { attempt } = await sent(certificates.good, { ca: certificates.authority, host: '127.0.0.1' });
    expect(attempt).toMatchObject({ ok: true, status: 200 });
  });

  test('the name that is asked for is that of the URL, and none for an address', async () => {
    const named = await sent(certificates.good, { ca: certificates.authority });
    const bare = await sent(certificates.good, { ca: certificates.authority, host: '127.0.0.1' });
    expect([named.serverName, bare.serverName]).toEqual(['hook.test', false]);
  });

  test.each([
    ['expired', 'expired', true, 'CERT_HAS_EXPIRED'],
    ['for another name', 'otherName', true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['self-signed', 'selfSigned', true, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['of an unknown authority', 'good', false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('one that is %s is a failure, and nothing is sent', async (_, which, isKnown, code) => {
    const ca = isKnown ? certificates.authority : undefined;
    const { attempt, requests } = await sent(certificates[which], { ca });
    expect(attempt).toMatchObject({ ok: false, retry: true, reason: `tls: ${code}` });
    expect(requests).toBe(0);
  });

  test('the environment cannot turn the check off', async () => {
    const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const { attempt, requests } = await sent(certificates.selfSigned, { ca: undefined });
      expect(attempt).toMatchObject({ ok: false, reason: 'tls: DEPTH_ZERO_SELF_SIGNED_CERT' });
      expect(requests).toBe(0);
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });
});

test('a receiver that speaks no TLS is a failure', async () => {
  const receiver = await rawReceiver((socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n')));
  const attempt = await attemptAt(receiver.port, { ca: undefined });
  expect(attempt).toMatchObject({ ok: false, retry: true });
  expect(attempt.ok ? '' : attempt.reason).toMatch(/^tls: /);
});

interface How {
  readonly ca: string | undefined;
  readonly host?: string;
}

async function sent(certificate: Certificate, how: How) {
  let requests = 0;
  let serverName: unknown;
  const receiver = await httpsReceiver(certificate, (request, response) => {
    requests++;
    serverName = Reflect.get(request.socket, 'servername');
    response.end('ok');
  });
  const attempt = await attemptAt(receiver.port, how);
  await until(() => receiver.open() === 0, 'the connection to be closed');
  return { attempt, requests, serverName };
}

function attemptAt(port: number, { ca, host = 'hook.test' }: How): Promise<Attempt> {
  const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];
  const means = { clock: new HandClock(), resolve, rules: loopbackRules(port), ca };
  return send(outgoing(`https://${host}:${port}/hook`), means, NEVER);
}
