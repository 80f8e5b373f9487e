import { describe, expect, it } from 'vitest';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  InterprocError,
  JoinableQueue,
  Lock,
  PriorityQueue,
  Queue,
  RemoteError,
  RLock,
  Semaphore,
  SharedArray,
  SyncManager,
  Value,
} from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { managerForAll } from './helpers/managers.js';
import { own } from './helpers/owned.js';

const manager = managerForAll();

describe('an object that a manager is asked to share', () => {
  it('is the one of this package, attached, for every type that has one', async () => {
    const m = manager();
    const shared = { shared: true } as const;
    const before = await m.numberOfObjects();
    const lock = own(await m.Lock(shared));
    const queue = own(await m.Queue({ ...shared, maxsize: 3 }));
    const made: [object, new (...args: never[]) => object][] = [
      [lock, Lock],
      [queue, Queue],
      [own(await m.JoinableQueue(shared)), JoinableQueue],
      [own(await m.PriorityQueue(shared)), PriorityQueue],
      [own(await m.Event(shared)), Event],
      [own(await m.RLock(shared)), RLock],
      [own(await m.Semaphore(2, shared)), Semaphore],
      [own(await m.BoundedSemaphore(2, shared)), BoundedSemaphore],
      [own(await m.Condition(lock, shared)), Condition],
      [own(await m.Barrier(2, { ...shared, timeout: 10 })), Barrier],
      [own(await m.Value('i', 5, shared)), Value],
      [own(await m.Array('d', [1, 2], shared)), SharedArray],
    ];
    for (const [object, Class] of made) {
      // A SharedArray is a typed array; its class says so by its handle.
      if (Class === SharedArray) expect((object as SharedArray).handle.kind).toBe('array');
      else expect(object).toBeInstanceOf(Class);
    }
    expect(queue.maxsize).toBe(3);
    // They are no objects behind proxies.
    expect(await m.numberOfObjects()).toBe(before);
  });

  it('is kept by the server when every client has closed it', async () => {
    const queue = await manager().Queue<number>({ shared: true });
    const { name } = queue;
    queue.putNowait(1);
    queue.close();
    const again = own(Queue.open<number>(name));
    expect(again.getNowait()).toBe(1);
  });

  it('goes with the server', async () => {
    const other = await new SyncManager().start();
    const queue = await other.Queue({ shared: true });
    queue.close();
    await other.shutdown();
    expect(() => Queue.open(queue.name)).toThrow(InterprocError);
  });

  it('is refused where client and server share no memory', async () => {
    const server = await new SyncManager({ address: { port: 0 } }).start();
    try {
      for (const make of [
        () => server.Queue({ shared: true }),
        () => server.Lock({ shared: true }),
        () => server.Semaphore(1, { shared: true }),
        () => server.Array('i', 3, { shared: true }),
      ]) {
        const error = await rejects(make(), RemoteError, 'ERR_REMOTE');
        expect(error.message).toMatch(/machine of the server/);
      }
      const queue = await server.Queue<number>({ shared: false });
      await queue.put(1);
      expect(await queue.get()).toBe(1);
    } finally {
      await server.shutdown();
    }
  });

  it('takes the options of its class, and refuses others', async () => {
    const m = manager();
    const name = `manager-shared-${process.pid}`;
    const named = own(await m.Lock({ shared: true, name }));
    expect(named.name).toBe(name);
    await rejects(m.Lock({ shared: true, name }), InterprocError, 'EEXIST');
    const create = (...args: unknown[]) => m.create(...(args as [string])) as Promise<unknown>;
    await rejects(create('Lock', { shared: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(create('Lock', { name: 'x' }), TypeError, 'ERR_UNKNOWN_OPTION');
    await rejects(create('Queue', { shared: true, size: 1 }), TypeError, 'ERR_UNKNOWN_OPTION');
  });
});
