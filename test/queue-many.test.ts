import { deepStrictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { Empty, Full, Queue, SerializationError, ShutDown } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { isPending } from './helpers/time.js';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** All of `count` items, in whatever portions they come. */
async function takeAll<T>(queue: Queue<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) taken.push(...(await queue.getMany(count - taken.length)));
  return taken;
}

describe('putMany and getMany', () => {
  it('move many items at once, in order', async () => {
    const queue = own(new Queue<number>());
    await queue.putMany(numbers(5000));
    expect(queue.qsize()).toBe(5000);
    expect(await takeAll(queue, 5000)).toEqual(numbers(5000));
    queue.putManySync(numbers(5000));
    const taken: number[] = [];
    while (taken.length < 5000) taken.push(...queue.getManySync(5000));
    expect(taken).toEqual(numbers(5000));
  });

  it('give no more than was asked for, and what there is without waiting for more', async () => {
    const queue = own(new Queue<number>());
    queue.putManySync([1, 2, 3, 4, 5]);
    expect(await queue.getMany(2)).toEqual([1, 2]);
    expect(queue.getManySync(100)).toEqual([3, 4, 5]);
    throws(() => queue.getManySync(1, { block: false }), Empty, 'ERR_QUEUE_EMPTY');
  });

  it('wait for the first item only', async () => {
    const queue = own(new Queue<number>());
    const items = queue.getMany(10);
    expect(await isPending(items)).toBe(true);
    queue.putManySync([1, 2]);
    expect(await items).toEqual([1, 2]);
  });

  it('take any iterable, and nothing for an empty one', async () => {
    const queue = own(new Queue<number>());
    await queue.putMany(new Set([1, 2]));
    queue.putManySync(
      (function* () {
        yield 3;
        yield 4;
      })(),
    );
    await queue.putMany([]);
    queue.putManySync([]);
    expect(queue.getManySync(9)).toEqual([1, 2, 3, 4]);
    for (const wrong of [undefined, 5, {}, null] as unknown as number[][]) {
      await rejects(queue.putMany(wrong), TypeError, 'ERR_INVALID_ARG_TYPE');
      throws(() => queue.putManySync(wrong), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
  });

  it('refuse a number of items that is none', async () => {
    const queue = own(new Queue<number>());
    for (const max of [0, -1, 1.5, Number.NaN])
      await rejects(queue.getMany(max), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => queue.getManySync('1' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
  });

  it('put nothing where one item in the middle cannot be encoded', async () => {
    const queue = own(new Queue<unknown>());
    const items = [1, { fine: true }, { a: [() => {}] }, 4];
    const error = await rejects(queue.putMany(items), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect(error).toMatchObject({ path: '$.a[0]' });
    throws(() => queue.putManySync(items), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect(queue.empty()).toBe(true);
  });

  it('go on where a batch is larger than the queue', async () => {
    const queue = own(new Queue<Buffer>({ capacity: 4096, codec: 'raw' }));
    const items = numbers(5000).map((n) => Buffer.alloc(n % 200, n));
    const put = queue.putMany(items);
    deepStrictEqual(await takeAll(queue, items.length), items);
    await put;
    expect(queue.empty()).toBe(true);
  });

  it('keep two batches that wait apart and in order', async () => {
    const queue = own(new Queue<string>(7));
    const first = numbers(300).map((n) => `a${n}`);
    const second = numbers(300).map((n) => `b${n}`);
    const puts = [queue.putMany(first), queue.putMany(second), queue.put('last')];
    expect(await takeAll(queue, 601)).toEqual([...first, ...second, 'last']);
    await Promise.all(puts);
  });

  it('carry large items among small ones', async () => {
    const queue = own(new Queue<Buffer>({ capacity: 8192, codec: 'raw' }));
    const items = numbers(60).map((n) => Buffer.alloc(n % 10 === 0 ? 300_000 : n, n));
    const put = queue.putMany(items);
    deepStrictEqual(await takeAll(queue, items.length), items);
    await put;
  });

  it('say how many went in when time ran out', async () => {
    const queue = own(new Queue<number>(5));
    const late = await rejects(queue.putMany(numbers(8), { timeout: 50 }), Full, 'ERR_QUEUE_FULL');
    expect(late).toMatchObject({ count: 5 });
    expect(queue.getManySync(9)).toEqual([0, 1, 2, 3, 4]);
    const sync = throws(
      () => queue.putManySync(numbers(8), { timeout: 50 }),
      Full,
      'ERR_QUEUE_FULL',
    );
    expect(sync).toMatchObject({ count: 5 });
    const once = throws(() => queue.putManySync([9], { block: false }), Full, 'ERR_QUEUE_FULL');
    expect(once).toMatchObject({ count: 0 });
    expect(queue.getManySync(9)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are not refused for want of room only because another process is putting, too', async () => {
    const queue = own(new Queue<number>({ capacity: 64 * 1024 * 1024 }));
    const [batches, size] = [3000, 200];
    const peers = [1, 2, 3].map(
      () => new Peer('queue', 'putManyNowait', { name: queue.name, batches, size }),
    );
    for (const peer of peers) await peer.event('ready');
    for (const peer of peers) peer.go();
    for (const peer of peers) expect((await peer.event('done'))['refused']).toBe(0);
    expect(queue.qsize()).toBe(peers.length * batches * size);
  });

  it('leave what went in where the rest was aborted or shut down', async () => {
    const queue = own(new Queue<number>(2));
    const controller = new AbortController();
    const aborted = queue.putMany([1, 2, 3], { signal: controller.signal });
    controller.abort();
    await rejects(aborted, Error, 'ABORT_ERR');
    expect(queue.getManySync(9)).toEqual([1, 2]);
    const cut = queue.putMany([4, 5, 6]);
    queue.shutdown();
    await rejects(cut, ShutDown, 'ERR_QUEUE_SHUTDOWN');
    expect(queue.getManySync(9)).toEqual([4, 5]);
  });

  it('feed other processes that take one at a time', async () => {
    const queue = own(new Queue<number>({ capacity: 4096 }));
    const peer = new Peer('queue', 'consumeMixed', { name: queue.name });
    await queue.putMany(numbers(5000));
    queue.shutdown();
    expect((await peer.event('end'))['items']).toEqual(numbers(5000));
  });
});
