import { describe, expect, it } from 'vitest';
import {
  attach,
  InterprocError,
  LayoutMismatchError,
  PriorityQueue,
  Queue,
  SerializationError,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { nameFor } from './helpers/segments.js';

describe('a PriorityQueue', () => {
  it.each([NaN, Infinity, -Infinity])('refuses %s for a priority', async (priority) => {
    const queue = own(new PriorityQueue());
    throws(() => queue.putSync(1, { priority }), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => queue.putNowait(1, { priority }), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => queue.putManySync([1], { priority }), RangeError, 'ERR_OUT_OF_RANGE');
    await rejects(queue.put(1, { priority }), RangeError, 'ERR_OUT_OF_RANGE');
    await rejects(queue.putMany([1], { priority }), RangeError, 'ERR_OUT_OF_RANGE');
    expect(queue.qsize()).toBe(0);
  });

  it.each(['1', null, 1n, true, {}, [1]])('refuses %o for a priority', async (given) => {
    const queue = own(new PriorityQueue());
    const options = { priority: given } as unknown as { priority: number };
    throws(() => queue.putSync(1, options), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => queue.putNowait(1, options), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(queue.put(1, options), TypeError, 'ERR_INVALID_ARG_TYPE');
    expect(queue.qsize()).toBe(0);
  });

  it('refuses misspelt options, and a priority where none belongs', async () => {
    const queue = own(new PriorityQueue());
    const misspelt = { priorty: 1 } as object;
    throws(() => queue.putNowait(1, misspelt), Error, 'ERR_UNKNOWN_OPTION');
    await rejects(queue.put(1, misspelt), Error, 'ERR_UNKNOWN_OPTION');
    await rejects(queue.get({ priority: 1 } as object), Error, 'ERR_UNKNOWN_OPTION');
    throws(() => new PriorityQueue({ priority: 1 } as object), Error, 'ERR_UNKNOWN_OPTION');
  });

  it('queues nothing of an item that cannot travel', async () => {
    const queue = own(new PriorityQueue<unknown>());
    await rejects(queue.put({ deep: () => 1 }), SerializationError, 'ERR_NOT_SERIALIZABLE');
    throws(() => queue.putManySync([1, () => 1]), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect(queue.empty()).toBe(true);
  });

  it.each(['msgpack', 'v8', 'json', 'raw'] as const)(
    'carries items of codec %s as they are',
    async (codec) => {
      const queue = own(new PriorityQueue<unknown>({ codec }));
      // Of lengths at which the scratch buffer is exactly full, and around them.
      for (const length of [0, 1, 4080, 4096, 65_520, 65_528, 65_535, 65_536, 200_000]) {
        const item = codec === 'raw' ? Buffer.alloc(length, 1) : 'x'.repeat(length);
        await queue.put(item, { priority: Math.PI });
        const arrived = await queue.get();
        expect(
          codec === 'raw' ? (item as Buffer).equals(arrived as Buffer) : arrived === item,
        ).toBe(true);
      }
    },
  );

  it('travels as a handle and is opened by name, as itself only', async () => {
    const queue = own(new PriorityQueue<number>());
    expect(queue.handle).toEqual({ interproc: 1, kind: 'priority-queue', name: queue.name });
    for (const priority of [2, 1, 3]) queue.putSync(priority, { priority });
    const peer = new Peer('priority', 'drain', { handle: queue.handle });
    expect(await peer.event('drained')).toMatchObject({ items: [1, 2, 3], isPriorityQueue: true });
    own(attach(queue.handle)).close();
    throws(() => Queue.open(queue.name), LayoutMismatchError, 'ERR_LAYOUT_MISMATCH');
    const fifo = own(new Queue());
    throws(() => PriorityQueue.open(fifo.name), LayoutMismatchError, 'ERR_LAYOUT_MISMATCH');
  });

  it('arrives attached where it is an item of a queue', () => {
    const queue = own(new PriorityQueue<unknown>());
    const inner = own(new PriorityQueue<string>());
    inner.putSync('inside');
    queue.putSync({ inner });
    const { inner: arrived } = queue.getSync() as { inner: PriorityQueue<string> };
    expect(own(arrived)).toBeInstanceOf(PriorityQueue);
    expect(arrived.getNowait()).toBe('inside');
  });

  it('is opened or created, and contradicting options are refused', () => {
    const name = nameFor('priority');
    throws(() => PriorityQueue.open(name), Error, 'ENOENT');
    const first = own(PriorityQueue.openOrCreate<number>(name, { maxsize: 5, capacity: 5000 }));
    const second = own(PriorityQueue.openOrCreate<number>(name, { maxsize: 5, capacity: 8192 }));
    first.putSync(1);
    expect(second.getNowait()).toBe(1);
    throws(
      () => PriorityQueue.openOrCreate(name, { maxsize: 6 }),
      InterprocError,
      'ERR_OPTIONS_MISMATCH',
    );
    throws(() => new PriorityQueue({ name }), Error, 'EEXIST');
    PriorityQueue.unlink(name);
    throws(() => PriorityQueue.open(name), Error, 'ENOENT');
  });
});
