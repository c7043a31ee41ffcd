import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // They end what hangs. How fast a test runs is no part of it: a busy machine takes five times as long.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    reporters: process.env['CI'] === undefined ? ['dot'] : ['default'],
  },
});
