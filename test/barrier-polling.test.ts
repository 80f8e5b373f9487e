import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { Barrier } from '../dist/index.js';

const { setImmediate } = globalThis;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
let asked = 0;

beforeEach(() => {
  asked = 0;
  const counting = (...parameters: Parameters<typeof setImmediate>) => {
    asked++;
    return setImmediate(...parameters);
  };
  globalThis.setImmediate = Object.assign(counting, setImmediate);
});
afterEach(() => {
  globalThis.setImmediate = setImmediate;
});

describe('a barrier of more parties than processors', () => {
  it('does not poll: a party that has not arrived may need the processor', async () => {
    const parties = availableParallelism() + 1;
    const barrier = new Barrier(parties);
    // What runs for the first time takes longer than a poll.
    for (let round = 0; round < 50; round++) {
      asked = 0;
      const first = barrier.wait();
      for (let turn = 0; turn < 20; turn++) await nextTurn();
      strictEqual(asked, 1, 'turns of the loop that the wait asked for before it slept');
      const others = Array.from({ length: parties - 1 }, () => barrier.wait());
      const indexes = await Promise.all([first, ...others]);
      deepStrictEqual(
        indexes.toSorted((a, b) => a - b),
        Array.from({ length: parties }, (_, index) => index),
      );
      await nextTurn();
    }
    barrier.close();
  });
});
