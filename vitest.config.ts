import { availableParallelism } from 'node:os';
import { globSync } from 'tinyglobby';
import { defineConfig } from 'vitest/config';
import unit from './vitest.unit.config.ts';

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
