// Every class whose objects are opened by name: how one is made that stays without anybody, and all the ways to its name.
import {
  attach,
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
} from '../../dist/index.js';

export interface Closable {
  close(): void;
}

export interface NamedClass {
  /** Makes an object that persists, and lets go of it. */
  readonly make: (name: string) => void;
  /** Each way that attaches to a name. */
  readonly openers: Readonly<Record<string, (name: string) => Closable>>;
  /** Each way that removes one. */
  readonly unlink?: (name: string) => void;
  /** Makes one where the name is free, and is refused where it is not. */
  readonly create: (name: string) => Closable;
}

const to = (kind: string, name: string) =>
  attach({ interproc: 1, kind, name, end: 1 }) as unknown as Closable;

type Made = new (...args: never[]) => Closable;

/** A class with `open`, `openOrCreate`, `unlink`, and `handle.kind`. */
function named<T extends Made>(
  Class: T & {
    open(name: string): Closable;
    unlink(name: string): void;
  },
  kind: string,
  create: (name: string, persist: boolean) => Closable,
  openOrCreate: (name: string) => Closable,
): NamedClass {
  return {
    make: (name) => create(name, true).close(),
    create: (name) => create(name, false),
    openers: {
      open: (name) => Class.open(name),
      openOrCreate,
      attach: (name) => to(kind, name),
    },
    unlink: (name) => Class.unlink(name),
  };
}

/** What stands in a segment of ours. */
export const segmentClasses: Readonly<Record<string, NamedClass>> = {
  Queue: named(
    Queue,
    'queue',
    (name, persist) => new Queue({ name, persist, capacity: 4096 }),
    (name) => Queue.openOrCreate(name),
  ),
  SimpleQueue: named(
    SimpleQueue,
    'simple-queue',
    (name, persist) => new SimpleQueue({ name, persist, capacity: 4096 }),
    (name) => SimpleQueue.openOrCreate(name),
  ),
  JoinableQueue: named(
    JoinableQueue,
    'joinable-queue',
    (name, persist) => new JoinableQueue({ name, persist, capacity: 4096 }),
    (name) => JoinableQueue.openOrCreate(name),
  ),
  PriorityQueue: named(
    PriorityQueue,
    'priority-queue',
    (name, persist) => new PriorityQueue({ name, persist, capacity: 4096 }),
    (name) => PriorityQueue.openOrCreate(name),
  ),
  Connection: {
    make: (name) => {
      for (const end of Pipe({ name, persist: true, capacity: 4096 })) end.close();
    },
    create: (name) => Pipe({ name, capacity: 4096 })[0],
    openers: { attach: (name) => to('connection', name) },
  },
  Value: named(
    Value,
    'value',
    (name, persist) => new Value('i', 7, { name, persist }),
    (name) => Value.openOrCreate(name, 'i'),
  ),
  SharedArray: named(
    SharedArray,
    'array',
    (name, persist) => new SharedArray('i', [1, 2, 3], { name, persist }),
    (name) => SharedArray.openOrCreate(name, 'i', 3),
  ),
  Lock: named(
    Lock,
    'lock',
    (name, persist) => new Lock({ name, persist }),
    (name) => Lock.openOrCreate(name),
  ),
  RLock: named(
    RLock,
    'rlock',
    (name, persist) => new RLock({ name, persist }),
    (name) => RLock.openOrCreate(name),
  ),
  Semaphore: named(
    Semaphore,
    'semaphore',
    (name, persist) => new Semaphore(1, { name, persist }),
    (name) => Semaphore.openOrCreate(name, 1),
  ),
  BoundedSemaphore: named(
    BoundedSemaphore,
    'bounded-semaphore',
    (name, persist) => new BoundedSemaphore(1, { name, persist }),
    (name) => BoundedSemaphore.openOrCreate(name, 1),
  ),
  Condition: named(
    Condition,
    'condition',
    (name, persist) => new Condition(undefined, { name, persist }),
    (name) => Condition.openOrCreate(name),
  ),
  Event: named(
    Event,
    'event',
    (name, persist) => new Event({ name, persist }),
    (name) => Event.openOrCreate(name),
  ),
  Barrier: named(
    Barrier,
    'barrier',
    (name, persist) => new Barrier(2, { name, persist }),
    (name) => Barrier.openOrCreate(name, 2),
  ),
};

/** What is a bare file, as Python's are. */
export const memoryClasses: Readonly<Record<string, NamedClass>> = {
  SharedMemory: {
    ...named(
      SharedMemory,
      'memory',
      (name, persist) => new SharedMemory({ name, create: true, size: 64, persist }),
      (name) => SharedMemory.openOrCreate(name, { size: 64 }),
    ),
  },
  ShareableList: {
    make: (name) => new ShareableList([1, 'two'], { name, persist: true }).close(),
    create: (name) => new ShareableList([1], { name }),
    openers: {
      open: (name) => ShareableList.open(name),
      new: (name) => new ShareableList(undefined, { name }),
      attach: (name) => to('shareable-list', name),
    },
    unlink: (name) => ShareableList.unlink(name),
  },
};
