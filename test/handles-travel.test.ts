import { deepStrictEqual, strictEqual } from 'node:assert';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, it } from 'vitest';
import { Value } from '../dist/index.js';
import { answerOf, library } from './helpers/segments.js';

describe('a handle', () => {
  it('is plain data, the same from handle, toJSON and JSON', () => {
    using value = new Value('i', 1);
    const expected = { interproc: 1, kind: 'value', name: value.name };
    deepStrictEqual(value.handle, expected);
    deepStrictEqual(value.toJSON(), expected);
    deepStrictEqual(JSON.parse(JSON.stringify({ deep: [value] })), { deep: [expected] });
    strictEqual(Object.getPrototypeOf(value.handle), Object.prototype);
    deepStrictEqual(structuredClone(value.handle), expected);
  });

  it('can be kept when its object is closed', () => {
    using value = new Value('i', 1);
    const other = Value.open(value.name);
    other.close();
    deepStrictEqual(other.handle, value.handle);
    strictEqual(other.name, value.name);
  });

  it('leads to the object from an argument of the command line', async () => {
    using value = new Value('i', 1);
    const script = `const value = ip.attach(JSON.parse(process.argv[1])); console.log(value.add(1));`;
    strictEqual(await answerOf(script, { args: [JSON.stringify(value)] }), 1);
    strictEqual(value.value, 2);
  });

  it('leads to the object from the environment', async () => {
    using value = new Value('i', 5);
    const script = `const value = ip.attach(JSON.parse(process.env.SHARED)); console.log(value.add(1));`;
    strictEqual(await answerOf(script, { env: { SHARED: JSON.stringify(value) } }), 5);
    strictEqual(value.value, 6);
  });

  it('leads to the object from a message of process.send', async () => {
    using value = new Value('i', 7);
    const folder = await mkdtemp(path.join(tmpdir(), 'handles-'));
    try {
      const file = path.join(folder, 'child.mjs');
      writeFileSync(
        file,
        `import { attach } from ${JSON.stringify(library)};
         process.once('message', ({ shared }) => {
           const value = attach(shared);
           process.send(value.add(1), () => process.disconnect());
         });`,
      );
      for (const serialization of ['json', 'advanced'] as const) {
        const child = fork(file, { serialization });
        const ended = once(child, 'exit');
        // A shared object itself is JSON, and is sent as its handle by the serialization that is JSON.
        child.send({ shared: serialization === 'json' ? value : value.handle });
        const [seen] = await once(child, 'message');
        strictEqual(seen, serialization === 'json' ? 7 : 8);
        deepStrictEqual(await ended, [0, null]);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    strictEqual(value.value, 9);
  });

  it('leads to the object from the data of a worker and from its messages', async () => {
    using value = new Value('i', 1);
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       import(workerData.library).then(({ attach }) => {
         const value = attach(workerData.shared);
         const before = value.add(1);
         value.close();
         parentPort.once('message', (handle) => {
           const again = attach(handle);
           parentPort.postMessage([before, again.add(1)]);
           again.close();
         });
         parentPort.postMessage('ready');
       });`,
      { eval: true, workerData: { library, shared: value.handle } },
    );
    const ended = once(worker, 'exit');
    deepStrictEqual(await once(worker, 'message'), ['ready']);
    worker.postMessage(value.handle);
    deepStrictEqual(await once(worker, 'message'), [[1, 2]]);
    await ended;
    strictEqual(value.value, 3);
  });
});
