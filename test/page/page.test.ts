import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { openEmbedded } from '../../src/store/embedded/open.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { StateStore } from '../../src/ports.ts';
import type { HttpOptions } from '../../src/http/server.ts';
import { record, RecordedDay } from '../history/scene.ts';
import { probedStore } from '../http/probed-store.ts';
import { serving } from '../http/scene.ts';
import { BLACKOUT } from '../support/cli.ts';
import { peers } from '../support/day.ts';
import { inProcess } from '../support/in-process.ts';
import { builtPage, CHROMIUM, drawn, opened, startBrowser } from './browser.ts';

const ONSET = '#territory=KP&family=ipv4&from=2014-12-22T16:10:00.000Z&until=2014-12-22T16:25:00.000Z';
const ALL = peers(20);

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  let browser: Browser;
  let folder: string;
  let built: Awaited<ReturnType<typeof builtPage>>;
  let blackout: StateStore;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unroutable-page-store-'));
    const replayed = inProcess(['replay', BLACKOUT, '--store', folder, '--quiet']);
    [browser, built] = await Promise.all([startBrowser(), builtPage(), replayed]);
    const store = await openEmbedded(`${folder}/KP`, { name: 'KP', clock: systemClock });
    if (!store.ok) throw new Error(store.reason);
    blackout = store.store;
  });
  afterAll(async () => {
    await browser.close();
    await blackout.close();
    await built.remove();
    await rm(folder, { recursive: true });
  });

  async function show(
    store: StateStore,
    hash = '',
    { names, unreadable, ...options }: Parameters<typeof opened>[2] & Pick<HttpOptions, 'names' | 'unreadable'> = {},
  ) {
    const server = await serving(store, { page: built.folder, names, unreadable });
    return { ...server, ...(await opened(browser, `${server.url}/${hash}`, options)) };
  }

  async function numbers(page: Page, id: string): Promise<string[][]> {
    await page.evaluate(`document.getElementById('${id}-numbers').open = true`);
    await page.waitForSelector(`#${id}-table tbody tr`);
    return page.$$eval(`#${id}-table tbody tr`, (rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
    );
  }

  test('draws all five pictures of a replayed incident, without services, and their numbers are those of the API', async () => {
    const { page, json, complaints } = await show(blackout, ONSET);
    await drawn(page);
    const query = 'territory=KP&family=ipv4&from=2014-12-22T16:10:00.000Z&until=2014-12-22T16:25:00.000Z';
    const timeline = (await json(`/api/v1/timeline?${query}`)) as unknown as Api;
    const exact = (await json(`/api/v1/timeline?${query}&resolution=exact`)) as unknown as Api;
    const seen = (await json(`/api/v1/peers?${query}`)) as {
      peers: { asn: number; sees: number; changes: unknown[] }[];
    };

    const visibility = await numbers(page, 'visibility');
    expect(visibility.slice(1).map((row) => [row[0], row[4]])).toEqual(
      exact.buckets.slice(1).map(({ at, share }) => [at, String(share.last)]),
    );
    expect((await numbers(page, 'lifelines')).slice(1)).toEqual(
      exact.buckets.slice(1).map(({ at, networks }) => [at, ...networks.map(({ lowest }) => String(lowest))]),
    );
    expect(await numbers(page, 'messages')).toEqual(
      timeline.buckets.map(({ at, announced, withdrawn }) => [at, String(announced), String(withdrawn)]),
    );
    expect((await numbers(page, 'upstreams')).map((row) => row[1])).toEqual(
      timeline.buckets.map(({ upstreams }) => String(upstreams[0]?.share)),
    );
    expect(await numbers(page, 'peers')).toHaveLength(
      seen.peers.reduce((sum, { changes }) => sum + 1 + changes.length, 0),
    );
    expect(await page.$$eval('.picture canvas', (all) => all.length)).toBe(5);
    // No service is asked.
    expect(await page.isVisible('#services')).toBe(false);
    expect(complaints).toEqual([]);
  });

  test('services that are probed are shown beside the answer, with each target', async () => {
    const { page, complaints } = await show(await probedStore());
    await page.waitForSelector('#services:not([hidden])');
    expect(await page.textContent('#services-text')).toMatch(
      /^Services: reachable in part, from 2 vantage points: DNS reachable \(1 of 1\) and web unreachable \(0 of 3\), since 2014-12-22 13:22:10 UTC/,
    );
    await page.click('#services summary');
    const rows = await page.$$eval('#services-table tbody tr', (lines) => lines.map((line) => line.textContent ?? ''));
    expect(rows).toHaveLength(8);
    await page.click('button[aria-label^="Evidence of"]');
    await page.waitForSelector('#evidence-order li');
    expect(await page.$$eval('#evidence-order li', (lines) => lines.map((line) => line.textContent))).toEqual([
      expect.stringMatching(/^In this order: .* routes gone · .* web silent · .* routes back\.$/),
      'First to change: the routes, 21 min 50 s before web.',
    ]);
    expect(rows.at(-1)).toMatch(/RIPE Atlas probe 1002 \(KR, AS4766\)answered/);
    expect(complaints).toEqual([]);
  });

  test('the answer is one sentence, with UTC and local time, since and witnesses', async () => {
    const { page } = await show(blackout);
    await drawn(page);
    expect(await page.textContent('#sentence')).toBe(
      'At 2014-12-23 17:52:00 UTC (02:52:00 in Pyongyang, 24 Dec), North Korea had been routable since 2014-12-23 16:12:14 UTC (01:12:14 in Pyongyang, 24 Dec).',
    );
    expect(await page.textContent('#facts')).toContain('36 witnesses');
    // It must not be taken for today.
    await page.waitForSelector('#connection:has-text("a recording that is over")');
  });

  test('an outage that is stored is on the page within a second, without a reload', async () => {
    const store = memoryStore();
    await record(store, new RecordedDay().dump('12:00', ALL).tick('12:30').elements);
    const { page, complaints } = await show(store);
    await drawn(page);
    expect(await page.getAttribute('#answer', 'data-verdict')).toBe('routable');
    await record(store, new RecordedDay().withdraw('12:40', ALL).tick('12:50').elements);
    const start = performance.now();
    await page.waitForSelector('#answer[data-verdict=unroutable]', { timeout: 10_000 });
    expect(performance.now() - start).toBeLessThan(1_000);
    await page.waitForSelector('#incidents li');
    expect(complaints).toEqual([]);
  });

  test('blindness is named and shaded, never drawn as zero', async () => {
    const store = memoryStore();
    await record(
      store,
      new RecordedDay().dump('12:00', ALL).gap('13:00', 'rrc00').tick('14:00').tick('14:30').elements,
    );
    const { page } = await show(store);
    await drawn(page);
    expect(await page.textContent('#facts')).toContain('We are blind: this is not an outage.');
    const rows = await numbers(page, 'visibility');
    expect(rows.at(-2)?.slice(1, 5)).toEqual(['–', '–', '–', '–']);
    expect(await page.textContent('#visibility-summary')).toContain('when last seen 100.0 %');
  });

  test('an empty store is shown as empty', async () => {
    const { page, complaints } = await show(memoryStore());
    await page.waitForSelector('#connection[data-state=live]');
    expect(await page.textContent('#sentence')).toBe('Nothing is recorded yet.');
    expect(complaints).toEqual([]);
  });

  test('a store of another version is named as such, and read again later', async () => {
    const unreadable = 'it was written by a newer version (schema 9, this one knows 8)';
    const { page } = await show(memoryStore(), '', { unreadable });
    await page.waitForSelector('#sentence:has-text("cannot read its store")');
    expect(await page.textContent('#facts')).toBe(`the store cannot be read: ${unreadable}`);
    expect(await page.isVisible('#why')).toBe(false);
    expect(await page.textContent('body')).not.toContain('Nothing is recorded');
  });

  test('a link to what is not recorded here says so, and shows nothing of another territory', async () => {
    const { page } = await show(blackout, '#territory=XX&family=ipv6');
    await page.waitForSelector('#sentence:has-text("XX (IPv6) is not recorded here.")');
    expect(await page.textContent('#facts')).toBe('Recorded: North Korea (IPv4). Choose one above.');
    expect(await page.$$eval('figure, #incidents li', (all) => all.length)).toBe(0);
    await page.selectOption('#subject', 'KP/ipv4');
    await drawn(page);
    await page.waitForSelector('#incidents li');
    expect(await page.textContent('#sentence')).toContain('North Korea');
  });

  test('a range that cannot be shown is refused in words, and no picture of another range stays', async () => {
    const { page } = await show(blackout, ONSET);
    await drawn(page);
    await page.evaluate("location.hash = '#territory=kp&from=2015-01-01&until=2014-01-01'");
    await page.waitForSelector('#range-text:has-text("from must be before until")');
    expect(await page.$$eval('figure', (all) => all.length)).toBe(0);
  });

  test('names of ASes are shown beside their numbers where a list is given', async () => {
    const names = new Map([
      [4837, 'CHINA169'],
      [64512, 'A PEER'],
    ]);
    const { page } = await show(blackout, ONSET, { names });
    await drawn(page);
    expect(await page.textContent('#upstreams-summary')).toContain('AS4837 CHINA169');
    await page.click('#incidents li:nth-child(3) button:has-text("Evidence")');
    await page.waitForSelector('#evidence-table td:has-text("AS64512 A PEER 127.0.1.1")');
  });

  test('a lost connection is shown, with the time of the last message', async () => {
    const { page, stop } = await show(blackout);
    await drawn(page);
    await stop();
    await page.waitForSelector('#connection[data-state=lost]', { timeout: 45_000 });
    expect(await page.textContent('#connection')).toMatch(/^connection lost; last message \d{4}-/);
  });

  test('the evidence is one click away: peer, collector, time, path before, path after', async () => {
    const { page } = await show(blackout, ONSET);
    await drawn(page);
    await page.click('#incidents li:nth-child(3) button:has-text("Evidence")');
    await page.waitForSelector('#evidence-table tbody tr');
    const row = await page.$$eval('#evidence-table tbody tr:first-child td', (cells) =>
      cells.map((one) => one.textContent),
    );
    expect(row).toEqual([
      'AS64512 127.0.1.1',
      'reconstructed-a',
      '0',
      expect.stringMatching(/^2014-12-22 16:15:02 UTC \(.* in Pyongyang\)$/),
      expect.stringMatching(/^withdrawal of 175\.45\.17\d\.0\/24$/),
      '64512 3356 6939 4837 131279',
      'no route',
    ]);
  });

  test('by keyboard alone: a range is picked, and the address has it; the evidence takes the focus and gives it back', async () => {
    const { page } = await show(blackout);
    await drawn(page);
    await page.focus('#ranges button:nth-child(2)');
    await page.keyboard.press('Enter');
    await page.waitForFunction("location.hash.includes('range=6h')");
    expect(await page.getAttribute('#ranges button:nth-child(2)', 'aria-pressed')).toBe('true');
    await page.focus('#why');
    await page.keyboard.press('Enter');
    await page.waitForFunction("document.activeElement.id === 'evidence-title'");
    await page.focus('#evidence-close');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('why');
  });

  test.each(['PNG', 'SVG', 'CSV'])('each picture is saved as %s', async (kind) => {
    const { page } = await show(blackout, ONSET);
    await drawn(page);
    for (const id of ['lifelines', 'visibility', 'upstreams', 'messages', 'peers']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.click(`#${id} button:text-is("${kind}")`),
      ]);
      expect(download.suggestedFilename()).toBe(`unroutable-KP-ipv4-${id}.${kind.toLowerCase()}`);
      const bytes = await readFile(await download.path());
      if (kind === 'PNG') expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      if (kind === 'SVG') expect(bytes.toString()).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      if (kind === 'CSV') expect(bytes.toString().split('\r\n').length).toBeGreaterThan(5);
    }
  });

  test.each(['light', 'dark'] as const)('axe finds nothing to complain of, %s', async (colorScheme) => {
    const { page } = await show(blackout, ONSET, { colorScheme, bypassCSP: true });
    await drawn(page);
    await page.click('#why');
    await page.waitForSelector('#evidence-table tbody tr');
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      const axe = (
        globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        }
      ).axe;
      return (await axe.run()).violations.map(({ id, nodes }) => [id, nodes[0]?.html]);
    });
    expect(violations).toEqual([]);
  });

  test('nothing is wider than a screen of 320, 390, 768 or 1920 pixels', async () => {
    const { page } = await show(blackout, '#territory=KP&family=ipv4&range=7d');
    for (const width of [320, 390, 768, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      await page.reload();
      await drawn(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
  });

  test('text of a feed is never markup, and does not break the layout', async () => {
    const store = memoryStore();
    await record(
      store,
      new RecordedDay().dump('12:00', ALL).withdraw('13:00', ALL).tick('13:10').announce('14:00', ALL).tick('15:00')
        .elements,
    );
    const [incident] = await store.read('past-incidents/KP/ipv4');
    if (incident === undefined) throw new Error('no incident');
    const change = (space: string, key: string, value: unknown) =>
      ({ space, key, value: JSON.stringify(value) }) as never;
    for (const [i, text] of HOSTILE.entries()) {
      const facts = { ...(JSON.parse(incident.value) as object), id: `hostile-${i}`, worst: text, shape: text };
      await store.write([change('past-incidents/KP/ipv4', `hostile ${i}`, facts)]);
    }
    const about = { name: HOSTILE.join(' '), timeZone: 'Asia/Pyongyang', networks: HOSTILE.slice(0, 4) };
    await store.write([change('history/KP/ipv4', 'about', about)]);
    const { page, complaints } = await show(store, '', { viewport: { width: 390, height: 800 } });
    await drawn(page);
    await page.waitForSelector(`#incidents li:nth-child(${HOSTILE.length})`);
    for (const id of ['lifelines', 'visibility', 'peers']) await numbers(page, id);
    expect(await page.evaluate(() => (globalThis as { hacked?: boolean }).hacked)).toBeUndefined();
    expect(await page.$$eval('main script, main img, main iframe, main svg, main b', (all) => all.length)).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
  });

  test('the first view is small', async () => {
    const { get } = await serving(memoryStore(), { page: built.folder });
    let bytes = 0;
    for (const path of ['/', '/page.js', '/charts.js', '/page.css']) {
      const answer = await get(path, { headers: { 'Accept-Encoding': 'gzip' } });
      expect(answer.headers.get('content-encoding')).toBe('gzip');
      bytes += (await readFile(`${built.folder}/${path === '/' ? 'index.html' : path.slice(1)}.gz`)).length;
    }
    expect(bytes).toBeLessThan(300_000);
  });

  test.runIf(process.env['UNROUTABLE_PICTURE'])('makes the picture of the README', async () => {
    const { page } = await show(
      blackout,
      '#territory=KP&family=ipv4&from=2014-12-22T00:00:00Z&until=2014-12-23T17:50:00Z',
      {
        viewport: { width: 1000, height: 700 },
      },
    );
    await drawn(page);
    await page.screenshot({ path: process.env['UNROUTABLE_PICTURE'] ?? '' });
  });
});

interface Api {
  readonly buckets: readonly {
    readonly at: string;
    readonly share: { readonly last: number };
    readonly networks: readonly { readonly lowest: number }[];
    readonly upstreams: readonly { readonly share: number }[];
    readonly announced: number;
    readonly withdrawn: number;
  }[];
}

const HOSTILE = [
  '<script>hacked=true</script>',
  '<img src=x onerror=hacked=true>',
  '"><svg onload=hacked=true>',
  "'-hacked=true-'",
  '{{constructor.constructor("hacked=true")()}}',
  '${hacked=true}',
  'javascript:hacked=true',
  '<iframe srcdoc="<script>parent.hacked=true</script>">',
  '</title><script>hacked=true</script>',
  '<style>*{display:none}</style>',
  '<b>bold</b>',
  '&lt;script&gt;',
  '\u202Eright to left\u202C',
  '\u0000\u0001\u0007',
  'x'.repeat(5_000),
  'ｗｉｄｅ'.repeat(50),
  '한국'.repeat(100),
  '👩‍👩‍👧‍👦'.repeat(20),
  'a\u0301'.repeat(200),
  '=HYPERLINK("http://evil.example")',
  '@import url(//evil.example)',
  '\r\nSet-Cookie: a=b',
  '%3Cscript%3E',
  '__proto__',
  'constructor',
  '{a|b}',
  '{value}',
  '<!--',
  ']]>',
  '\\u003cscript\\u003e',
];
