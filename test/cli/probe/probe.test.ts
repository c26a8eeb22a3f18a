import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from 'dns-packet';
import { afterAll, afterEach, expect, test } from 'vitest';
import { builtInTargets } from '../../../src/app/probe/read-probes.ts';
import { checkProbes, listTargets } from '../../../src/cli/probe/probe.ts';
import { startAtlas } from '../../streams/atlas/atlas-server.ts';
import { closeAll, HOST, tcpServer, udpServer } from '../../streams/probe/servers.ts';
import { Text } from '../../support/text.ts';

const folder = mkdtempSync(join(tmpdir(), 'unroutable-probes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(closeAll);

const TERRITORIES = `territories:
  - { id: XX, name: Loopback, blocks: [127.45.176.0/22] }
`;

async function check(probes: string) {
  const [file, territories] = [join(folder, 'probes.yaml'), join(folder, 'territories.yaml')];
  writeFileSync(file, probes);
  writeFileSync(territories, TERRITORIES);
  const [stdout, stderr] = [new Text(), new Text()];
  const io = { stdout, stderr, env: {}, signal: new AbortController().signal };
  const status = await checkProbes({ probes: file, territories }, io);
  return { status, out: stdout.text.replaceAll(/ +\d+ ms {2}/g, ' | '), faults: stderr.text.replaceAll(folder, '') };
}

async function nameServer(): Promise<number> {
  const { port } = await udpServer((packet) => {
    const { id = 0, questions = [] } = decode(packet);
    const data = { mname: 'a', rname: 'b', serial: 1 };
    const [{ name } = { name: '' }] = questions;
    return [encode({ type: 'response', id, flags: 0x400, questions, answers: [{ type: 'SOA', name, data }] })];
  });
  return port;
}

test('probe check asks controls and targets once and prints what came of it', async () => {
  const dns = await nameServer();
  const mail = await tcpServer((socket) => socket.write('220 mail.example.xx\r\n'));
  const { status, out } = await check(`contact: noc@example.org
controls:
  - { kind: dns-soa, address: ${HOST}, port: ${dns}, name: . }
  - { kind: dns-soa, address: ${HOST}, port: ${dns}, name: net. }
territories:
  XX:
    - { kind: dns-soa, address: ${HOST}, port: ${dns}, name: xx. }
    - { kind: smtp-banner, address: ${HOST}, port: ${mail.port} }
    - { kind: tcp, address: 127.45.176.80, port: ${mail.port}, service: web }
`);
  const lines = out.split('\n').map((line) => line.replaceAll(/ +/g, ' ').replaceAll(String(dns), '53'));
  expect(lines.slice(0, 3)).toEqual([
    `control dns dns-soa ${HOST}:53 . answered | NOERROR, authoritative`,
    `control dns dns-soa ${HOST}:53 net. answered | NOERROR, authoritative`,
    `XX dns dns-soa ${HOST}:53 xx. answered | NOERROR, authoritative`,
  ]);
  expect(out).toContain('answered | 220 mail.example.xx');
  expect(out).toMatch(/refused \| ECONNREFUSED/);
  expect(out).toContain('2 targets of 3 answered as asked; 1 more can be reached.');
  expect([status, mail.sockets.length]).toEqual([1, 1]);
});

test('without a control that answers no target is asked', async () => {
  const target = await tcpServer(() => undefined);
  const silent = await udpServer(() => []);
  const { status, out } = await check(`contact: noc@example.org
controls:
  - { kind: dns-soa, address: ${HOST}, port: ${silent.port}, name: . }
  - { kind: dns-soa, address: ${HOST}, port: ${silent.port}, name: net. }
territories:
  XX: [{ kind: tcp, address: ${HOST}, port: ${target.port}, service: web }]
`);
  expect([status, target.sockets.length, silent.packets.length]).toEqual([1, 0, 2]);
  expect(out).toContain('No control can be reached: the fault is ours.');
});

const GOOD = `territories: { XX: [{ kind: tcp, address: 127.45.176.1, port: 80, service: web }] }`;

test.each([
  ['without a contact', GOOD, /probes\.yaml:1:1: contact is missing/],
  ['with a contact that is no address', `contact: me\n${GOOD}`, /1:10: contact: me is not a contact/],
  ['too often', `contact: a@b.cc\nevery: 1m\n${GOOD}`, /2:8: every: must be from 5m to 6h/],
  ['with a word for how often', `contact: a@b.cc\nevery: true\n${GOOD}`, /2:8: every: is not a duration such as/],
  ['without a kind', `contact: a@b.cc\n${GOOD.replace('kind: tcp, ', '')}`, /XX\[0\]\.kind is missing/],
  [
    'with an empty list',
    `contact: a@b.cc\nterritories: { XX: [] }`,
    /2:20: territories\.XX: is empty: without a target/,
  ],
  [
    'with one control',
    `contact: a@b.cc\ncontrols: [{ kind: tcp, address: 192.0.2.1, port: 1, service: web }]\n${GOOD}`,
    /two are needed/,
  ],
  [
    'outside the territory',
    `contact: a@b.cc\n${GOOD.replace('127.45.176.1', '192.0.2.1')}`,
    /192\.0\.2\.1 is outside the blocks of XX/,
  ],
  [
    'with a name for an address',
    `contact: a@b.cc\n${GOOD.replace('127.45.176.1', 'www.kcna.kp')}`,
    /is not an IP address/,
  ],
  [
    'of a territory that is not known',
    `contact: a@b.cc\n${GOOD.replace('XX', 'YY')}`,
    /YY is not a territory that is known/,
  ],
  ['with a kind that there is not', `contact: a@b.cc\n${GOOD.replace('tcp', 'ping')}`, /kind: ping is none of/],
  [
    'without the name of a zone',
    `contact: a@b.cc\n${GOOD.replace('tcp', 'dns-soa')}`,
    /name.* is missing: it is what dns-soa asks for/,
  ],
  [
    'with a slip of the pen',
    `contact: a@b.cc\n${GOOD.replace('port', 'prot')}`,
    /prot is not known, did you mean port\?/,
  ],
  [
    'with neither a list nor built-in',
    `contact: a@b.cc\nterritories: { XX: all }`,
    /neither a list of targets nor the word built-in/,
  ],
])('a file %s is refused, with the place', async (_, text, fault) => {
  const { status, faults } = await check(text);
  expect(faults).toMatch(fault);
  expect(status).toBe(78);
});

const MEASURED = `kind: dns-soa, address: 127.45.176.1, name: xx.`;

test.each([
  [
    'of a kind that RIPE Atlas does not ask',
    GOOD.replace('port: 80', 'port: 80, atlas: 7'),
    /no measurement of RIPE Atlas asks tcp/,
  ],
  [
    'that is not a number',
    `territories: { XX: [{ ${MEASURED}, atlas: seven }] }`,
    /2:\d+: territories\.XX\[0\]\.atlas: seven is neither the number of a measurement nor a list of them/,
  ],
  [
    'of a list that is one of RIPE Atlas in part',
    `territories: { XX: [{ ${MEASURED}, atlas: [7, seven] }] }`,
    /XX\[0\]\.atlas\[1\] is the string "seven", it must be a/,
  ],
  [
    'that asks two targets',
    `territories: { XX: [{ ${MEASURED}, atlas: 7 }, { ${MEASURED.replace('xx.', 'yy.')}, atlas: [7, 8] }] }`,
    /measurement 7 of RIPE Atlas is named twice/,
  ],
  [
    'that is missing though we ask nothing ourselves',
    `own: false\n${GOOD}`,
    /2:6: own: without it a target needs measurements/,
  ],
])('a measurement %s is refused, with the place', async (_, text, fault) => {
  const { status, faults } = await check(`contact: a@b.cc\n${text}`);
  expect(faults).toMatch(fault);
  expect(status).toBe(78);
});

test('probe check looks whether each measurement of RIPE Atlas goes on and asks its target, and sends nothing itself', async () => {
  const atlas = await startAtlas({
    7: { type: 'dns', results: [] },
    8: { type: 'dns', status: 'Stopped', results: [] },
  });
  const { status, out } = await check(`contact: noc@example.org
own: false
atlas: { api: '${atlas.api}' }
territories:
  XX:
    - { ${MEASURED}, atlas: [7, 8] }
    - { kind: tls, address: 127.45.176.1, name: www.example.xx, atlas: 9 }
`);
  expect(out.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'XX atlas dns-soa 127.45.176.1:53 xx. measurement 7 Ongoing, every 15 min',
    'XX atlas dns-soa 127.45.176.1:53 xx. measurement 8 is not under way: Stopped',
    'XX atlas tls 127.45.176.1:443 www.example.xx measurement 9 HTTP 404',
    '',
  ]);
  expect(status).toBe(1);
});

test('the built-in list is of addresses inside North Korea, each with its source and date', async () => {
  const list = (await builtInTargets()).get('KP') ?? [];
  expect(list.length).toBeGreaterThan(5);
  for (const { target, source, date } of list) {
    expect(target.address).toMatch(/^175\.45\.17[6-9]\.\d+$/);
    expect(source).toMatch(/\w/);
    expect(date).toMatch(/^20\d\d-\d\d-\d\d$/);
  }
  const [stdout, stderr] = [new Text(), new Text()];
  await listTargets({ stdout, stderr, env: {}, signal: new AbortController().signal });
  expect(stdout.text.split('\n')).toHaveLength(list.length + 1);
});
