import { describe, expect, it } from 'vitest';
import { Queue, ShutDown } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

const refused = { class: 'ShutDown', code: 'ERR_QUEUE_SHUTDOWN' };

describe('shutdown', () => {
  it('refuses every later put and lets gets drain what is there', async () => {
    const queue = own(new Queue<number>());
    queue.putManySync([1, 2, 3]);
    queue.shutdown();
    queue.shutdown();
    await rejects(queue.put(4), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    throws(() => queue.putSync(4), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    throws(() => queue.putNowait(4), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    await rejects(queue.putMany([4]), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    throws(() => queue.putManySync([4]), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    expect(queue.qsize()).toBe(3);
    expect(queue.getSync()).toBe(1);
    expect(await queue.get()).toBe(2);
    expect(queue.getNowait()).toBe(3);
    await rejects(queue.get(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    throws(() => queue.getSync(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    throws(() => queue.getNowait(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    await rejects(queue.getMany(2), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    throws(() => queue.getManySync(2), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });

  it('drops what is there where it is immediate', async () => {
    const queue = own(new Queue<number>());
    queue.putManySync([1, 2, 3]);
    queue.shutdown({ immediate: true });
    expect([queue.qsize(), queue.empty()]).toEqual([0, true]);
    throws(() => queue.getNowait(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
    await rejects(queue.get(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });

  it('can become immediate later', () => {
    const queue = own(new Queue<number>());
    queue.putManySync([1, 2]);
    queue.shutdown();
    expect(queue.getSync()).toBe(1);
    queue.shutdown({ immediate: true });
    throws(() => queue.getNowait(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });

  it('wakes those who wait for an item, in every process and form', async () => {
    const queue = own(new Queue<number>());
    const peers = ['getSync', 'get', 'getSync'].map(
      (action) => new Peer('queue', action, { name: queue.name }),
    );
    const here = [queue.get(), queue.getMany(4)];
    for (const peer of peers) await peer.event('waiting');
    queue.shutdown();
    for (const wait of here) await rejects(wait, ShutDown, 'ERR_QUEUE_SHUTDOWN');
    for (const peer of peers) expect((await peer.event('got'))['error']).toEqual(refused);
  });

  it('wakes those who wait for room, in every process and form', async () => {
    const queue = own(new Queue<string>(1));
    queue.putSync('first');
    const peers = [true, false].map(
      (sync) => new Peer('queue', 'put', { name: queue.name, item: 'never', sync }),
    );
    const here = [queue.put('never'), queue.putMany(['never'])];
    for (const peer of peers) await peer.event('waiting');
    queue.shutdown();
    for (const wait of here) await rejects(wait, ShutDown, 'ERR_QUEUE_SHUTDOWN');
    for (const peer of peers) expect((await peer.event('put'))['error']).toEqual(refused);
    expect(queue.getSync()).toBe('first');
    throws(() => queue.getNowait(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });

  it('reaches whoever attaches afterwards', async () => {
    const queue = own(new Queue<string>());
    queue.putSync('left');
    queue.shutdown();
    const peer = new Peer('queue', 'consumeMixed', { name: queue.name });
    expect(await peer.event('end')).toMatchObject({ items: ['left'], error: refused });
  });

  it('loses no put that had returned while producers in other processes go on', async () => {
    const queue = own(new Queue<[number, number]>({ capacity: 4096 }));
    const count = 100_000;
    const peers = [0, 1].map(
      (id) => new Peer('queue', 'produce', { name: queue.name, id, count, form: 'sync' }),
    );
    const next = [0, 0];
    const take = ([id, n]: [number, number]) => {
      expect(n).toBe(next[id]);
      next[id] = n + 1;
    };
    for (let taken = 0; taken < 500; taken++) take(await queue.get());
    queue.shutdown();
    for await (const item of queue) take(item);
    for (const peer of peers) {
      expect((await peer.ended).code).toBe(1);
      expect(peer.errors).toContain('ERR_QUEUE_SHUTDOWN');
    }
    expect(queue.qsize()).toBe(0);
    throws(() => queue.getNowait(), ShutDown, 'ERR_QUEUE_SHUTDOWN');
  });

  it('refuses options that do not exist', () => {
    const queue = own(new Queue());
    expect(() => queue.shutdown({ now: true } as object)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_OPTION' }),
    );
    queue.putSync(1);
  });
});

describe('for await over a queue', () => {
  it('gives items as they come and ends at the shutdown, once drained', async () => {
    const queue = own(new Queue<[number, number]>());
    const peer = new Peer('queue', 'produce', {
      name: queue.name,
      id: 0,
      count: 100,
      form: 'sync',
    });
    const ended = peer.ended.then(() => queue.shutdown());
    const items: number[] = [];
    for await (const [, n] of queue) items.push(n);
    await ended;
    expect(items).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it('loses nothing when it is left early', async () => {
    const queue = own(new Queue<number>());
    queue.putManySync([1, 2, 3]);
    for await (const item of queue) {
      expect(item).toBe(1);
      break;
    }
    expect(queue.getManySync(9)).toEqual([2, 3]);
    queue.putManySync([4, 5]);
    const thrown = (async () => {
      for await (const item of queue) throw new Error(`at ${item}`);
    })();
    await expect(thrown).rejects.toThrow('at 4');
    expect(queue.getNowait()).toBe(5);
  });

  it('fails when the handle is closed meanwhile', async () => {
    const queue = own(new Queue<number>());
    const loop = (async () => {
      for await (const item of queue) expect(item).toBeUndefined();
    })();
    queue.close();
    await expect(loop).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
