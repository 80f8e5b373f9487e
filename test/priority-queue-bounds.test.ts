import { describe, expect, it } from 'vitest';
import { Empty, Full, MessageTooLargeError, PriorityQueue } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { isPending } from './helpers/time.js';

describe('the bounds of a PriorityQueue', () => {
  it('are maxsize items, and a get makes room for the one that waits', async () => {
    const queue = own(new PriorityQueue<number>(2));
    expect(queue.maxsize).toBe(2);
    queue.putSync(1, { priority: 1 });
    queue.putSync(2, { priority: 2 });
    expect(queue.full()).toBe(true);
    throws(() => queue.putNowait(0, { priority: -1 }), Full, 'ERR_QUEUE_FULL');
    throws(() => queue.putSync(0, { priority: -1, timeout: 20 }), Full, 'ERR_QUEUE_FULL');
    await rejects(queue.put(0, { timeout: 20 }), Full, 'ERR_QUEUE_FULL');
    const put = queue.put(0, { priority: -1 });
    expect(await isPending(put)).toBe(true);
    expect(queue.getSync()).toBe(1);
    await put;
    expect([queue.getNowait(), queue.getNowait()]).toEqual([0, 2]);
    throws(() => queue.getNowait(), Empty, 'ERR_QUEUE_EMPTY');
    await rejects(queue.get({ timeout: 20 }), Empty, 'ERR_QUEUE_EMPTY');
  });

  it('say how many of a batch went in', async () => {
    const queue = own(new PriorityQueue<number>({ maxsize: 3 }));
    const error = await rejects(
      queue.putMany([1, 2, 3, 4, 5], { timeout: 20 }),
      Full,
      'ERR_QUEUE_FULL',
    );
    expect(error).toHaveProperty('count', 3);
    expect(queue.qsize()).toBe(3);
  });

  it('are capacity bytes, of which an item takes 16 beside its own', () => {
    const queue = own(new PriorityQueue<Buffer>({ capacity: 4096, codec: 'raw' }));
    expect(queue.capacity).toBe(4096);
    for (let n = 0; n < 4096 / 64; n++) queue.putNowait(Buffer.alloc(48));
    expect(queue.full()).toBe(true);
    throws(() => queue.putNowait(Buffer.alloc(0)), Full, 'ERR_QUEUE_FULL');
    queue.getNowait();
    throws(() => queue.putNowait(Buffer.alloc(49)), Full, 'ERR_QUEUE_FULL');
    queue.putNowait(Buffer.alloc(48));
  });

  it('let an item of any size into an empty queue, and a small one of low priority pass it later', async () => {
    const queue = own(new PriorityQueue<Buffer>({ capacity: 4096, codec: 'raw' }));
    const large = Buffer.alloc(30_000_001, 'interproc');
    queue.putNowait(large, { priority: 1 });
    throws(() => queue.putNowait(Buffer.from('x')), Full, 'ERR_QUEUE_FULL');
    const small = queue.put(Buffer.from('small'));
    expect(large.equals(await queue.get())).toBe(true);
    await small;
    expect(String(queue.getNowait())).toBe('small');
  });

  it('refuse what is larger than maxBytes, and queue nothing of it', () => {
    const queue = own(new PriorityQueue<Buffer>({ maxBytes: 100, codec: 'raw' }));
    throws(() => queue.putSync(Buffer.alloc(101)), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    queue.putSync(Buffer.alloc(100));
    expect(queue.qsize()).toBe(1);
  });

  it('hold for items of every size around a block of the memory', async () => {
    const queue = own(new PriorityQueue<Buffer>({ codec: 'raw' }));
    for (let size = 0; size < 300; size++)
      await queue.put(Buffer.alloc(size, size), { priority: -size });
    for (let size = 299; size >= 0; size--)
      expect(Buffer.alloc(size, size).equals(await queue.get())).toBe(true);
  });
});
