import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { inject, onTestFinished } from 'vitest';
import { ROOT } from '../support/cli.ts';

/** Debian's Chromium, or what $CHROMIUM names; `undefined`: the tests of the page are skipped. */
export const CHROMIUM = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

if (CHROMIUM === undefined)
  process.stderr.write(
    'test/page: no Chromium here (apt-get install chromium, or set $CHROMIUM): the page is not tested\n',
  );

/** Starts a browser that opens only the pages it is sent to. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-gpu'],
  });
}

/** The page of `dist`, if that is of these sources; else bundled into a folder of its own. */
export async function builtPage(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  if (inject('isBuilt')) return { folder: join(ROOT, 'dist/page'), remove: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-page-'));
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-page.js'), folder]);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/** A page, and all that it complained of: errors, violations of the policy, requests to elsewhere. */
export async function opened(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(url).origin) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Waits until the pictures are drawn. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForSelector('#pictures[data-loaded]', { timeout: 20_000 });
}
