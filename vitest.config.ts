import { availableParallelism } from 'node:os';
import { globSync } from 'tinyglobby';
import { defineConfig } from 'vitest/config';
import unit from './vitest.unit.config.ts';

// Node.js 20 reads a machine's own certificates at each start, for 50 ms and more, and the tests start some thousand
// processes. A test that needs a certificate names its own.
delete process.env['NODE_EXTRA_CA_CERTS'];

const units = globSync(unit.test?.include ?? [], { ignore: unit.test?.exclude ?? [] });

export default defineConfig({
  test: {
    globalSetup: ['test/support/setup.ts'],
    // Many wait for a server or a process rather than compute.
    maxWorkers: Math.max(3, Math.ceil(1.5 * availableParallelism())),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real servers and processes on a starved machine: a second try, which the report shows as `retry x1`.
    retry: process.env['CI'] === undefined ? 0 : 1,
    projects: [
      { extends: true, ...unit },
      {
        extends: true,
        test: {
          name: 'whole',
          globalSetup: ['test/support/redis/needed.ts'],
          include: ['test/**/*.test.ts'],
          exclude: units,
        },
      },
    ],
  },
});
