import { execFile, spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BLACKOUT, buildCli, ended, ROOT, type BuiltCli } from '../support/cli.ts';

const isParallelHere = spawnSync('parallel', ['--version']).stdout?.toString().startsWith('GNU parallel') ?? false;
const note = isParallelHere ? '' : ' (skipped: GNU parallel is not installed)';

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

test.skipIf(!isParallelHere)(
  `GNU parallel runs map with the command of docs/scale.md, as it is typed there${note}`,
  async () => {
    const text = await readFile(join(ROOT, 'docs/scale.md'), 'utf8');
    const [, script = ''] = /```sh\n(parallel [\s\S]*?)```/.exec(text) ?? [];
    expect(script).toContain('reduce');
    // Its collectors, with the recordings of the two that are shipped.
    for (const [collector, recorded] of [
      ['rrc00', 'reconstructed-a'],
      ['rrc01', 'reconstructed-b'],
    ] as const) {
      await cp(join(BLACKOUT, recorded), join(cli.folder, 'archive', collector), { recursive: true });
    }
    const bin = join(cli.folder, 'bin');
    await mkdir(bin);
    const [node = '', main = ''] = cli.start(['--version']).spawnargs;
    await writeFile(join(bin, 'unroutable'), `#!/bin/sh\nexec ${node} ${main} "$@"\n`);
    await chmod(join(bin, 'unroutable'), 0o755);
    const env = { HOME: cli.folder, PATH: `${bin}:${process.env['PATH']}` };
    const { stderr } = await promisify(execFile)('sh', ['-c', script], { cwd: cli.folder, env }).catch(
      (error: unknown) => error as { stderr: string },
    );

    // No file of the recordings begins on the 22nd.
    const log = await readFile(join(cli.folder, 'map.log'), 'utf8');
    const statuses = log
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split('\t')[6]));
    expect({ stderr, statuses: statuses.toSorted((a, b) => a - b) }).toMatchObject({ statuses: [0, 0, 0, 0, 65, 65] });
    const whole = await ended(cli.start(['replay', 'archive', '--quiet']));
    expect(await readFile(join(cli.folder, 'events.ndjson'), 'utf8')).toBe(whole.stdout);
  },
);
