import { describe, expect, it } from 'vitest';
import { Full, Queue } from '../dist/index.js';
import { throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { until } from './helpers/time.js';

/** For blocking calls that a fault elsewhere would keep for ever: no test timeout ends those. */
const patience = { timeout: 30_000 };

describe('items arrive in order', () => {
  it('from each of several producing processes', async () => {
    const queue = own(new Queue<[number, number]>({ capacity: 4096 }));
    const count = 2000;
    const forms = ['sync', 'promise', 'mixed'];
    const peers = forms.map(
      (form, id) => new Peer('queue', 'produce', { name: queue.name, id, count, form }),
    );
    const next = forms.map(() => 0);
    for (let taken = 0; taken < count * forms.length; taken++) {
      const [id, n] = taken % 3 === 0 ? queue.getSync(patience) : await queue.get();
      expect(n).toBe(next[id]);
      next[id] = n + 1;
    }
    for (const peer of peers) expect(await peer.ended).toEqual({ code: 0, signal: null });
    expect(queue.empty()).toBe(true);
  });

  it('with pending gets served first come, first served', async () => {
    const queue = own(new Queue<number>());
    const waiting = [queue.get(), queue.get(), queue.get()];
    for (const item of [1, 2, 3]) queue.putSync(item);
    expect(await Promise.all(waiting)).toEqual([1, 2, 3]);
  });

  it('when puts wait for room, large and small alike', async () => {
    const queue = own(new Queue<Buffer>({ capacity: 4096 }));
    for (let n = 0; n < 4; n++) queue.putNowait(Buffer.alloc(900, 1));
    const before = queue.qsize();
    // The small one would fit where the large one does not.
    const large = queue.put(Buffer.alloc(1000, 2));
    const small = queue.put(Buffer.alloc(1, 3));
    throws(() => queue.putNowait(Buffer.alloc(1, 4)), Full, 'ERR_QUEUE_FULL');
    throws(() => queue.putSync(Buffer.alloc(1, 4), { timeout: 60 }), Full, 'ERR_QUEUE_FULL');
    expect(queue.qsize()).toBe(before);
    const marks: (number | undefined)[] = [];
    for (let taken = 0; taken < before + 2; taken++) marks.push((await queue.get())[0]);
    await Promise.all([large, small]);
    expect(marks.slice(-2)).toEqual([2, 3]);
    expect(queue.empty()).toBe(true);
  });

  it('when a synchronous put comes behind pending ones', async () => {
    const queue = own(new Queue<number>(1));
    queue.putSync(1);
    const pending = [queue.put(2), queue.put(3)];
    const peer = new Peer('queue', 'consumeMixed', { name: queue.name });
    queue.putSync(4, patience);
    await Promise.all(pending);
    await until(() => queue.empty());
    queue.shutdown();
    expect((await peer.event('end'))['items']).toEqual([1, 2, 3, 4]);
  });

  it('when a synchronous get comes behind pending ones', async () => {
    const queue = own(new Queue<number>());
    const pending = queue.get();
    const peer = new Peer('queue', 'produce', { name: queue.name, id: 7, count: 2, form: 'sync' });
    expect(queue.getSync(patience)).toEqual([7, 1]);
    expect(await pending).toEqual([7, 0]);
    expect(await peer.ended).toEqual({ code: 0, signal: null });
  });

  it('in a process that mixes both forms of get', async () => {
    const queue = own(new Queue<number>());
    const peer = new Peer('queue', 'consumeMixed', { name: queue.name });
    await peer.event('ready');
    const items = Array.from({ length: 500 }, (_, n) => n);
    for (const item of items) await queue.put(item);
    queue.shutdown();
    const { items: seen, error } = await peer.event('end');
    expect(seen).toEqual(items);
    expect(error).toEqual({ class: 'ShutDown', code: 'ERR_QUEUE_SHUTDOWN' });
  });
});
