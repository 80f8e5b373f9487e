import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, it } from 'vitest';
import { Value } from '../dist/index.js';
import { answerOf, nameFor } from './helpers/segments.js';

const rounds = 1500;

/** Both processes are at each round at the same time: one of them creates, the other opens. */
const script = `
  const gate = ip.attach(JSON.parse(process.argv[1]));
  const [, , prefix, kind] = process.argv;
  const idle = new Int32Array(new SharedArrayBuffer(4));
  let steps = 0;
  const together = () => {
    gate.add(1);
    steps += 2;
    for (let spins = 0; gate.value < steps; spins++) {
      // On a busy machine the other one needs this core.
      if (spins > 20000) Atomics.wait(idle, 0, 0, 1);
    }
  };
  const seen = [];
  for (let round = 0; round < ${rounds}; round++) {
    together();
    const name = prefix + round;
    const object = kind === 'value'
      ? ip.Value.openOrCreate(name, 'i', 100)
      : ip.SharedArray.openOrCreate(name, 'i', [100]);
    seen.push(kind === 'value' ? object.add(1) : Atomics.add(object, 0, 1));
    together();
    object.close();
  }
  console.log(JSON.stringify(seen));`;

describe('a process that opens what another is just creating', () => {
  for (const kind of ['value', 'array'])
    it(`finds the initial value of the ${kind}, and loses nothing to it`, async () => {
      using gate = new Value('i', 0);
      const args = [JSON.stringify(gate), nameFor('race'), kind];
      const both = await Promise.all([
        answerOf<number[]>(script, { args }),
        answerOf<number[]>(script, { args }),
      ]);
      const [mine = [], theirs = []] = both;
      strictEqual(mine.length, rounds);
      deepStrictEqual(
        mine.map((first, round) => [first, theirs[round]].sort()),
        mine.map(() => [100, 101]),
      );
    });
});
