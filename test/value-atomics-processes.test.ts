import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, it } from 'vitest';
import { type TypeOption, Value } from '../dist/index.js';
import { answerOf } from './helpers/segments.js';

const times = 200_000;

/** Two processes do the same at the same time; each begins when both are there. */
async function both(value: Value, body: string): Promise<unknown[]> {
  using gate = new Value('i', 0);
  const script = `const [value, gate] = JSON.parse(process.argv[1]).map(ip.attach);
    gate.add(1);
    while (gate.value < 2);
    ${body}`;
  const args = [JSON.stringify([value, gate])];
  return await Promise.all([answerOf(script, { args }), answerOf(script, { args })]);
}

describe('two processes at once', () => {
  const cases: [type: TypeOption, one: string, sum: unknown][] = [
    ['i', '1', 2 * times],
    ['I', '1', 2 * times],
    ['q', '1n', BigInt(2 * times)],
    ['Q', '1n', BigInt(2 * times)],
    ['d', '1', 2 * times],
    ['f', '1', 2 * times],
  ];
  for (const [type, one, sum] of cases) {
    it(`add 200,000 times each to a value of type ${String(type)}, and none is lost`, async () => {
      using value = new Value(type);
      await both(value, `for (let i = 0; i < ${times}; i++) value.add(${one}); console.log(0);`);
      strictEqual(value.value, sum);
    });
  }

  it('subtract, exclusive-or and exchange without losing any', async () => {
    using value = new Value('i', 0);
    await both(
      value,
      `for (let i = 0; i < ${times}; i++) { value.add(3); value.sub(2); } console.log(0);`,
    );
    strictEqual(value.value, 2 * times);
    value.value = 0;
    await both(value, `for (let i = 0; i < ${times + 1}; i++) value.xor(1); console.log(0);`);
    strictEqual(value.value, 0);
    // Each value that is put in comes out once.
    value.value = 0;
    const sums = await both(
      value,
      `let sum = 0;
       for (let i = 1; i <= ${times}; i++) sum += value.exchange(i);
       console.log(sum);`,
    );
    const put = 2 * ((times * (times + 1)) / 2);
    strictEqual((sums as number[]).reduce((a, b) => a + b) + value.value, put);
  });

  it('never take a small value beyond its range, nor see it wrapped', async () => {
    using value = new Value('B', 0);
    const outcomes = await both(
      value,
      `let added = 0, refused = 0;
       for (let i = 0; i < 1000; i++) {
         try { value.add(1); added++; } catch (error) {
           if (error.code !== 'ERR_OUT_OF_RANGE') throw error;
           refused++;
         }
       }
       console.log(JSON.stringify([added, refused]));`,
    );
    const [[a = 0, b = 0], [c = 0, d = 0]] = outcomes as [number[], number[]];
    deepStrictEqual([a + c, b + d, value.value], [255, 1745, 255]);
  });

  it('take turns by compareExchange', async () => {
    using value = new Value('i', 0);
    await both(
      value,
      `for (let i = 0; i < ${times / 10}; i++) {
         for (;;) {
           const before = value.value;
           if (value.compareExchange(before, before + 1) === before) break;
         }
       }
       console.log(0);`,
    );
    strictEqual(value.value, times / 5);
  });
});
