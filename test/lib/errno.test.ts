import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOf, listenRefusal, readRefusal, refusal } from '../../src/lib/errno.ts';

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('the system’s errors are reported in plain words', () => {
  const folder = mkdtempSync(join(tmpdir(), 'errno-'));
  try {
    const absent = thrownBy(() => readFileSync(join(folder, 'absent')));
    expect([codeOf(absent), refusal(absent), readRefusal(absent)]).toEqual([
      'ENOENT',
      'there is no such file',
      'does not exist',
    ]);
    expect(refusal(thrownBy(() => readFileSync(folder)))).toBe('it is a folder');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a message of our own stays as it is, also with a code', () => {
  expect(refusal(Object.assign(new Error('the disk is full: 3 MiB left'), { code: 'ENOSPC' }))).toBe(
    'the disk is full: 3 MiB left',
  );
  expect(refusal('just text')).toBe('just text');
});

test('LMDB gives the number of an error: it has the name of that number', () => {
  expect(codeOf(Object.assign(new Error('No space left on device'), { code: 28 }))).toBe('ENOSPC');
});

test('why a server cannot listen at a port', () => {
  expect(listenRefusal(Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' }))).toBe(
    'another program listens there: choose another port',
  );
});
