import { statSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  ShareableList,
  SharedArray,
  SharedMemory,
  SimpleQueue,
  Value,
} from '../dist/index.js';
import { memoryName } from './helpers/memory.js';
import { own, ownBoth } from './helpers/owned.js';
import { nameFor, pathOf, present } from './helpers/segments.js';

const large = Buffer.alloc(200_000, 7);

interface Use {
  /** One after the other. */
  readonly calls: readonly (() => unknown)[];
  /** What the last of them gives. */
  readonly gives: unknown;
}

/** Each class: an object, and what it can do, the same after its file was made longer. */
const uses: Record<string, (name: string) => Use> = {
  Queue: (name) => {
    const queue = own(new Queue<Buffer>({ name, capacity: 4096 }));
    return { calls: [() => queue.putSync(large), () => queue.getSync().length], gives: 200_000 };
  },
  SimpleQueue: (name) => {
    const queue = own(new SimpleQueue<number>({ name }));
    return { calls: [() => queue.putSync(1), () => queue.getSync()], gives: 1 };
  },
  JoinableQueue: (name) => {
    const queue = own(new JoinableQueue<number>({ name }));
    const calls = [() => queue.putSync(1), () => queue.getSync(), () => queue.taskDone()];
    return { calls: [...calls, () => queue.joinSync()], gives: undefined };
  },
  PriorityQueue: (name) => {
    const queue = own(new PriorityQueue<Buffer>({ name, capacity: 4096 }));
    return { calls: [() => queue.putSync(large), () => queue.getSync().length], gives: 200_000 };
  },
  Pipe: (name) => {
    const [a, b] = ownBoth(Pipe<Buffer>({ name, capacity: 4096 }));
    const sent = async () => {
      const [got] = await Promise.all([a.recv(), b.send(large)]);
      return got.length;
    };
    return { calls: [sent], gives: 200_000 };
  },
  Value: (name) => {
    const value = own(new Value('i', 5, { name }));
    return { calls: [() => value.add(1) >= 5], gives: true };
  },
  SharedArray: (name) => {
    const array = own(new SharedArray('i', [1, 2], { name }));
    return { calls: [() => [...array]], gives: [1, 2] };
  },
  Lock: (name) => {
    const lock = own(new Lock({ name }));
    return { calls: [() => lock.runSync(() => 1)], gives: 1 };
  },
  RLock: (name) => {
    const lock = own(new RLock({ name }));
    return { calls: [() => lock.runSync(() => lock.runSync(() => 1))], gives: 1 };
  },
  Semaphore: (name) => {
    const semaphore = own(new Semaphore(1, { name }));
    return { calls: [() => semaphore.runSync(() => semaphore.getValue())], gives: 0 };
  },
  BoundedSemaphore: (name) => {
    const semaphore = own(new BoundedSemaphore(1, { name }));
    return { calls: [() => semaphore.runSync(() => semaphore.getValue())], gives: 0 };
  },
  Condition: (name) => {
    const condition = own(new Condition(undefined, { name }));
    const calls = [() => condition.acquireSync(), () => condition.notify()];
    return { calls: [...calls, () => condition.release()], gives: undefined };
  },
  Event: (name) => {
    const event = own(new Event({ name }));
    return { calls: [() => event.set(), () => event.isSet()], gives: true };
  },
  Barrier: (name) => {
    const barrier = own(new Barrier(1, { name }));
    return { calls: [() => barrier.waitSync()], gives: 0 };
  },
};

describe('a file that was made longer while its object is in use', () => {
  it.each(Object.entries(uses))('is still the object: %s', async (_, make) => {
    const name = nameFor('longer');
    const { calls, gives } = make(name);
    const use = async () => {
      let last: unknown;
      for (const call of calls) last = await call();
      return last;
    };
    expect(await use()).toEqual(gives);
    const paths = [pathOf(name), `/dev/shm/sem.${name}`];
    for (const path of paths) {
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size !== undefined) truncateSync(path, size + 100_000);
    }
    expect(await use()).toEqual(gives);
    expect(present(name)).toBe(true);
  });

  it('is memory of its first length to who is attached, and longer to who comes', () => {
    const name = memoryName('longer');
    const memory = own(new SharedMemory({ name, create: true, size: 64 }));
    memory.buf.fill(3);
    truncateSync(`/dev/shm/${name}`, 4096);
    expect([memory.size, memory.buf[63]]).toEqual([64, 3]);
    const again = own(SharedMemory.open(name));
    expect([again.size, again.buf[63], again.buf[64]]).toEqual([4096, 3, 0]);
  });

  it('is still a list', () => {
    const name = memoryName('longer');
    const list = own(new ShareableList([1, 'two'], { name }));
    truncateSync(`/dev/shm/${name}`, statSync(`/dev/shm/${name}`).size + 4096);
    const again = own(ShareableList.open(name));
    list.set(0, 5);
    expect([...again]).toEqual([5, 'two']);
  });
});
