import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildCli } from '../../support/cli.ts';

/** A network namespace of its own has loopback, switched off, and no way anywhere. */
const mayLeave = spawnSync('unshare', ['-rn', 'true']).status === 0;

test.skipIf(!mayLeave)(
  'a machine without any way out: no-route by every kind, the fault is ours, no target is asked',
  async () => {
    const cli = await buildCli();
    onTestFinished(() => cli.remove());
    const file = join(cli.folder, 'probes.yaml');
    await writeFile(
      file,
      `contact: noc@example.org
controls:
  - { kind: dns-soa, address: 192.0.2.1, name: . }
  - { kind: tls, address: 192.0.2.2, name: www.example.org }
  - { kind: http-head, address: 192.0.2.3, name: www.example.org }
  - { kind: smtp-banner, address: 192.0.2.4 }
  - { kind: tcp, address: 192.0.2.5, port: 80, service: web }
territories: { KP: [{ kind: tcp, address: 175.45.176.71, port: 80, service: web }] }
`,
    );
    const program = ['unshare', '-rn', process.execPath, cli.main, 'probe', 'check', '--probes', file];
    const { status, stdout } = spawnSync(program[0] ?? '', program.slice(1), { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    expect(lines.slice(0, -1).map((line) => /no-route +\d+ ms +(\w+)$/.exec(line)?.[1])).toEqual(
      Array.from({ length: 5 }, () => 'ENETUNREACH'),
    );
    expect(lines.at(-1)).toBe('No control can be reached: the fault is ours. The targets were not asked.');
    expect(status).toBe(1);
  },
);
