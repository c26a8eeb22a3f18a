import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Real MRT, RIS Live and RIPEstat files that others published. They are not part of the program: they belong to other
 * projects, and are in a folder beside the checkout or in UNROUTABLE_REAL_DATA.
 */
const root = process.env['UNROUTABLE_REAL_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** The file's path, or `undefined` where the real data is absent: the test says so in its name and is skipped. */
export function realData(path: string): string | undefined {
  const file = `${root}/${path}`;
  return existsSync(file) ? file : undefined;
}

/** For names of suites: ` (skipped: …)` where the real data is absent, else nothing. */
export const realDataNote: string = existsSync(root) ? '' : ' (skipped: the real data is not beside the checkout)';
