import { deepStrictEqual, strictEqual } from 'node:assert';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, it } from 'vitest';
import { SharedArray, Value } from '../dist/index.js';
import { library, nameFor, present, run, until } from './helpers/segments.js';

const everything = `
  const { workerData, parentPort } = require('node:worker_threads');
  const named = (what) => ({ name: workerData.prefix + '-' + what });
  const made = import(workerData.library).then(async (ip) => {
    globalThis.kept = [
      new ip.Queue(named('queue')),
      new ip.Value('i', 1, named('value')),
      new ip.SharedArray('d', 1000, named('array')),
      new ip.Lock(named('lock')),
      ...ip.Pipe(named('pipe')),
    ];
    kept[3].acquireSync();
    globalThis.pending = kept[4].recv();
    pending.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
    parentPort.postMessage('ready');
    return ip;
  });
`;
const kinds = ['queue', 'value', 'array', 'lock', 'pipe'];

const endings: [how: string, script: string, code: number, terminate?: true][] = [
  ['process.exit', 'made.then(() => process.exit(3));', 3],
  ['its end', 'made.then(() => { kept[4].close(); kept[5].close(); });', 0],
  ['terminate()', '', 1, true],
  ['terminate() while it blocks', 'made.then(() => { kept[0].getSync(); });', 1, true],
  [
    'an uncaught error',
    `made.then(() => setImmediate(() => { throw new Error('on purpose'); }));`,
    1,
  ],
];

describe('a worker that never closed its objects', () => {
  for (const [how, script, code, terminate] of endings) {
    it(`leaves nothing when it ends by ${how}, and other threads go on`, async () => {
      const prefix = nameFor('worker');
      using value = new Value('i', 1);
      using array = new SharedArray('i', [1, 2]);
      const worker = new Worker(everything + script, {
        eval: true,
        workerData: { library, prefix },
      });
      worker.on('error', () => undefined);
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      // Not once(): the error that follows may overtake the message, and would reject.
      strictEqual(await new Promise((resolve) => worker.once('message', resolve)), 'ready');
      if (terminate) await worker.terminate();
      strictEqual(await ended, code);
      for (const kind of kinds) strictEqual(present(`${prefix}-${kind}`), false, kind);
      value.value = 2;
      deepStrictEqual([value.value, ...array], [2, 1, 2]);
    });
  }

  it('leaves the lock that it held to the next, who is told', async () => {
    using value = new Value('i', 1);
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       import(workerData.library).then(({ attach }) => {
         globalThis.value = attach(workerData.handle);
         value.acquireSync();
         parentPort.postMessage('held');
         setInterval(() => {}, 1000);
       });`,
      { eval: true, workerData: { library, handle: value.handle } },
    );
    deepStrictEqual(await once(worker, 'message'), ['held']);
    strictEqual(value.acquireSync({ timeout: 0 }), null);
    const waiting = value.acquire();
    await worker.terminate();
    using guard = await waiting;
    strictEqual(guard?.abandoned, true);
  });

  it('does not keep what the main thread has closed', async () => {
    const value = new Value('i', 1);
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       import(workerData.library).then(({ attach }) => {
         const value = attach(workerData.handle);
         parentPort.once('message', () => { value.value = 9; value.close(); parentPort.postMessage(value.closed); });
         parentPort.postMessage('attached');
       });`,
      { eval: true, workerData: { library, handle: value.handle } },
    );
    const ended = once(worker, 'exit');
    deepStrictEqual(await once(worker, 'message'), ['attached']);
    value.close();
    strictEqual(present(value.name), true);
    worker.postMessage('go');
    deepStrictEqual(await once(worker, 'message'), [true]);
    await until('the object is gone', () => !present(value.name));
    await ended;
  });

  it('and its whole process leave nothing when process.exit ends both', async () => {
    const prefix = nameFor('both');
    const { code, stderr } = await run(
      `import { Worker } from 'node:worker_threads';
       const worker = new Worker(${JSON.stringify(everything)}, {
         eval: true, execArgv: [],
         workerData: { library: ${JSON.stringify(library)}, prefix: process.argv[1] },
       });
       globalThis.value = new ip.Value('i', 1, { name: process.argv[1] + '-main' });
       worker.once('message', () => process.exit(4));`,
      { args: [prefix] },
    );
    strictEqual(code, 4, stderr);
    for (const kind of [...kinds, 'main']) strictEqual(present(`${prefix}-${kind}`), false, kind);
  });
});
