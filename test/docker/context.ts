import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';

const WILD: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** Whether .dockerignore keeps this path of the checkout from the builder. */
export const isIgnored = ignoredBy(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));

/**
 * The rules of .dockerignore (docs.docker.com/build/concepts/context): the last line that fits decides, `!` takes a path
 * in again, and whatever fits a folder fits all in it.
 */
export function ignoredBy(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isIgnored: !line.startsWith('!'), form: formOf(line.replace(/^!/, '')) }));
  return (path) => rules.findLast(({ form }) => form.test(path))?.isIgnored ?? false;
}

function formOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/^\/|\/$/g, '')
    .replaceAll(/[.+^$(){}|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/|\*\*|\*|\?/g, (wild) => WILD[wild] ?? wild);
  return new RegExp(`^${source}(?:/.*)?$`, 's');
}
