import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glob } from 'tinyglobby';
import { expect, test } from 'vitest';
import unit from '../vitest.unit.config.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BANNED = /from '(?:node:(?:child_process|cluster|dgram|http|https|net|tls|worker_threads)|ws|ioredis|lmdb)'/;

test('the unit tests, and all that they import, start no process and open no socket', async () => {
  const { include = [], exclude = [] } = unit.test ?? {};
  const todo = (await glob(include, { cwd: ROOT, ignore: exclude, absolute: true })).filter(
    (file) => file !== fileURLToPath(import.meta.url),
  );
  expect(todo.length).toBeGreaterThan(30);
  const seen = new Set(todo);
  const banned: string[] = [];
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    const text = readFileSync(file, 'utf8');
    if (BANNED.test(text)) banned.push(file.slice(ROOT.length));
    for (const [, from = ''] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*?\bfrom '(\.[^']+\.ts)'/gm)) {
      const to = resolve(join(dirname(file), from));
      if (seen.has(to)) continue;
      seen.add(to);
      todo.push(to);
    }
  }
  expect(banned).toEqual([]);
});
