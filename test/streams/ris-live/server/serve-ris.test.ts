import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveRis, type ServeRisOptions } from '../../../../src/cli/serve-ris/serve-ris.ts';
import { BLACKOUT, mrtFilesIn } from '../../../support/cli.ts';
import { HandClock, until } from '../../../support/clock.ts';
import { Listener, turnedUntil } from './support/on-air.ts';

interface Started {
  readonly clock: HandClock;
  readonly stop: AbortController;
  readonly status: Promise<number>;
  readonly output: { stdout: string; stderr: string };
}

function start(options: ServeRisOptions): Started {
  const clock = new HandClock();
  const stop = new AbortController();
  const output = { stdout: '', stderr: '' };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const status = serveRis({ port: 0, ...options }, { stdout, stderr, env: {}, signal: stop.signal }, clock);
  onTestFinished(async () => {
    stop.abort();
    await turnedUntil(clock, status);
  });
  return { clock, stop, status, output };
}

async function urlOf({ output }: Started): Promise<string> {
  await until(() => output.stdout.endsWith('\n'), 'the address');
  return output.stdout.trim();
}

describe('unroutable serve-ris', () => {
  test('serves the blackout of December 2014 from beginning to end, dumps left out with a word', async () => {
    const files = (await mrtFilesIn(BLACKOUT)).filter((path) => /updates|1221\.1200/.test(path));
    const run = start({ files, speed: 'max' });
    const client = await new Listener(await urlOf(run)).opened();
    client.send('ris_subscribe', { prefix: '175.45.176.0/22' });
    client.send('ris_subscribe', { type: 'STATE', socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    expect(await turnedUntil(run.clock, run.status)).toBe(0);
    await client.hungUp();

    expect(client.messages.length).toBeGreaterThan(100);
    const times = client.messages.map(({ data }) => Number(data?.['timestamp']));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(client.messages.map(({ data }) => data?.['host']))).toEqual(
      new Set(['reconstructed-a', 'reconstructed-b']),
    );
    expect(client.ids).toHaveLength(
      new Set(client.messages.map(({ data }) => `${String(data?.['host'])} ${data?.id}`)).size,
    );
    expect(run.output.stderr).toContain('Not served: 2 RIB dumps');
    expect(run.output.stderr).toMatch(/Made [\d,]+ messages; sent [\d,]+ to 1 client\./);
  });

  test('sessions that are up send every half minute, so that a client knows that they are alive', async () => {
    const files = (await mrtFilesIn(BLACKOUT)).filter((path) => path.includes('updates'));
    const run = start({ files, speed: 'max', until: Date.UTC(2014, 11, 21, 13) as never });
    const client = await new Listener(await urlOf(run)).opened();
    client.send('ris_subscribe', { host: 'reconstructed-a', socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await turnedUntil(run.clock, run.status);
    await client.hungUp();
    const last = new Map<unknown, number>();
    let longest = 0;
    for (const { data } of client.messages) {
      const at = Number(data?.['timestamp']);
      longest = Math.max(longest, at - (last.get(data?.['peer']) ?? at));
      last.set(data?.['peer'], at);
    }
    expect(last.size).toBeGreaterThan(3);
    expect(longest).toBeLessThanOrEqual(60);
  });

  test('is stopped by its signal, leaves nothing behind, and says how it ended', async () => {
    const files = (await mrtFilesIn(BLACKOUT)).filter((path) => path.includes('updates'));
    const run = start({ files, speed: 1 });
    const client = await new Listener(await urlOf(run)).opened();
    client.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await run.clock.turn(10_000);
    run.stop.abort();
    expect(await turnedUntil(run.clock, run.status)).toBe(130);
    expect(await client.hungUp()).toEqual({ code: 1001, reason: 'going away' });
    expect(run.clock.sleeping).toBe(0);
  });

  test('a fault comes when event time comes to it', async () => {
    const files = (await mrtFilesIn(BLACKOUT)).filter((path) => path.includes('updates'));
    const run = start({ files, speed: 'max', fault: ['close@2014-12-21T18:00'] });
    const client = await new Listener(await urlOf(run)).opened();
    client.send('ris_subscribe', { socketOptions: { acknowledge: true } });
    await client.frame('ris_subscribe_ok');
    await run.clock.turn(2000);
    expect((await client.hungUp()).code).toBe(1006);
    expect(Number(client.messages.at(-1)?.data?.['timestamp']) * 1000).toBeLessThanOrEqual(Date.UTC(2014, 11, 21, 18));
  });

  test.each([
    [{ files: ['/does/not/exist'] }, 4, 'no file can be read'],
    [{ files: [] }, 4, 'no file was named'],
    [{ files: [join(BLACKOUT, '*/**/bview*')] }, 4, 'only RIB dumps'],
    [{ files: [BLACKOUT], fault: ['drop=many@2014-12-21'] }, 2, '--fault drop=many@2014-12-21'],
    [{ files: [BLACKOUT], fault: ['drop=5@noon'] }, 2, '--fault drop=5@noon'],
    [{ files: [BLACKOUT], fault: ['explode@2014-12-21'] }, 2, 'one of drop'],
    [{ files: [BLACKOUT], host: '192.0.2.1' }, 2, 'this machine does not have this address'],
  ])('what cannot be done is said: %j', async (options, status, words) => {
    const run = start(options);
    expect(await run.status).toBe(status);
    expect(run.output.stderr).toContain(words);
  });
});
