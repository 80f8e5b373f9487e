import { Worker } from 'node:worker_threads';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Barrier,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
  Value,
} from '../dist/index.js';
import { own, ownBoth } from './helpers/owned.js';
import { duration } from './helpers/time.js';

/** Calls that wait, beside those of worker-threads-terminate.test.ts, and what is looked at afterwards. */
const forms: Readonly<Record<string, keyof ReturnType<typeof objects> | 'nothing'>> = {
  'queue.getMany': 'empty',
  'queue.putMany': 'full',
  'queue.putManySync': 'full',
  'queue.getLoan': 'empty',
  'queue.getLoanSync': 'empty',
  'queue.put of a loan': 'full',
  'queue.putSync of a loan': 'full',
  'queue iteration': 'empty',
  'priority.get': 'emptyPriority',
  'priority.getSync': 'emptyPriority',
  'priority.getManySync': 'emptyPriority',
  'priority.put': 'fullPriority',
  'priority.putSync': 'fullPriority',
  'joinable.join': 'joinable',
  'joinable.joinSync': 'joinable',
  'rlock.acquire': 'rlock',
  'rlock.acquireSync': 'rlock',
  'lock.run': 'lock',
  'lock.runSync': 'lock',
  'value.acquire': 'value',
  'value.acquireSync': 'value',
  'array.acquire': 'array',
  'array.acquireSync': 'array',
  'semaphore.acquire': 'semaphore',
  'semaphore.acquireSync': 'semaphore',
  'event.wait': 'event',
  'event.waitSync': 'event',
  'barrier.wait': 'barrier',
  'barrier.waitSync': 'barrier',
  'condition.wait': 'condition',
  'condition.waitSync': 'condition',
  'condition.waitFor': 'condition',
  'condition.waitForSync': 'condition',
  'connection.poll': 'nothing',
  'connection.recvBytes': 'nothing',
  'connection.recvBytesSync': 'nothing',
  'connection.recvBytesInto': 'nothing',
  'connection.recvBytesIntoSync': 'nothing',
  'connection.sendBytes': 'nothing',
  'connection.sendBytesSync': 'nothing',
  'connection iteration': 'nothing',
  wait: 'empty',
  waitSync: 'empty',
  'listener.accept': 'nothing',
  'process.join': 'nothing',
  'pool.apply': 'nothing',
};

function objects() {
  const full = own(new Queue<number>(1));
  const fullPriority = own(new PriorityQueue<number>(1));
  const joinable = own(new JoinableQueue<number>());
  for (const queue of [full, fullPriority, joinable]) queue.putSync(0);
  const held = {
    lock: own(new Lock()),
    rlock: own(new RLock()),
    value: own(new Value('i', 0)),
    array: own(new SharedArray('i', 4)),
  };
  for (const one of Object.values(held)) one.acquireSync();
  return {
    ...held,
    full,
    fullPriority,
    joinable,
    empty: own(new Queue<number>()),
    emptyPriority: own(new PriorityQueue<number>()),
    semaphore: own(new Semaphore(0)),
    event: own(new Event()),
    barrier: own(new Barrier(2)),
    condition: own(new Condition()),
  };
}

type Objects = ReturnType<typeof objects>;
const limit = { timeout: 20_000 };

/** That others find the object as if nobody had ever waited. */
const unharmed: { readonly [K in keyof Objects]?: (object: Objects[K]) => unknown } = {
  async empty(queue) {
    queue.putSync(7);
    expect(await queue.get(limit)).toBe(7);
  },
  async full(queue) {
    expect(queue.getSync(limit)).toBe(0);
    await queue.put(8, limit);
    expect([queue.getSync(limit), queue.qsize()]).toEqual([8, 0]);
  },
  async emptyPriority(queue) {
    queue.putSync(7);
    expect(await queue.get(limit)).toBe(7);
  },
  async fullPriority(queue) {
    expect(queue.getSync(limit)).toBe(0);
    await queue.put(8, limit);
    expect([queue.getSync(limit), queue.qsize()]).toEqual([8, 0]);
  },
  async joinable(queue) {
    queue.getSync(limit);
    queue.taskDone();
    await queue.join(limit);
  },
  lock: takeAgain,
  rlock: takeAgain,
  value: takeAgain,
  array: takeAgain,
  async semaphore(semaphore) {
    semaphore.release();
    expect(await semaphore.acquire(limit)).not.toBeNull();
    expect(semaphore.getValue()).toBe(0);
  },
  async event(event) {
    const wait = event.wait(limit);
    event.set();
    expect(await wait).toBe(true);
  },
  async barrier(barrier) {
    // It died as a party: the round is broken, and can begin anew.
    await expect(barrier.wait(limit)).rejects.toMatchObject({ code: 'ERR_BARRIER_BROKEN' });
    barrier.reset();
    const indices = await Promise.all([barrier.wait(limit), barrier.wait(limit)]);
    expect(indices.sort()).toEqual([0, 1]);
  },
  async condition(condition) {
    await condition.acquire(limit);
    const wait = condition.wait(limit);
    await condition.acquire(limit);
    condition.notify(1);
    condition.release();
    expect(await wait).toBe(true);
    condition.release();
  },
};

async function takeAgain(lock: {
  release(): void;
  acquire(options: object): Promise<{ abandoned: boolean } | null>;
}) {
  lock.release();
  expect((await lock.acquire(limit))?.abandoned).toBe(false);
  lock.release();
}

const workers: Worker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate();
});

describe('terminate() of a worker in the middle of', () => {
  for (const [form, key] of Object.entries(forms)) {
    it(`${form} ends it, and the object serves others`, async () => {
      const all = objects();
      for (const asleep of [false, true]) {
        const [here, there] = form.startsWith('connection')
          ? ownBoth(Pipe({ capacity: 4096 }))
          : [];
        if (form.includes('send')) there?.sendSync(Buffer.alloc(100_000));
        const data = { ...all, end: there?.handOver() };
        const worker = new Worker(new URL('fixtures/limits-terminate.mjs', import.meta.url), {
          workerData: JSON.parse(JSON.stringify({ form, data })),
          execArgv: [],
        });
        workers.push(worker);
        const first = await new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        });
        expect(first).toBe('waiting');
        if (asleep) await delay(80);
        expect(await duration(() => worker.terminate())).toBeLessThan(5_000);
        here?.close();
      }
      if (key !== 'nothing') await (unharmed[key] as (object: unknown) => unknown)(all[key]);
    });
  }
});
