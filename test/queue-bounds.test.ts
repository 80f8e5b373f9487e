import { describe, expect, it } from 'vitest';
import { Full, MessageTooLargeError, Queue } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { isPending } from './helpers/time.js';

describe('the bounds of a queue', () => {
  it('are a number of items, given as in Python or as an option', () => {
    for (const queue of [own(new Queue<number>(3)), own(new Queue<number>({ maxsize: 3 }))]) {
      expect(queue.maxsize).toBe(3);
      for (const item of [1, 2, 3]) {
        expect(queue.full()).toBe(false);
        queue.putNowait(item);
      }
      expect(queue.full()).toBe(true);
      expect(queue.qsize()).toBe(3);
      throws(() => queue.putNowait(4), Full, 'ERR_QUEUE_FULL');
      queue.getNowait();
      expect(queue.full()).toBe(false);
      queue.putNowait(4);
    }
  });

  it('are bytes alone where maxsize is zero, negative or left out', () => {
    for (const maxsize of [0, -1, undefined]) {
      const queue = own(new Queue<number>({ maxsize, capacity: 4096 }));
      expect(queue.maxsize).toBe(0);
      let put = 0;
      for (; !queue.full(); put++) queue.putNowait(put);
      expect(put).toBeGreaterThan(100);
      throws(() => queue.putNowait(put), Full, 'ERR_QUEUE_FULL');
      for (let item = 0; item < put; item++) expect(queue.getNowait()).toBe(item);
    }
  });

  it('cost at most 16 bytes for each small item beside its payload', () => {
    const queue = own(new Queue<Uint8Array>({ capacity: 65536, codec: 'raw' }));
    const item = Buffer.alloc(8);
    let put = 0;
    for (; !queue.full(); put++) queue.putNowait(item);
    expect(put).toBeGreaterThanOrEqual(Math.floor(queue.capacity / (8 + 16)) - 1);
  });

  it('leave at least half of the capacity for small items after any amount of light traffic', () => {
    const queue = own(new Queue<Uint8Array>({ codec: 'raw' }));
    const item = Buffer.alloc(8);
    const fill = () => {
      let put = 0;
      for (; !queue.full(); put++) queue.putNowait(item);
      for (let taken = 0; taken < put; taken++) queue.getNowait();
      return put;
    };
    const fresh = fill();
    for (let round = 0; round < 40; round++) {
      for (let n = 0; n < round * 53 + 500; n++) {
        queue.putNowait(item);
        queue.getNowait();
      }
      expect(fill()).toBeGreaterThanOrEqual(Math.floor(fresh / 2) - 1);
    }
  });

  it('say capacity as it is: the power of two above what was asked for', () => {
    expect(own(new Queue()).capacity).toBe(1024 * 1024);
    expect(own(new Queue({ capacity: 1 })).capacity).toBe(4096);
    expect(own(new Queue({ capacity: 5000 })).capacity).toBe(8192);
  });

  it('are seen alike by another process as soon as a put or a get has returned', async () => {
    const queue = own(new Queue<number>(2));
    const peer = new Peer('queue', 'look', { name: queue.name });
    await peer.event('ready');
    const look = async () => {
      peer.go();
      const { qsize, empty, full } = await peer.event('seen');
      return [qsize, empty, full];
    };
    expect(await look()).toEqual([0, true, false]);
    for (let round = 0; round < 20; round++) {
      queue.putSync(1);
      expect(await look()).toEqual([1, false, false]);
      await queue.put(2);
      expect(await look()).toEqual([2, false, true]);
      queue.getNowait();
      expect(await look()).toEqual([1, false, false]);
      await queue.get();
      expect(await look()).toEqual([0, true, false]);
    }
  });

  it('never hide an item that another process has put', async () => {
    const queue = own(new Queue<number>());
    const items = Array.from({ length: 30 }, (_, n) => n);
    const peer = new Peer('queue', 'putOnGo', { name: queue.name, items });
    await peer.event('ready');
    for (const item of items) {
      peer.go();
      await peer.event('put');
      expect([queue.qsize(), queue.empty()]).toEqual([1, false]);
      expect(queue.getNowait()).toBe(item);
    }
  });

  it('refuse an item larger than maxBytes, and only such', async () => {
    const queue = own(new Queue<Uint8Array>({ codec: 'raw', maxBytes: 100 }));
    await rejects(queue.put(Buffer.alloc(101)), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    throws(() => queue.putSync(Buffer.alloc(101)), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    throws(() => queue.putNowait(Buffer.alloc(101)), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    expect(queue.qsize()).toBe(0);
    queue.putSync(Buffer.alloc(100, 7));
    expect(queue.getSync()).toEqual(Buffer.alloc(100, 7));
  });

  it('let a put wait until another process has taken something', async () => {
    const queue = own(new Queue<number>(1));
    queue.putSync(1);
    const put = queue.put(2);
    expect(await isPending(put)).toBe(true);
    const peer = new Peer('queue', 'getSync', { name: queue.name });
    expect((await peer.event('got'))['value']).toBe(1);
    await put;
    expect(queue.getNowait()).toBe(2);
  });

  it('refuse what is no bound', () => {
    throws(() => new Queue('3' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => new Queue(1.5), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => new Queue(Number.NaN), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => new Queue({ capacity: 0 }), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => new Queue({ capacity: 2 ** 31 }), RangeError, 'ERR_OUT_OF_RANGE');
    throws(
      () => new Queue({ maxBytes: '1' as unknown as number }),
      TypeError,
      'ERR_INVALID_ARG_TYPE',
    );
    const misspelt = { maxSize: 3 } as object;
    expect(() => new Queue(misspelt)).toThrow(/maxsize/);
    expect(() => new Queue(misspelt)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_OPTION' }),
    );
  });
});
