import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { record, RecordedDay } from '../history/scene.ts';
import { outageStore, serving } from '../http/scene.ts';
import { peers } from '../support/day.ts';
import { builtPage, CHROMIUM, drawn, opened, startBrowser } from './browser.ts';

const WIDE = '#territory=KP&family=ipv4&range=7d';
const ALL = peers(20);

describe.skipIf(CHROMIUM === undefined)('links of the page', () => {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof builtPage>>;

  beforeAll(async () => {
    [browser, built] = await Promise.all([startBrowser(), builtPage()]);
  });
  afterAll(async () => {
    await browser.close();
    await built.remove();
  });

  async function show(store: StateStore, hash = '') {
    const server = await serving(store, { page: built.folder });
    return { ...server, ...(await opened(browser, `${server.url}/${hash}`)) };
  }

  const linkTo = async (store: StateStore): Promise<string> => {
    const [record] = await store.read('past-incidents/KP/ipv4');
    const { id } = JSON.parse(record?.value ?? '{}') as { id: string };
    return `#territory=KP&family=ipv4&incident=${id}`;
  };

  const isAtOnset = (page: Page): Promise<unknown> =>
    page.waitForSelector('#range-text:has-text("2014-12-22 12:55:05 UTC")');

  test('“Skip to the pictures” moves the focus, and the view stays', async () => {
    const { page } = await show(await outageStore(), WIDE);
    await drawn(page);
    await page.focus('#skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('[document.activeElement.id, location.hash]')).toEqual(['pictures', WIDE]);
  });

  test('a link to an incident zooms to its onset: when opened, and in the page; back goes to where one was', async () => {
    const store = await outageStore();
    const link = await linkTo(store);
    const { page, url } = await show(store, link);
    await isAtOnset(page);
    await page.goto(`${url}/${WIDE}`);
    await page.waitForSelector('#range-text:has-text("by hour")');
    await page.evaluate(`location.hash = '${link}'`);
    await isAtOnset(page);
    await page.goBack();
    await page.waitForSelector('#range-text:has-text("by hour")');
    expect(await page.evaluate('location.hash')).toBe(WIDE);
  });

  test('a link to an incident that the list no longer has zooms to it', async () => {
    const store = await outageStore();
    const link = await linkTo(store);
    const [old] = await store.read('past-incidents/KP/ipv4');
    const incident = JSON.parse(old?.value ?? '{}') as { id: string; spans: object[] };
    for (let n = 0; n < 100; n++) {
      const later = {
        ...incident,
        id: `later-${n}`,
        spans: [{ from: '2014-12-22T15:00:00Z', until: '2014-12-22T15:01:00Z' }],
      };
      await store.write([{ space: 'past-incidents/KP/ipv4', key: `later ${n}`, value: JSON.stringify(later) }]);
    }
    const { page } = await show(store, link);
    await isAtOnset(page);
  });

  test('a link to an incident that is not stored says so, above the usual range', async () => {
    const { page } = await show(await outageStore(), '#territory=KP&family=ipv4&incident=none');
    await page.waitForSelector('#range-text:has-text("no incident has this id")');
    await drawn(page);
  });

  test('by keyboard one zooms in and out, goes earlier and later, and keeps the focus', async () => {
    const { page } = await show(await outageStore(), '#territory=KP&family=ipv4&range=6h');
    await drawn(page);
    const spanAfter = async (name: string): Promise<string[]> => {
      const before = await page.evaluate('location.hash');
      await page.focus(`#ranges button:text-is("${name}")`);
      await page.keyboard.press('Enter');
      await page.waitForFunction(`location.hash !== ${JSON.stringify(before)}`);
      const fields = new URLSearchParams(String(await page.evaluate('location.hash.slice(1)')));
      const [from, until] = [fields.get('from') ?? '', fields.get('until') ?? ''];
      await page.waitForSelector(`#range-text:has-text("${from.slice(0, 19).replace('T', ' ')}")`);
      expect(await page.evaluate('document.activeElement.textContent')).toBe(name);
      return [from.slice(11, 16), until.slice(11, 16)];
    };
    expect(await spanAfter('Zoom in')).toEqual(['11:31', '14:31']);
    expect(await spanAfter('Later')).toEqual(['13:01', '16:01']);
    expect(await spanAfter('Earlier')).toEqual(['11:31', '14:31']);
    expect(await spanAfter('Zoom out')).toEqual(['10:01', '16:01']);
  });

  test('new data does not take the focus from the button of an incident', async () => {
    const store = await outageStore();
    const { page } = await show(store);
    await page.focus('#incidents button:text-is("Evidence")');
    const [verdict] = await store.read('verdicts');
    const value = JSON.stringify({ ...(JSON.parse(verdict?.value ?? '{}') as object), verdict: 'degraded' });
    await page.evaluate("document.querySelector('#incidents li').id = 'old'");
    await store.write([{ space: 'verdicts', key: 'KP/ipv4', value }]);
    await page.waitForSelector('#old', { state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Evidence');
  });

  test('on a phone the evidence is scrolled, and its words are not broken', async () => {
    const { page } = await show(await outageStore());
    await page.setViewportSize({ width: 390, height: 800 });
    await drawn(page);
    await page.click('#why');
    await page.waitForSelector('#evidence-table tbody tr');
    const heights = await page.$$eval('#evidence-table th, #evidence-table tbody tr:first-child td', (cells) =>
      cells.map((one) => one.getBoundingClientRect().height),
    );
    expect(Math.max(...heights)).toBeLessThan(90);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });

  test('an incident that was open when the recording ended is not shown as lasting until now', async () => {
    const store = memoryStore();
    await record(store, new RecordedDay().dump('12:00', ALL).withdraw('13:00', ALL).tick('13:10').elements);
    const { page } = await show(store);
    await page.waitForSelector('#incidents li:has-text("not over when the recording ended")');
    expect(await page.textContent('#facts')).toContain('20 networks reported.');
  });
});
