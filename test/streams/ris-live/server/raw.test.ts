import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { parseCollector } from '../../../../src/bgp/peer.ts';
import { parsePrefix } from '../../../../src/bgp/prefix.ts';
import { planMrt } from '../../../../streams/mrt/archive/archive.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import { mrtFeed } from '../../../../streams/ris-live/server/feed.ts';
import { bgpdumpNote, bgpdumpRows, hasBgpdump } from '../../../support/bgpdump.ts';
import { BLACKOUT } from '../../../support/cli.ts';
import { HandClock } from '../../../support/clock.ts';
import { announcements } from './support/messages.ts';
import { onAir, turnedUntil, type OnAir } from './support/on-air.ts';
import { fromHex, record } from './support/record.ts';

/** The stream over HTTP for a client that asks for nothing. Its `raw` is what bgpipe and libbgpstream decode. */

interface SentUpdate {
  readonly type: string;
  readonly timestamp: number;
  readonly peer: string;
  readonly peer_asn: string;
  readonly raw?: string;
  readonly announcements?: readonly { readonly prefixes: readonly string[] }[];
  readonly withdrawals?: readonly string[];
}

const hasPython = spawnSync('python3', ['--version']).status === 0;
const RRC = parseCollector('rrc00');

/** An hour of a real reconstruction, served to one client. */
async function served(): Promise<OnAir> {
  const planned = await planMrt({ paths: [join(BLACKOUT, 'reconstructed-a/bgpdata')] });
  if (!planned.ok) throw new Error(planned.reason);
  return onAir(mrtFeed(planned.plan, { keepalives: false }), { clock: new HandClock() });
}

function streamOf({ server }: OnAir): string {
  return `http://127.0.0.1:${server.port}/v1/stream/?format=json`;
}

async function sentUpdates(): Promise<readonly SentUpdate[]> {
  const air = await served();
  const body = fetch(streamOf(air)).then((answer) => answer.text());
  await turnedUntil(air.clock, air.server.done);
  const lines = (await body).trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { data: SentUpdate }).data).filter(({ type }) => type === 'UPDATE');
}

function rows(updates: readonly SentUpdate[]): readonly string[] {
  const row = (kind: string, { peer, peer_asn: asn }: SentUpdate, prefix: string): string =>
    `${kind} ${peer} ${asn} ${parsePrefix(prefix)?.text}`;
  return updates.flatMap((one) => [
    ...(one.withdrawals ?? []).map((prefix) => row('W', one, prefix)),
    ...(one.announcements ?? []).flatMap(({ prefixes }) => prefixes.map((prefix) => row('A', one, prefix))),
  ]);
}

function recordOf({ timestamp, peer, peer_asn: asn, raw = '' }: SentUpdate): Uint8Array {
  return record({ at: Math.round(timestamp * 1000), peer, asn: Number(asn), body: fromHex(raw) });
}

test('every UPDATE has raw, and bgpkit-parser reads the same routes from it as the JSON has', async () => {
  const updates = await sentUpdates();
  expect(updates.length).toBeGreaterThan(100);
  expect(updates.every(({ raw }) => raw !== undefined)).toBe(true);
  if (RRC === undefined) throw new Error('no collector');
  const decoder = createRecordDecoder(RRC);
  const { elements, problems } = decoder.decode(Buffer.concat(updates.map(recordOf)));
  decoder.close();
  expect(problems).toEqual([]);
  const read = elements.flatMap((element) =>
    element.type === 'withdrawal' || element.type === 'announcement'
      ? [
          `${element.type === 'withdrawal' ? 'W' : 'A'} ${element.peer.address} ${element.peer.asn} ${element.prefix.text}`,
        ]
      : [],
  );
  expect(read).toEqual(rows(updates));
});

test.skipIf(!hasPython)('a client in Python reads the same routes from it, asking for nothing', async () => {
  const expected = rows(await sentUpdates());
  const air = await served();
  const script = fileURLToPath(new URL('read_raw.py', import.meta.url));
  const child = spawn('python3', [script, streamOf(air)], { env: { ...process.env, no_proxy: '127.0.0.1' } });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const closed = once(child, 'close');
  await turnedUntil(air.clock, air.server.done);
  expect((await closed)[0]).toBe(0);
  expect(text.trimEnd().split('\n')).toEqual(expected);
});

test.skipIf(!hasBgpdump)(`bgpdump reads the same routes from it${bgpdumpNote}`, async () => {
  const updates = await sentUpdates();
  const read = (await bgpdumpRows(updates.map(recordOf))).map((line) => line.split('|'));
  expect(read.map(([kind, , peer, asn, prefix]) => `${kind} ${peer} ${asn} ${prefix}`)).toEqual(rows(updates));
});

test('a WebSocket that offers permessage-deflate gets it, and needs a fraction of the bytes', async () => {
  const octets = async (perMessageDeflate: boolean): Promise<{ extensions: string; bytes: number; frames: number }> => {
    let tellStarted = (): void => undefined;
    const hasStarted = new Promise<void>((resolve) => (tellStarted = resolve));
    const { server, clock } = await onAir(announcements(2_000), { started: () => tellStarted() });
    const socket = new WebSocket(server.url, { perMessageDeflate });
    onTestFinished(() => socket.terminate());
    let [bytes, frames] = [0, 0];
    socket.on('upgrade', (response) => response.socket.on('data', (part: Buffer) => (bytes += part.length)));
    const all = new Promise<void>((resolve) => {
      socket.on('message', () => (++frames === 2_000 ? resolve() : undefined));
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'ris_subscribe', data: {} }));
    // Packing takes threads of its own: the clock must not run ahead of them.
    await turnedUntil(clock, hasStarted);
    await all;
    await turnedUntil(clock, server.done);
    return { extensions: socket.extensions, bytes, frames };
  };
  const [plain, packed] = [await octets(false), await octets(true)];
  expect(plain).toMatchObject({ extensions: '', frames: 2_000 });
  expect(packed).toMatchObject({ extensions: expect.stringContaining('permessage-deflate'), frames: 2_000 });
  expect(packed.bytes).toBeLessThan(plain.bytes / 4);
});
