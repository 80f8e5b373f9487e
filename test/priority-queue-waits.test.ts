import { describe, expect, it } from 'vitest';
import { ClosedError, PriorityQueue, ShutDown, wait } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { isPending } from './helpers/time.js';

describe('a wait on a PriorityQueue', () => {
  it.each([true, false])(
    'for an item is woken by a put of another process (sync: %s)',
    async (sync) => {
      const queue = own(new PriorityQueue<string>());
      const peer = new Peer('priority', 'get', { name: queue.name, sync });
      await peer.event('waiting');
      await queue.put('here');
      expect((await peer.event('got'))['value']).toBe('here');
    },
  );

  it('gives several waiting gets the items by their priority as they come', async () => {
    const queue = own(new PriorityQueue<number>());
    const gets = [queue.get(), queue.get(), queue.get()];
    queue.putSync(3, { priority: 3 });
    queue.putSync(1, { priority: 1 });
    queue.putSync(2, { priority: 2 });
    expect((await Promise.all(gets)).sort()).toEqual([1, 2, 3]);
  });

  it('may be one for several objects', async () => {
    const queue = own(new PriorityQueue<number>());
    const other = own(new PriorityQueue<number>());
    const ready = wait([other, queue]);
    expect(await isPending(ready)).toBe(true);
    queue.putSync(1);
    expect(await ready).toEqual([queue]);
  });

  it('ends with an abort, which takes nothing', async () => {
    const queue = own(new PriorityQueue<number>());
    const abort = new AbortController();
    const get = queue.get({ signal: abort.signal });
    abort.abort();
    await expect(get).rejects.toMatchObject({ code: 'ABORT_ERR' });
    queue.putSync(1);
    expect(queue.getNowait()).toBe(1);
  });

  it('ends with the handle', async () => {
    const queue = new PriorityQueue<number>();
    const get = queue.get();
    queue.close();
    await rejects(get, ClosedError, 'ERR_CLOSED');
    throws(() => queue.qsize(), ClosedError, 'ERR_CLOSED');
    throws(() => queue.putNowait(1, { priority: 1 }), ClosedError, 'ERR_CLOSED');
  });

  it('ends with a shutdown once everything is taken, in every process', async () => {
    const queue = own(new PriorityQueue<number>());
    const peer = new Peer('priority', 'get', { name: queue.name, sync: true });
    await peer.event('waiting');
    queue.shutdown();
    expect((await peer.event('got'))['error']).toEqual({
      class: 'ShutDown',
      code: 'ERR_QUEUE_SHUTDOWN',
    });
  });

  it('for room ends with a shutdown, and what was queued before can be taken', async () => {
    const queue = own(new PriorityQueue<number>(1));
    queue.putSync(1);
    const put = queue.put(2);
    expect(await isPending(put)).toBe(true);
    queue.shutdown();
    await rejects(put, ShutDown, 'ERR_QUEUE_SHUTDOWN');
    throws(() => queue.putNowait(3), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    const items: number[] = [];
    for await (const item of queue) items.push(item);
    expect(items).toEqual([1]);
    throws(() => queue.getNowait(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });

  it('finds nothing any more after an immediate shutdown', async () => {
    const queue = own(new PriorityQueue<number>());
    queue.putSync(1);
    queue.shutdown({ immediate: true });
    expect(queue.qsize()).toBe(0);
    await rejects(queue.get(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });
});
