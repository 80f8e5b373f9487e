// What the leak runs do round after round: create, use, close. Everything here is local to one round, so whatever is still there
// after many rounds has leaked.
import {
  Barrier,
  BoundedSemaphore,
  Client,
  Condition,
  Event,
  JoinableQueue,
  Listener,
  Lock,
  Pipe,
  Pool,
  PriorityQueue,
  Process,
  Queue,
  RawArray,
  RawValue,
  RLock,
  Semaphore,
  ShareableList,
  SharedArray,
  SharedMemory,
  SharedMemoryManager,
  SimpleQueue,
  struct,
  Value,
  c_double,
  c_int,
  attach,
  wait,
} from '../../dist/index.js';
import { answer, double } from './targets.mjs';

const item = { id: 7, v: 1.5, s: 'some text' };
const large = Buffer.alloc(300_000, 'x');
const Point = struct({ x: c_int, y: c_double });
/** Whoever gave something away looks every 100 ms whether it has arrived; in milliseconds. */
const inTransit = 500;
const module = new URL('targets.mjs', import.meta.url);

/** Runs `use` on a new object and on a second handle, made from the first as a receiver makes it; closes both. */
async function withHandles(object, use) {
  const again = attach(JSON.parse(JSON.stringify(object)));
  try {
    await use(object, again);
  } finally {
    again.close();
    object.close();
  }
}

/** A wait that begins, and is then aborted. */
async function abortOne(begin) {
  const stop = new AbortController();
  const waiting = begin(stop.signal);
  stop.abort();
  await refused(waiting, 'ABORT_ERR');
}

async function refused(promise, code) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (error?.code !== code) throw new Error(`expected ${code}, got ${error}`, { cause: error });
}

async function useQueue(queue, again) {
  queue.putSync(item);
  const waiting = [again.get(), again.get()];
  await queue.put(item);
  await Promise.all(waiting);
  await abortOne((signal) => queue.get({ signal }));
  const cut = again.get();
  again.close();
  await refused(cut, 'ERR_CLOSED');
}

async function useLock(lock, again) {
  lock.acquireSync().release();
  await again.run(() => undefined);
}

async function useContendedLock(lock, again) {
  await useLock(lock, again);
  const guard = lock.acquireSync();
  const next = again.acquire();
  await abortOne((signal) => again.acquire({ signal }));
  guard.release();
  (await next).release();
}

async function useSemaphore(semaphore, again) {
  const guard = semaphore.acquireSync();
  const next = again.acquire();
  await abortOne((signal) => again.acquire({ signal }));
  guard.release();
  (await next).release();
}

async function useCell(cell, again) {
  cell.acquireSync().release();
  await again.acquire();
  again.release();
}

/** `share`: the part of the rounds that a subject does whose rounds take long. */
export const subjects = {
  Queue: { round: () => withHandles(new Queue({ capacity: 4096 }), useQueue) },
  'Queue, large items': {
    share: 0.2,
    round: () =>
      withHandles(new Queue({ capacity: 4096 }), async (queue, again) => {
        await queue.put(large);
        await again.get();
      }),
  },
  'Queue that carries objects': {
    settle: inTransit,
    round: () =>
      withHandles(new SimpleQueue({ capacity: 4096 }), async (queue) => {
        const [near, far] = Pipe({ capacity: 4096 });
        const value = new Value('i', 3);
        queue.putSync({ far, value });
        const arrived = await queue.get();
        arrived.far.sendSync(arrived.value.value);
        await near.recv();
        for (const object of [near, value, arrived.far, arrived.value]) object.close();
      }),
  },
  'Queue that nobody closed': {
    gcEvery: 20,
    round: () => new Queue({ capacity: 4096 }).put(item),
  },
  JoinableQueue: {
    round: () =>
      withHandles(new JoinableQueue({ capacity: 4096 }), async (queue, again) => {
        queue.putSync(item);
        const joined = queue.join();
        await again.get();
        again.taskDone();
        await joined;
      }),
  },
  SimpleQueue: {
    round: () =>
      withHandles(new SimpleQueue({ capacity: 4096 }), async (queue, again) => {
        const waiting = again.get();
        await queue.put(item);
        await waiting;
      }),
  },
  PriorityQueue: { round: () => withHandles(new PriorityQueue({ capacity: 4096 }), useQueue) },
  Pipe: {
    async round() {
      const [near, far] = Pipe({ capacity: 4096 });
      const waiting = far.recv();
      await near.send(item);
      await waiting;
      await abortOne((signal) => far.recv({ signal }));
      far.sendBytesSync(Buffer.from('bytes'));
      near.recvBytesSync();
      const last = far.recv();
      near.close();
      await refused(last, 'ERR_EOF');
      far.close();
    },
  },
  'Pipe as a stream': {
    async round() {
      const [near, far] = Pipe({ capacity: 4096 });
      const stream = far.toDuplex();
      near.sendSync(item);
      for await (const _ of stream) break;
      near.close();
    },
  },
  Value: {
    round: () =>
      withHandles(new Value('i', 1), async (value, again) => {
        again.add(1);
        await useCell(value, again);
      }),
  },
  RawValue: { round: () => withHandles(RawValue('d', 1), (_, again) => again.exchange(2)) },
  'Value with an RLock': {
    async round() {
      const lock = new RLock();
      await withHandles(new Value(Point, { x: 1, y: 2 }, { lock }), useCell);
      lock.close();
    },
  },
  SharedArray: {
    round: () =>
      withHandles(new SharedArray('d', 100), async (array, again) => {
        array[5] = again[5] + 1;
        await useCell(array, again);
      }),
  },
  RawArray: {
    round: () =>
      withHandles(RawArray('c', 10), (array, again) => {
        array.value = Buffer.from('text');
        return again.raw;
      }),
  },
  'SharedArray of structs': {
    round: () =>
      withHandles(new SharedArray(Point, 10), (array, again) => {
        array.get(3).x = 5;
        again.set(4, { x: 1, y: 2 });
      }),
  },
  Lock: { round: () => withHandles(new Lock(), useContendedLock) },
  RLock: { round: () => withHandles(new RLock(), useLock) },
  Semaphore: { round: () => withHandles(new Semaphore(1), useSemaphore) },
  BoundedSemaphore: { round: () => withHandles(new BoundedSemaphore(1), useSemaphore) },
  Condition: {
    async round() {
      const lock = new Lock();
      await withHandles(new Condition(lock), async (condition, again) => {
        condition.acquireSync();
        const waiting = condition.wait();
        again.acquireSync();
        again.notify();
        again.release();
        await waiting;
        condition.release();
      });
      lock.close();
    },
  },
  Event: {
    round: () =>
      withHandles(new Event(), async (event, again) => {
        const waiting = [again.wait(), wait([again])];
        event.set();
        await Promise.all(waiting);
        event.clear();
        await abortOne((signal) => event.wait({ signal }));
      }),
  },
  Barrier: {
    round: () =>
      withHandles(new Barrier(2), async (barrier, again) => {
        await Promise.all([barrier.wait(), again.wait()]);
      }),
  },
  SharedMemory: {
    round: () =>
      withHandles(new SharedMemory({ create: true, size: 5000 }), (memory, again) => {
        memory.buf[10] = again.buf[10] + 1;
      }),
  },
  ShareableList: {
    round: () =>
      withHandles(new ShareableList([1, 'two', null]), (list, again) =>
        again.set(0, list.get(0) + 1),
      ),
  },
  SharedMemoryManager: {
    round() {
      const manager = new SharedMemoryManager().start();
      manager.SharedMemory(100).close();
      manager.ShareableList([1, 2]).close();
      manager.shutdown();
    },
  },
  'Listener and Client': {
    async round() {
      const listener = new Listener(undefined, { authkey: 'secret' });
      const [served, client] = await Promise.all([
        listener.accept(),
        Client(await addressOf(listener), { authkey: 'secret' }),
      ]);
      const waiting = served.recv();
      await client.send(item);
      await waiting;
      client.close();
      await refused(served.recv(), 'ERR_EOF');
      served.close();
      listener.close();
    },
  },
  Process: {
    share: 1 / 200,
    settle: inTransit,
    async round() {
      const [near, far] = Pipe({ capacity: 4096 });
      const child = new Process({ target: answer, args: [far], module }).start();
      await near.recv();
      await child.join();
      child.close();
      near.close();
    },
  },
  Pool: {
    share: 1 / 500,
    settle: inTransit,
    async round() {
      const pool = new Pool(2, { module });
      await pool.map(double, [1, 2, 3, 4]);
      for await (const _ of pool.imap(double, [1, 2, 3])) break;
      pool.close();
      await pool.join();
    },
  },
};

async function addressOf(listener) {
  await listener.ready;
  return listener.address;
}

const kept = [];

/** Leaks of each sort that the runs have to find: without them a check that cannot fail would look the same as no leak. */
export const planted = {
  'an object that stays referenced': {
    finds: ['maps', 'files'],
    round: () => kept.push(new Queue({ capacity: 4096 })),
  },
  'garbage that stays referenced': {
    finds: ['heap'],
    round: () => kept.push(Array(500).fill(0.5)),
  },
  'a buffer that stays referenced': {
    finds: ['external'],
    round: () => kept.push(Buffer.alloc(20_000)),
  },
  'memory of the process': {
    finds: ['external', 'rss'],
    round: () => kept.push(Buffer.alloc(200_000, 1)),
  },
  'memory that persists': {
    finds: ['files'],
    round: () => new Value('i', 1, { persist: true }).close(),
  },
  'a socket that stays open': {
    finds: ['descriptors'],
    async round() {
      const listener = new Listener();
      await listener.ready;
      kept.push(listener);
    },
  },
};
