import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSecret, secretOf } from '../../../../src/sinks/webhook/request/secret.ts';
import { newSecret, newSigningKey, parseSigningKey } from '../../../../src/sinks/webhook/request/signature.ts';
import { canMakeFifo, makeFifo, withoutFifo } from '../../../support/fifo.ts';

const PLANTED = 'whsec_cGxhbnRlZC1zZWNyZXQtdGhhdC1tdXN0LW5vdC1zaG93';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a secret never shows', () => {
  const secret = secretOf(PLANTED);

  test.each([
    ['as text', () => String(secret)],
    ['joined', () => [secret].join()],
    ['added to text', () => '' + secret],
    ['as JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['inspected', () => inspect({ secret }, { depth: null, showHidden: true })],
    ['inspected without its own inspector', () => inspect(secret, { customInspect: false, showHidden: true })],
    ['in a log line', () => format('%s %o %j %O', secret, secret, secret, secret)],
    ['as the cause of an error', () => inspect(new Error('bad', { cause: secret }))],
    [
      'by its keys and values',
      () => JSON.stringify(Object.entries(secret).map(([key, value]) => [key, String(value)])),
    ],
    ['spread', () => JSON.stringify({ ...secret })],
  ])('%s', (_, shown) => {
    expect(shown()).not.toContain('whsec_');
    expect(shown()).not.toContain('cGxhbnRlZ');
  });

  test('in an error about it', () => {
    for (const text of [PLANTED.replace('whsec_', 'whsk_'), PLANTED.slice(6), `${PLANTED}!`]) {
      expect(JSON.stringify(parseSigningKey(secretOf(text)))).not.toContain('cGxhbnRlZ');
    }
  });

  test('inside a parsed key', () => {
    const parsed = parseSigningKey(secret);
    expect(inspect(parsed, { depth: null, showHidden: true })).not.toContain('planted');
    expect(JSON.stringify(parsed)).toBe('{"ok":true,"key":{"scheme":"v1","key":{}}}');
  });
});

describe('a secret is read', () => {
  test('from a file, without the line feed at its end', async () => {
    expect(await revealed({ file: written(`${PLANTED}\n`) })).toBe(PLANTED);
  });

  test('from a variable', async () => {
    expect(await revealed({ env: 'HOOK' }, { HOOK: PLANTED })).toBe(PLANTED);
  });

  test('with a warning when every user may read the file', async () => {
    const file = written(PLANTED, 0o644);
    expect(await loadSecret({ file }, {})).toMatchObject({
      ok: true,
      warning: `every user of this machine may read the file ${file}: chmod 600 it`,
    });
  });

  test('without a warning when only its owner and group may', async () => {
    expect(await loadSecret({ file: written(PLANTED, 0o640) }, {})).not.toHaveProperty('warning');
  });

  test.each([
    ['a variable that is not set', { env: 'NONE' }, 'the environment variable NONE is not set'],
    ['an empty variable', { env: 'EMPTY' }, 'the environment variable EMPTY is empty'],
    ['a folder', { file: '/' }, '/ is not a file'],
    ['an endless device', { file: '/dev/zero' }, '/dev/zero is not a file'],
    ['a file that is not there', { file: '/nowhere/at/all' }, 'the file /nowhere/at/all cannot be read: ENOENT'],
  ])('not from %s', async (_, ref, reason) => {
    expect(await loadSecret(ref, { EMPTY: ' ' })).toEqual({ ok: false, reason });
  });

  test.skipIf(!canMakeFifo)(`not from a pipe without a writer, and without waiting for it${withoutFifo}`, async () => {
    const pipe = join(folder, 'pipe');
    makeFifo(pipe);
    expect(await loadSecret({ file: pipe }, {})).toEqual({ ok: false, reason: `${pipe} is not a file` });
  });

  test('not from a file too large to be one', async () => {
    const file = written('a'.repeat(4097));
    expect(await loadSecret({ file }, {})).toEqual({ ok: false, reason: `the file ${file} is larger than 4096 bytes` });
  });
});

test('a generated secret has 32 bytes and can sign', () => {
  const secret = newSecret(randomBytes);
  expect(secret.reveal()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(parseSigningKey(secret)).toMatchObject({ ok: true, key: { scheme: 'v1' } });
  expect(parseSigningKey(newSigningKey(randomBytes))).toMatchObject({ ok: true, key: { scheme: 'v1a' } });
});

async function revealed(ref: Parameters<typeof loadSecret>[0], environment = {}): Promise<string> {
  const loaded = await loadSecret(ref, environment);
  return loaded.ok ? loaded.secret.reveal() : loaded.reason;
}

let files = 0;
function written(text: string, mode = 0o600): string {
  const file = join(folder, `secret-${files++}`);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}
