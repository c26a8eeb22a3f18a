import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import { median } from './measure.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

interface View {
  /** Milliseconds from the request to the answer in words, and to the last picture. */
  readonly answeredMs: number;
  readonly drawnMs: number;
  readonly bytes: number;
}

/**
 * Loads the page in Chromium with an empty cache, `times` times; returns the result in words. Skipped without Chromium.
 */
export async function firstViewText(url: string, times: number): Promise<string> {
  if (!existsSync(CHROMIUM)) return `first view: no ${CHROMIUM} here, not measured; $CHROMIUM names another one`;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  const views: View[] = [];
  for (let i = 0; i < times; i++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    views.push(await viewed(await context.newPage(), url));
    await context.close();
  }
  await browser.close();
  const of = (name: keyof View): string => {
    const values = views.map((view) => view[name]);
    return `${Math.round(median(values))} (${Math.min(...values)} to ${Math.max(...values)})`;
  };
  return `first view in Chromium, ${times} times: answer after ${of('answeredMs')} ms, all pictures after ${of('drawnMs')} ms, ${of('bytes')} bytes`;
}

async function viewed(page: Page, url: string): Promise<View> {
  await page.addInitScript(NOTE_TIMES);
  await page.goto(url);
  let view: View | undefined;
  while (view === undefined) {
    await sleep(50);
    view = await page.evaluate<View | undefined>(READ_TIMES);
  }
  return view;
}

/** Runs in the page before its own scripts; the policy of the page allows no text to be run later. */
const NOTE_TIMES = `
  window.seen = {};
  const note = (name) => (window.seen[name] ??= Math.round(performance.now()));
  new MutationObserver(() => {
    const answer = document.getElementById('answer');
    if (answer && answer.dataset.verdict !== 'none') note('answeredMs');
    if (document.querySelector('#pictures[data-loaded]')) requestAnimationFrame(() => setTimeout(() => note('drawnMs')));
  }).observe(document, { subtree: true, childList: true, attributes: true });
`;

const READ_TIMES = `
  window.seen.drawnMs && {
    ...window.seen,
    bytes: ['navigation', 'resource']
      .flatMap((type) => performance.getEntriesByType(type))
      .reduce((sum, { transferSize }) => sum + transferSize, 0),
  }
`;
