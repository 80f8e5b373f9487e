import { deepStrictEqual, strictEqual } from 'node:assert';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { attach, type SharedArray as ArrayOf, SharedArray } from '../dist/index.js';
import { failure, library, present } from './helpers/segments.js';

const outcomes = (body: () => unknown): unknown => {
  try {
    return body();
  } catch (error) {
    return (error as Error).constructor.name;
  }
};

describe('close() of a shared array', () => {
  it('empties it and every view of its memory', () => {
    const array = new SharedArray('i', [1, 2, 3]);
    const part = array.subarray(1);
    const bytes = new Uint8Array(array.buffer);
    const view = new DataView(array.buffer);
    strictEqual(part[0], 2);
    array.close();
    strictEqual(array.closed, true);
    deepStrictEqual([array.length, array.byteLength, array.byteOffset], [0, 0, 0]);
    deepStrictEqual([part.length, bytes.length, array.buffer.byteLength], [0, 0, 0]);
    strictEqual(array[0], undefined);
    strictEqual(part[0], undefined);
    deepStrictEqual(Object.keys(array), []);
    for (const view of [array, part])
      expect([[], 'TypeError']).toContainEqual(outcomes(() => [...view]));
    strictEqual(
      outcomes(() => view.getInt32(0)),
      'TypeError',
    );
    // Stores go nowhere.
    array[0] = 5;
    part[0] = 5;
    strictEqual(array[0], undefined);
  });

  it('makes its methods and Atomics errors of the language, never a crash', () => {
    const array = new SharedArray('i', 4);
    const part = array.subarray(1, 3);
    array.close();
    for (const view of [array, part] as unknown as Int32Array[]) {
      for (const call of [
        () => Atomics.add(view, 0, 1),
        () => Atomics.load(view, 0),
        () => Atomics.store(view, 0, 1),
        () => Atomics.exchange(view, 0, 1),
        () => Atomics.compareExchange(view, 0, 0, 1),
        () => Atomics.notify(view, 0, 1),
        () => view.fill(1),
        () => view.set([1]),
        () => view.subarray(0, 1),
        () => view.slice(),
        () => view.sort(),
        () => view.map((element) => element),
        () => structuredClone(view),
      ])
        expect(['TypeError', 'RangeError', 'DOMException', 'DataCloneError']).toContain(
          outcomes(() => {
            call();
            // What is allowed on an empty array is harmless.
            throw new TypeError();
          }),
        );
    }
  });

  it('in the middle of a loop over it ends the loop', () => {
    const array = new SharedArray('B', 1000);
    let seen = 0;
    const result = outcomes(() => {
      for (const _ of array) if (++seen === 10) array.close();
    });
    strictEqual(seen, 10);
    expect([undefined, 'TypeError']).toContain(result);
    const sorted = new SharedArray('i', [3, 1, 2]);
    outcomes(() =>
      sorted.sort((a, b) => {
        sorted.close();
        return a - b;
      }),
    );
    strictEqual(sorted.length, 0);
    const filled = new SharedArray('i', 3);
    outcomes(() =>
      filled.fill({
        valueOf() {
          filled.close();
          return 1;
        },
      } as never),
    );
    strictEqual(filled.length, 0);
  });

  it('is ERR_CLOSED to whatever else is done with it', () => {
    const array = new SharedArray('c', 4);
    array.close();
    array.close();
    array[Symbol.dispose]();
    for (const call of [
      () => array.value,
      () => array.raw,
      () => (array.value = Buffer.of(1)),
      () => (array.raw = Buffer.of(1)),
      () => array.getLock(),
      () => array.getObj(),
      () => array.acquireSync(),
      () => array.release(),
      () => array.unlink(),
    ])
      strictEqual(failure(call)['code'], 'ERR_CLOSED');
  });

  it('leaves other handles of the same thread alone', () => {
    const first = new SharedArray('i', [1, 2, 3]);
    const second = attach(first.handle) as unknown as ArrayOf<'i'>;
    const third = SharedArray.open<'i'>(first.name);
    first[0] = 10;
    deepStrictEqual([second[0], third[0]], [10, 10]);
    const part = second.subarray(0, 2);
    first.close();
    strictEqual(first.length, 0);
    deepStrictEqual([second.length, third.length, part.length], [3, 3, 2]);
    second[1] = 20;
    strictEqual(third[1], 20);
    third.close();
    deepStrictEqual([third.length, second.length], [0, 3]);
    strictEqual(present(second.name), true);
    const fourth = SharedArray.open<'i'>(second.name);
    deepStrictEqual([...fourth], [10, 20, 3]);
    second.close();
    deepStrictEqual([part.length, fourth.length], [0, 3]);
    fourth.close();
    strictEqual(present(first.name), false);
  });

  it('leaves other threads alone', async () => {
    using array = new SharedArray('i', [1]);
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       import(workerData.library).then(({ attach }) => {
         const array = attach(workerData.handle);
         array[0] = 5;
         array.close();
         parentPort.postMessage([array.length, array.closed]);
       });`,
      { eval: true, workerData: { library, handle: array.handle } },
    );
    // Before the message is waited for: a thread that is at its end hands it over and ends at once.
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const seen = await new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    deepStrictEqual(seen, [0, true]);
    await ended;
    deepStrictEqual([...array], [5]);
  });
});
