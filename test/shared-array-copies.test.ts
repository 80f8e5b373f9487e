import { deepStrictEqual, strictEqual } from 'node:assert';
import { once } from 'node:events';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Queue, SharedArray } from '../dist/index.js';
import { answerOf } from './helpers/segments.js';

describe('a shared array', () => {
  it('is copied by structuredClone: the copy is plain memory', () => {
    using array = new SharedArray('i', [1, 2]);
    const copy = structuredClone(array) as unknown as Int32Array;
    strictEqual(Object.getPrototypeOf(copy), Int32Array.prototype);
    expect(copy).not.toBeInstanceOf(SharedArray);
    copy[0] = 9;
    deepStrictEqual([...array], [1, 2]);
  });

  it('is copied by postMessage, while its handle leads to the memory', async () => {
    using array = new SharedArray('i', [1, 2]);
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(array);
    const copy = receiveMessageOnPort(port2)?.message as Int32Array;
    copy[0] = 9;
    strictEqual(array[0], 1);
    port1.close();
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads'); workerData.copy[0] = 9;`,
      { eval: true, workerData: { copy: array } },
    );
    await once(worker, 'exit');
    strictEqual(array[0], 1);
  });

  it('is never moved away: what would transfer its buffer copies it or fails', () => {
    using array = new SharedArray('i', [1, 2]);
    const buffer = array.buffer as ArrayBuffer;
    const { port1, port2 } = new MessageChannel();
    const transfers = [
      () => structuredClone(buffer, { transfer: [buffer] }),
      () => {
        port1.postMessage(buffer, [buffer]);
        return receiveMessageOnPort(port2)?.message as ArrayBuffer;
      },
    ];
    for (const transfer of transfers) {
      let copy = new ArrayBuffer(8);
      try {
        copy = transfer();
      } catch (error) {
        // Since Node.js 21.
        strictEqual((error as Error).name, 'DataCloneError');
      }
      new Int32Array(copy)[0] = 9;
      deepStrictEqual([...array], [1, 2]);
    }
    port1.close();
  });

  it('arrives attached through a queue, in the middle of other things', () => {
    using queue = new Queue<{ deep: unknown[] }>();
    using array = new SharedArray('d', [0.5]);
    queue.putSync({ deep: [array, array.subarray(0)] });
    const { deep } = queue.getSync();
    const [shared, part] = deep as [typeof array, Float64Array];
    expect(shared).toBeInstanceOf(SharedArray);
    // A part is a plain typed array, and is copied.
    expect(part).not.toBeInstanceOf(SharedArray);
    shared[0] = 2;
    strictEqual(array[0], 2);
    strictEqual(part[0], 0.5);
    shared.close();
  });

  it('is the same memory in another process', async () => {
    using array = new SharedArray('q', [1n, 2n]);
    const seen = await answerOf<unknown>(
      `const array = ip.attach(JSON.parse(process.argv[1]));
       const seen = [array instanceof BigInt64Array, array instanceof ip.SharedArray, array.length, String(array)];
       array[1] = -5n;
       console.log(JSON.stringify(seen));`,
      { args: [JSON.stringify(array)] },
    );
    deepStrictEqual(seen, [true, true, 2, '1,2']);
    strictEqual(array[1], -5n);
  });

  it('loses no addition of two processes', async () => {
    using array = new SharedArray('i', [0, 0]);
    const script = `const array = ip.attach(JSON.parse(process.argv[1]));
      Atomics.add(array, 1, 1);
      while (Atomics.load(array, 1) < 2);
      for (let i = 0; i < 200000; i++) Atomics.add(array, 0, 1);
      console.log(0);`;
    const args = [JSON.stringify(array)];
    await Promise.all([answerOf(script, { args }), answerOf(script, { args })]);
    deepStrictEqual([...array], [400_000, 2]);
  });
});
