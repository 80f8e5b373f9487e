import { describe, expect, it } from 'vitest';
import {
  InterprocError,
  JoinableQueue,
  LayoutMismatchError,
  Queue,
  TimeoutError,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

describe('join', () => {
  it('returns at once where nothing was put', async () => {
    const queue = own(new JoinableQueue());
    await queue.join();
    queue.joinSync();
  });

  it('waits until every item was taken and finished', async () => {
    const queue = own(new JoinableQueue<number>());
    await queue.putMany([1, 2]);
    await rejects(queue.join({ timeout: 10 }), TimeoutError, 'ERR_TIMEOUT');
    queue.getNowait();
    queue.getNowait();
    queue.taskDone();
    throws(() => queue.joinSync({ timeout: 10 }), TimeoutError, 'ERR_TIMEOUT');
    const joined = queue.join();
    queue.taskDone();
    await joined;
  });

  it('is woken in another process by the last taskDone', async () => {
    const queue = own(new JoinableQueue<number>());
    await queue.putMany([1, 2]);
    const joiner = new Peer('joinable', 'join', { name: queue.name });
    await joiner.event('joining');
    for (const item of [1, 2]) {
      expect(queue.getNowait()).toBe(item);
      queue.taskDone();
    }
    await joiner.event('joined');
  });

  it('counts what several workers finish', async () => {
    const queue = own(new JoinableQueue<number | null>({ capacity: 4096 }));
    const workers = [1, 2, 3].map(() => new Peer('joinable', 'work', { handle: queue.handle }));
    for (const worker of workers) expect((await worker.event('ready')).joinable).toBe(true);
    await queue.putMany(Array.from({ length: 3000 }, (_, n) => n));
    await queue.join();
    expect(queue.empty()).toBe(true);
    await queue.putMany([null, null, null]);
    await queue.join();
    for (const worker of workers) expect((await worker.ended).code).toBe(0);
    // They left in an orderly way, with nothing unfinished.
    await queue.join();
  });

  it('says how many items a killed consumer took with it, and waits for nobody else', async () => {
    const queue = own(new JoinableQueue<number>());
    await queue.putMany([1, 2, 3, 4, 5]);
    const consumer = new Peer('joinable', 'take', { name: queue.name, count: 3, finish: 1 });
    await consumer.event('taken');
    consumer.go();
    await consumer.event('finished');
    queue.getNowait();
    queue.getNowait();
    queue.taskDone();
    const joined = rejects(queue.join(), InterprocError, 'ERR_TASKS_LOST');
    queue.taskDone();
    consumer.kill();
    expect(await joined).toMatchObject({ count: 2 });
    await queue.join({ ignoreLost: true });
    expect(throws(() => queue.joinSync(), InterprocError, 'ERR_TASKS_LOST')).toMatchObject({
      count: 2,
    });
  });

  it('still knows of the lost when another has the slot of the dead', async () => {
    const queue = own(new JoinableQueue<number>());
    await queue.putMany([1, 2, 3]);
    const first = new Peer('joinable', 'take', { name: queue.name, count: 2, finish: 0 });
    await first.event('taken');
    first.kill();
    await first.ended;
    const second = new Peer('joinable', 'take', { name: queue.name, count: 1, finish: 1 });
    await second.event('taken');
    second.go();
    await second.event('finished');
    const error = await rejects(queue.join(), InterprocError, 'ERR_TASKS_LOST');
    expect(error).toMatchObject({ count: 2 });
  });

  it('ends with a shutdown that drops what is queued', async () => {
    const queue = own(new JoinableQueue<number>());
    await queue.putMany([1, 2]);
    const joined = queue.join();
    queue.shutdown({ immediate: true });
    await joined;
  });

  it('takes nothing when it is aborted', async () => {
    const queue = own(new JoinableQueue<number>());
    queue.putNowait(1);
    const stop = new AbortController();
    const joined = queue.join({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(joined).rejects.toMatchObject({ code: 'ABORT_ERR', cause: stop.signal.reason });
    expect(queue.qsize()).toBe(1);
  });
});

describe('taskDone', () => {
  it('is refused where nothing is unfinished', () => {
    const queue = own(new JoinableQueue<number>());
    throws(() => queue.taskDone(), InterprocError, 'ERR_TASK_DONE');
    queue.putNowait(1);
    throws(() => queue.taskDone(), InterprocError, 'ERR_TASK_DONE');
    queue.getNowait();
    queue.taskDone();
    throws(() => queue.taskDone(), InterprocError, 'ERR_TASK_DONE');
  });

  it('may be called by another than the one that took the item', async () => {
    const queue = own(new JoinableQueue<number>());
    queue.putNowait(1);
    const consumer = new Peer('joinable', 'take', { name: queue.name, count: 1, finish: 0 });
    await consumer.event('taken');
    queue.taskDone();
    await queue.join();
  });

  it('counts items of batches and large items', async () => {
    const queue = own(new JoinableQueue<number | Buffer>());
    await queue.putMany([1, 2, 3]);
    await queue.put(Buffer.alloc(1 << 20, 1));
    expect(await queue.getMany(10)).toEqual([1, 2, 3]);
    await queue.get();
    for (let n = 0; n < 4; n++) queue.taskDone();
    throws(() => queue.taskDone(), InterprocError, 'ERR_TASK_DONE');
    await queue.join();
  });
});

describe('a joinable queue', () => {
  it('is opened as what it is', () => {
    const queue = own(new JoinableQueue({ name: `joinable-${process.pid}` }));
    throws(() => Queue.open(queue.name), LayoutMismatchError, 'ERR_LAYOUT_MISMATCH');
    const plain = own(new Queue());
    throws(() => JoinableQueue.open(plain.name), LayoutMismatchError, 'ERR_LAYOUT_MISMATCH');
    expect(own(JoinableQueue.openOrCreate(queue.name))).toBeInstanceOf(JoinableQueue);
    expect(queue.handle.kind).toBe('joinable-queue');
  });

  it('refuses misspelt options of join', async () => {
    const queue = own(new JoinableQueue());
    const options = { ignorelost: true } as object;
    await rejects(queue.join(options), TypeError, 'ERR_UNKNOWN_OPTION');
    throws(() => queue.joinSync(options), TypeError, 'ERR_UNKNOWN_OPTION');
    await rejects(queue.join({ ignoreLost: 1 } as object), TypeError, 'ERR_INVALID_ARG_TYPE');
    queue.close();
    await rejects(queue.join(), InterprocError, 'ERR_CLOSED');
    throws(() => queue.taskDone(), InterprocError, 'ERR_CLOSED');
  });
});
