import { OTHER_ROUTES, ROUTES } from '../../src/http/openapi.ts';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { howMany } from '../support/thorough.ts';
import { outageStore, serving } from './scene.ts';

const CHECKS = ['/healthz', '/readyz'];
// To import it takes seconds.
const LOOK = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("schemathesis") is None)';
const isThere = spawnSync('python3', ['-c', LOOK]).status === 0;
if (!isThere)
  process.stderr.write('test/http: no schemathesis here (pip install schemathesis): the API is not compared by it\n');

test.skipIf(!isThere)(
  `every answer is as the OpenAPI document has it, to questions that it allows and to others${isThere ? '' : ' (schemathesis is not installed here)'}`,
  { timeout: 300_000 },
  async () => {
    const { url } = await serving(await outageStore());
    // It writes a cache where it runs.
    const cwd = await mkdtemp(join(tmpdir(), 'unroutable-schemathesis-'));
    onTestFinished(() => rm(cwd, { recursive: true }));
    // A day that does not exist and a territory that is not there are allowed by a schema and refused by us: 400 and 404 are documented.
    const options = [
      '--max-examples',
      String(howMany('SCHEMATHESIS_EXAMPLES', 3, 10)),
      '--exclude-checks',
      'positive_data_acceptance',
      '--seed',
      '1',
    ];
    // An answer without end.
    options.push('--exclude-path', '/api/v1/events/stream');
    const words = ['run', `${url}/openapi.json`, '--url', url, ...options];
    const run = `import sys; from schemathesis.cli import schemathesis; sys.argv = ["st", *sys.argv[1:]]; schemathesis()`;
    const { stdout } = await promisify(execFile)('python3', ['-c', run, ...words], {
      cwd,
      maxBuffer: 32 * 1024 * 1024,
    }).catch((error: { stdout: string }) => ({ stdout: error.stdout }));
    expect(stdout).toContain('No issues found');
    expect(stdout).toContain(`Tested: ${ROUTES.length + OTHER_ROUTES.length - 1 + CHECKS.length}`);
  },
);
