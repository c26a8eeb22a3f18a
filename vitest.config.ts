import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/setup.ts'],
    // Node.js and the tests' own servers share the cores well enough.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real servers and processes on a starved machine: a second try, which the report shows as `retry x1`.
    retry: process.env['CI'] === undefined ? 0 : 1,
  },
});
