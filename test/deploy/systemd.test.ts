import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../support/cli.ts';

const unit = readFileSync(join(ROOT, 'deploy/unroutable.service'), 'utf8');
const isThere = spawnSync('systemd-analyze', ['--version']).status === 0;
const note = isThere ? '' : ' (systemd-analyze is not installed here)';

/** The unit in a folder of its own, with a program that is on every machine. */
function placed(): string {
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-unit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'unroutable.service');
  writeFileSync(path, unit);
  return path;
}

describe('28: deploy/unroutable.service', () => {
  test.skipIf(!isThere)(`is a unit that systemd accepts without a warning${note}`, () => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', placed()], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test.skipIf(!isThere)(`is hardened: systemd calls its exposure OK, 2.0 of 10 at most${note}`, () => {
    const { status, stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=20', placed()],
      { encoding: 'utf8' },
    );
    expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/Overall exposure level for unroutable\.service: [01]\.\d OK/);
  });

  test('keeps what it stores, names the watch for all commands, and is not started again when it needs a repair by hand', () => {
    expect(unit).toMatch(/^StateDirectory=unroutable$/m);
    expect(unit).toMatch(/^Environment=.*UNROUTABLE_STORE=\/var\/lib\/unroutable/m);
    expect(unit).toMatch(/^Environment=.*UNROUTABLE_NAME=watch/m);
    expect(unit).toMatch(/^RestartPreventExitStatus=2 4 78$/m);
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });
});
