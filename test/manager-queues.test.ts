import { describe, expect, it } from 'vitest';
import { AbortError, Empty, Full, InterprocError, ShutDown, TimeoutError } from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { asAnotherClient, managerForAll, references, until } from './helpers/managers.js';
import { Peer } from './helpers/peer.js';

const manager = managerForAll();

describe("a manager's queue", () => {
  it('gives items in their order, to whoever waits first', async () => {
    const queue = await manager().Queue<number>();
    const other = asAnotherClient(queue);
    const first = queue.get();
    await until(async () => (await queue.qsize()) === 0);
    const second = other.get();
    await other.qsize();
    await queue.putMany([1, 2, 3]);
    expect([await first, await second, await queue.getNowait()]).toEqual([1, 2, 3]);
    await queue.putMany([4, 5, 6]);
    expect(await other.getMany(2)).toEqual([4, 5]);
    expect(await other.getMany(9)).toEqual([6]);
  });

  it('holds maxsize items, and no more', async () => {
    const queue = await manager().Queue<number>(2);
    await queue.put(1);
    expect(await queue.full()).toBe(false);
    await queue.put(2);
    expect([await queue.full(), await queue.qsize(), await queue.maxsize()]).toEqual([true, 2, 2]);
    await rejects(queue.putNowait(3), Full, 'ERR_QUEUE_FULL');
    await rejects(queue.put(3, { block: false }), Full, 'ERR_QUEUE_FULL');
    await rejects(queue.put(3, { timeout: 20 }), Full, 'ERR_QUEUE_FULL');
    const put = queue.put(3);
    expect(await queue.getMany(5)).toEqual([1, 2]);
    await put;
    expect(await queue.get()).toBe(3);
    expect(await queue.empty()).toBe(true);
  });

  it('puts many as far as there is room, and says how far', async () => {
    const queue = await manager().Queue<number>({ maxsize: 2 });
    const error = await rejects(queue.putMany([1, 2, 3], { timeout: 20 }), Full, 'ERR_QUEUE_FULL');
    expect((error as Error & { count?: number }).count).toBe(2);
    const rest = queue.putMany([3, 4, 5]);
    const taken: number[] = [];
    while (taken.length < 5) taken.push(...(await queue.getMany(1)));
    await rest;
    expect(taken).toEqual([1, 2, 3, 4, 5]);
  });

  it('tells an empty queue by Empty, at once or in time', async () => {
    const queue = await manager().Queue();
    await rejects(queue.getNowait(), Empty, 'ERR_QUEUE_EMPTY');
    await rejects(queue.get({ block: false }), Empty, 'ERR_QUEUE_EMPTY');
    await rejects(queue.get({ timeout: 20 }), Empty, 'ERR_QUEUE_EMPTY');
    await rejects(queue.getMany(3, { timeout: 0 }), Empty, 'ERR_QUEUE_EMPTY');
  });

  it('loses nothing to a wait that was aborted or ran out', async () => {
    const queue = await manager().Queue<string>();
    const reason = new Error('enough');
    const controller = new AbortController();
    const aborted = queue.get({ signal: controller.signal });
    const late = queue.get({ timeout: 30 });
    await queue.qsize();
    controller.abort(reason);
    const error = await rejects(aborted, AbortError, 'ABORT_ERR');
    expect(error.cause).toBe(reason);
    await rejects(late, Empty, 'ERR_QUEUE_EMPTY');
    await queue.put('kept');
    expect(await queue.getNowait()).toBe('kept');
    await rejects(queue.get({ signal: AbortSignal.abort() }), AbortError, 'ABORT_ERR');
    // What was on its way when the abort came is delivered.
    const racing = new AbortController();
    await queue.put('raced');
    const raced = queue.get({ signal: racing.signal });
    queueMicrotask(() => racing.abort());
    expect(await raced).toBe('raced');
  });

  it('is shut down for all: puts fail, gets drain it, then fail too', async () => {
    const queue = await manager().Queue<number>(1);
    const other = asAnotherClient(queue);
    await queue.put(1);
    const put = other.put(2);
    await other.qsize();
    await queue.shutdown();
    await rejects(put, ShutDown, 'ERR_QUEUE_SHUTDOWN');
    await rejects(queue.put(3), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    const seen: number[] = [];
    for await (const item of other) seen.push(item);
    expect(seen).toEqual([1]);
    await rejects(queue.get(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    const waiting = await manager().Queue();
    const get = waiting.get();
    await waiting.put(1);
    await get;
    await waiting.put(2);
    await waiting.shutdown({ immediate: true });
    await rejects(waiting.get(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });

  it('ends the wait of a client that dies, which takes nothing', async () => {
    const queue = await manager().Queue<number>();
    const peer = new Peer('manager', 'wait', {
      handle: queue.handle,
      method: 'get',
      look: 'qsize',
    });
    await peer.event('waiting');
    const next = queue.get();
    await queue.qsize();
    peer.kill();
    await peer.ended;
    await references(manager(), queue, 1);
    await queue.put(1);
    expect(await next).toBe(1);
  });

  it('waits no more once it is disposed', async () => {
    const queue = await manager().Queue();
    const pending = queue.get();
    await queue.qsize();
    queue.dispose();
    await expect(pending).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('refuses bad input by the same errors as the shared one', async () => {
    const queue = await manager().Queue();
    const bad = queue as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const create = (...args: unknown[]) => manager().create('Queue', ...args) as Promise<unknown>;
    await rejects(create('many'), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(create({ maxsize: 1.5 }), RangeError, 'ERR_OUT_OF_RANGE');
    await rejects(create({ maxSize: 1 }), TypeError, 'ERR_UNKNOWN_OPTION');
    await rejects(bad['get']!({ timeout: NaN }), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(bad['get']!({ timeOut: 1 }), TypeError, 'ERR_UNKNOWN_OPTION');
    await rejects(bad['put']!(1, { priority: 1 }), TypeError, 'ERR_UNKNOWN_OPTION');
    await rejects(bad['putNowait']!(1, { timeout: 1 }), TypeError, 'ERR_UNKNOWN_OPTION');
    await rejects(bad['putMany']!(1), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(bad['getMany']!(0), RangeError, 'ERR_OUT_OF_RANGE');
    await rejects(bad['shutdown']!({ immediate: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expect(bad['taskDone']).toBeUndefined();
  });
});

describe("a manager's joinable queue", () => {
  it('is joined when every item is finished', async () => {
    const queue = await manager().JoinableQueue<number>();
    await queue.join();
    await queue.putMany([1, 2]);
    const joined = queue.join();
    await rejects(queue.join({ timeout: 20 }), TimeoutError, 'ERR_TIMEOUT');
    await queue.getMany(2);
    await queue.taskDone();
    await rejects(queue.join({ block: false }), TimeoutError, 'ERR_TIMEOUT');
    await asAnotherClient(queue).taskDone();
    await joined;
    await rejects(queue.taskDone(), InterprocError, 'ERR_TASK_DONE');
  });

  it('says how much went with a client that died', async () => {
    const queue = await manager().JoinableQueue<number>();
    await queue.putMany([1, 2, 3]);
    const calls = [['getMany', 2], ['taskDone']];
    const peer = new Peer('manager', 'call', { handle: queue.handle, calls });
    await peer.event('called');
    await queue.get();
    await queue.taskDone();
    const joined = queue.join();
    await queue.qsize();
    peer.kill();
    const error = await rejects(joined, InterprocError, 'ERR_TASKS_LOST');
    expect((error as Error & { count?: number }).count).toBe(1);
    await queue.join({ ignoreLost: true });
  });
});

describe("a manager's priority queue", () => {
  it('gives the lowest priority first, and of equals the first', async () => {
    const queue = await manager().PriorityQueue<string>();
    await queue.put('b', { priority: 2 });
    await queue.put('c', { priority: 2 });
    await queue.put('z');
    await queue.putMany(['a', 'aa'], { priority: -1.5 });
    expect(await queue.getMany(9)).toEqual(['a', 'aa', 'z', 'b', 'c']);
    for (const priority of ['1', NaN]) {
      const put = queue.put('x', { priority: priority as number });
      await expect(put).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    }
    expect(await queue.empty()).toBe(true);
    await rejects(queue.get({ timeout: -1 }), Empty, 'ERR_QUEUE_EMPTY');
  });
});
