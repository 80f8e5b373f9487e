import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import * as targets from './fixtures/process-targets.mjs';
import { own } from './helpers/owned.js';
import { child } from './helpers/process-owned.js';
import { runs } from './helpers/process-script.js';
import { until } from './helpers/time.js';

const script = new URL('./fixtures/process-worker.mjs', import.meta.url);

describe('a worker thread', () => {
  it('starts children, of its own script too, and is kept alive by them', async () => {
    const queue = own(new Queue<unknown>());
    const worker = new Worker(script, { workerData: { queue: queue.handle, daemon: false } });
    const [code] = await once(worker, 'exit');
    expect(code).toBe(0);
    expect(queue.getManySync(10)).toEqual(['child of a worker', 'exitcode 0']);
  });

  it('ends its daemons when it ends, by terminate() too', async () => {
    const queue = own(new Queue<unknown>());
    const worker = new Worker(script, { workerData: { queue: queue.handle, daemon: true } });
    const pid = (await queue.get()) as number;
    expect(runs(pid)).toBe(true);
    await worker.terminate();
    await until(() => !runs(pid));
  });

  it('of a child knows that it is in a child', async () => {
    const queue = own(new Queue<unknown>());
    const process = child(targets.describeWorker, [queue], { name: 'with a worker' }).start();
    expect(await queue.get()).toEqual({ name: 'with a worker', isMainProcess: false });
    await process.join();
    expect(process.exitcode).toBe(0);
  });
});
