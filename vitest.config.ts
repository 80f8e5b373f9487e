import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const report = process.env['INTERPROC_TEST_REPORT'];

/** Those that take 8 to 45 seconds. On a machine that has not run them yet vitest goes by size, and the longest is one of the shortest. */
const long =
  /\/(leak-rounds|bench-questions|limits-(message|terminate|clock)|segment-hostile|worker-threads-terminate|manager-network)\.test\.ts$/;

/** Begins with those, so that no worker is alone with one at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => long.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // A crash in the addon then ends one file's process, not the whole run.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The tests run what is shipped, loaded by Node itself.
    server: { deps: { external: [/\/dist\//] } },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
