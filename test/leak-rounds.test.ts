import { deepStrictEqual, ok } from 'node:assert';
import { describe, it } from 'vitest';
// The same program runs 10,000 rounds of each: npm run leaks.
import { exampleNames, runExample, runSubject } from '../scripts/leaks/run.mjs';
import { planted, subjects } from '../scripts/leaks/subjects.mjs';

/** Enough to see every file, mapping, descriptor and thread that one round leaves, and what it leaves of memory from some KiB on. */
const rounds = 300;

describe('create, use and close, round after round, leave nothing of', () => {
  for (const name of Object.keys(subjects)) {
    it(name, async () => {
      const { grown } = await runSubject(name, rounds);
      deepStrictEqual(grown, []);
    });
  }
});

describe('a leak is found where it is', () => {
  for (const [name, { finds }] of Object.entries(planted)) {
    it(name, async () => {
      const { grown } = await runSubject(name, rounds);
      const found = grown.map(({ what }) => what);
      for (const what of finds) ok(found.includes(what), `${what} not among: ${found}`);
    });
  }
});

describe('an example leaves nothing in shared memory:', () => {
  for (const name of exampleNames) {
    it(name, async () => {
      deepStrictEqual((await runExample(name)).left, []);
    });
  }
});
