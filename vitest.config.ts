import { defineConfig } from 'vitest/config';

const report = process.env['INTERPROC_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // A crash in the addon then ends one file's process, not the whole run.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The tests run what is shipped, loaded by Node itself.
    server: { deps: { external: [/\/dist\//] } },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
