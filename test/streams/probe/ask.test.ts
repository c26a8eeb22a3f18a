import { createServer as createHttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:tls';
import { decode, encode, RECURSION_DESIRED, AUTHORITATIVE_ANSWER, type Packet } from 'dns-packet';
import { afterEach, describe, expect, test } from 'vitest';
import { makeSelfSigned } from '../../support/certificates.ts';
import { until } from '../../support/clock.ts';
import { closeAll, HOST, listening, targetAt, tcpServer, outcomeText, udpServer, USER_AGENT } from './servers.ts';

afterEach(closeAll);

/** Long enough for loopback on a busy machine, short enough for a test of what takes all of it. */
const SHORT_MS = 400;

function soa(name: string) {
  return { type: 'SOA' as const, name, ttl: 60, data: { mname: 'ns1.kptc.kp', rname: 'root.kptc.kp', serial: 1 } };
}

/** A name server that answers the question with this, and its rcode. */
function nameServer(answer: Partial<Packet>, rcode = 0, flags = AUTHORITATIVE_ANSWER) {
  return udpServer((packet) => {
    const { id, questions = [] } = decode(packet);
    return [encode({ type: 'response', id: id ?? 0, flags: flags | rcode, questions, ...answer })];
  });
}

describe('a name server', () => {
  const asking = async ({ port }: { readonly port: number }, ms?: number) =>
    outcomeText(targetAt('dns-soa', port, 'kp.'), ms);

  test('that holds the zone has answered, and was asked once, for the SOA, without recursion and EDNS', async () => {
    const server = await nameServer({ answers: [soa('kp')] });
    expect(await asking(server)).toBe('answered: NOERROR, authoritative');
    const [packet, ...more] = server.packets.map((bytes) => decode(bytes));
    expect(more).toEqual([]);
    expect(packet?.questions).toEqual([{ type: 'SOA', class: 'IN', name: 'kp' }]);
    expect([packet?.flag_rd, packet?.additionals]).toEqual([false, []]);
    expect((packet?.flags ?? 0) & RECURSION_DESIRED).toBe(0);
  });

  test('that answers in other letters, or without authority, or with a referral has answered', async () => {
    expect(await asking(await nameServer({ answers: [soa('KP')] }, 0, 0))).toBe('answered: NOERROR, not authoritative');
    const referral = { authorities: [{ type: 'NS' as const, name: 'kp', data: 'ns1.kptc.kp' }] };
    expect(await asking(await nameServer(referral, 0, 0))).toBe('answered: NOERROR, a referral');
  });

  test.each([
    [2, 'refused: SERVFAIL'],
    [5, 'refused: REFUSED'],
    [3, 'odd: NXDOMAIN'],
  ])('with rcode %i is %s', async (rcode, expected) => {
    expect(await asking(await nameServer({}, rcode))).toBe(expected);
  });

  test('that lies about the zone is odd', async () => {
    expect(await asking(await nameServer({ answers: [soa('kr')] }))).toBe('odd: the SOA of another zone: kr');
    const address = { answers: [{ type: 'A' as const, name: 'kp', data: '192.0.2.1' }] };
    expect(await asking(await nameServer(address))).toBe('odd: NOERROR with records that were not asked for');
    expect(await asking(await nameServer({}))).toBe('odd: NOERROR without a SOA');
  });

  test('whose packets are not answers to the question is odd when the time is up', async () => {
    const garbage = await udpServer(() => [Buffer.from('garbage'), Buffer.alloc(0)]);
    expect(await asking(garbage, SHORT_MS)).toBe('odd: 2 packets, none of them an answer');
    const forged = await udpServer((packet) => {
      const { id = 0, questions = [] } = decode(packet);
      return [encode({ type: 'response', id: (id + 1) % 65_536, questions, answers: [soa('kp')] })];
    });
    expect(await asking(forged, SHORT_MS)).toBe('odd: 1 packets, none of them an answer');
  });

  test('that is silent, and one that is not there', async () => {
    const server = await udpServer(() => []);
    expect(await asking(server, SHORT_MS)).toBe('silent: no answer');
    expect(server.packets).toHaveLength(1);
    await closeAll();
    expect(await asking(server)).toBe('refused: ECONNREFUSED');
  });
});

describe('a web server', () => {
  const asking = (port: number, ms?: number) => outcomeText(targetAt('http-head', port, 'www.kcna.kp'), ms);

  test('has answered whatever its status; the contact is in the user agent, and no redirection is followed', async () => {
    const heads: string[] = [];
    const server = createHttpServer((request, response) => {
      const { host, 'user-agent': agent } = request.headers;
      heads.push(`${request.method} ${request.url} ${host?.split(':')[0]} ${agent}`);
      response.writeHead(302, { location: `http://${HOST}:1/elsewhere` }).end();
    });
    expect(await asking(await listening(server, HOST))).toBe('answered: HTTP 302');
    expect(heads).toEqual([`HEAD / www.kcna.kp ${USER_AGENT}`]);
  });

  test('that sends a body without end is left at once', async () => {
    const { port, sockets } = await tcpServer((socket) => {
      socket.write('HTTP/1.1 503 Busy\r\ncontent-length: 1000000000\r\n\r\n');
      const timer = setInterval(() => socket.write('x'.repeat(65_536)), 1);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await asking(port)).toBe('answered: HTTP 503');
    await until(() => sockets.every((socket) => socket.destroyed), 'the connection to be closed');
  });

  test('that drips, sends nothing, or closes can be reached, and is odd', async () => {
    const drip = await tcpServer((socket) => {
      const text = 'HTTP/1.1 200 OK\r\n'.repeat(100);
      let at = 0;
      const timer = setInterval(() => socket.write(text.charAt(at++)), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await asking(drip.port, SHORT_MS)).toBe('odd: connected; no whole answer in time');
    const mute = await tcpServer(() => undefined);
    expect(await asking(mute.port, SHORT_MS)).toBe('odd: connected; no answer in time');
    const closing = await tcpServer((socket) => socket.destroy());
    expect(await asking(closing.port)).toMatch(/^odd: connected; /);
    const other = await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await asking(other.port)).toMatch(/^odd: not HTTP: HPE_/);
    const endless = await tcpServer((socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`));
    expect(await asking(endless.port)).toBe('odd: not HTTP: HPE_HEADER_OVERFLOW');
  });
});

describe('a mail server', () => {
  const asking = async (greeting: string, ms?: number) => {
    const server = await tcpServer((socket) => socket.write(greeting));
    return outcomeText(targetAt('smtp-banner', server.port), ms);
  };

  test('has answered with a greeting, and receives QUIT', async () => {
    let received = '';
    const { port } = await tcpServer((socket) => {
      socket.on('data', (bytes) => (received += bytes.toString()));
      socket.write('220-mail.example.kp\r\n220 ESMTP\r\n');
    });
    expect(await outcomeText(targetAt('smtp-banner', port))).toBe('answered: 220-mail.example.kp');
    await until(() => received === 'QUIT\r\n', 'QUIT');
  });

  test('that is not at our service has refused; what is not a mail server is odd', async () => {
    expect(await asking('554 no service here\r\n')).toBe('refused: 554 no service here');
    expect(await asking('SSH-2.0-OpenSSH_9.2\r\n')).toBe('odd: SSH-2.0-OpenSSH_9.2');
  });

  test('with a greeting without an end is odd before the time is up', async () => {
    expect(await asking('2'.repeat(100_000))).toBe('odd: a greeting without an end');
  });

  test('that says half a greeting, or one of what could act on a terminal', async () => {
    expect(await asking('220 mail', SHORT_MS)).toBe('odd: connected; no whole answer in time');
    expect(await asking('220 \u001b[31mred|bar\r\n')).toBe('answered: 220 .[31mred.bar');
  });
});

describe('TLS', () => {
  async function serving(certificate: ReturnType<typeof makeSelfSigned>): Promise<number> {
    return listening(createTlsServer(certificate), HOST);
  }

  test('with a certificate that has expired is an answer, and the certificate is named', async () => {
    const expired = makeSelfSigned({ name: 'www.kcna.kp', from: '20000101000000Z', to: '20010101000000Z' });
    expect(await outcomeText(targetAt('tls', await serving(expired), 'www.kcna.kp'))).toMatch(
      /^answered: TLSv1\.3; certificate: (?:CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED_CERT)$/,
    );
  });

  test('where something else answers, or nothing, is odd', async () => {
    const other = await tcpServer((socket) => socket.write('220 mail.example.kp\r\n'));
    expect(await outcomeText(targetAt('tls', other.port, 'www.kcna.kp'))).toMatch(/^odd: connected; ERR_SSL/);
    const mute = await tcpServer(() => undefined);
    expect(await outcomeText(targetAt('tls', mute.port, 'www.kcna.kp'), SHORT_MS)).toBe(
      'odd: connected; no answer in time',
    );
  });
});

test('a port that is open, and one that is closed', async () => {
  const { port, sockets } = await tcpServer(() => undefined);
  expect(await outcomeText(targetAt('tcp', port))).toBe('answered: connected');
  await until(() => sockets.every((socket) => socket.readableEnded || socket.destroyed), 'the connection to be closed');
  await closeAll();
  expect(await outcomeText(targetAt('tcp', port))).toBe('refused: ECONNREFUSED');
});

test('what is stopped gives nothing, and leaves no socket', async () => {
  const { ask } = await import('../../../streams/probe/ask.ts');
  const stop = new AbortController();
  const { port } = await tcpServer(() => undefined);
  const asking = ask(targetAt('smtp-banner', port), { timeoutMs: 60_000, userAgent: USER_AGENT }, stop.signal);
  stop.abort();
  expect(await asking).toBeUndefined();
  expect(
    await ask(targetAt('dns-soa', port, 'kp.'), { timeoutMs: 1, userAgent: USER_AGENT }, stop.signal),
  ).toBeUndefined();
});
