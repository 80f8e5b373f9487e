import { invalidArgType, RemoteError } from '../../errors.js';
import { checkOptions, readBoolean } from '../../options.js';
import { JoinableQueue } from '../../queue/joinable-queue.js';
import { readMaxsize } from '../../queue/options.js';
import { PriorityQueue } from '../../queue/priority-queue.js';
import { Queue } from '../../queue/queue.js';
import { Barrier } from '../../sync/barrier.js';
import { BoundedSemaphore } from '../../sync/bounded-semaphore.js';
import { Condition } from '../../sync/condition.js';
import { Event } from '../../sync/event.js';
import { Lock } from '../../sync/lock.js';
import { RLock } from '../../sync/rlock.js';
import { Semaphore } from '../../sync/semaphore.js';
import { SharedArray } from '../../values/shared-array.js';
import { Value } from '../../values/value.js';
import { callerOrServer } from '../caller.js';
import { Reference } from '../object-table.js';
import { ManagedArray } from './array.js';
import { ManagedBarrier } from './barrier.js';
import { ManagedValue } from './collections.js';
import { ManagedCondition } from './condition.js';
import { ManagedEvent } from './event.js';
import { ManagedJoinableQueue } from './joinable-queue.js';
import { ManagedLock } from './lock.js';
import { ManagedQueue } from './queue.js';
import { ManagedSemaphore } from './semaphore.js';
import { FifoStore, PriorityStore, type Store } from './stores.js';

/*
 * What makes the objects of SyncManager's types. Each takes `{ shared: true }` among its options and then gives the object of this
 * package that lives in shared memory, which travels to the client itself: no proxy, no round trips, and only on one machine. The
 * server keeps it open, so that it lives until the server ends or every handle but that one could be closed.
 */

/** A shared object: it travels by itself, and the server keeps it open. */
export class Given {
  readonly object: object;

  constructor(object: object) {
    this.object = object;
  }
}

type Options = Readonly<Record<string, unknown>>;

/** The options in the last argument, if it asks for shared memory; without `shared`. */
function sharedOptions(argument: unknown): Options | undefined {
  if (typeof argument !== 'object' || argument === null || !Object.hasOwn(argument, 'shared'))
    return undefined;
  const { shared, ...options } = argument as Options;
  if (!readBoolean(shared, 'shared', false)) return undefined;
  if (!callerOrServer().local) {
    throw new RemoteError(
      'Shared memory is for clients on the machine of the server: leave `shared: true` out, and use the object through its proxy',
    );
  }
  return options;
}

/** The same options for an object that is not shared: `shared: false` says nothing. */
function unshared(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null || !('shared' in argument)) return argument;
  const { shared, ...options } = argument as Options;
  readBoolean(shared, 'shared', false);
  return options;
}

function queueFactory(
  Shared: new (options: object) => object,
  Managed: new (maxsize: number, store: Store) => object,
  makeStore: () => Store,
  where: string,
): (argument?: unknown) => object {
  return (argument) => {
    const shared = sharedOptions(argument);
    if (shared !== undefined) return new Given(new Shared(shared));
    if (typeof argument === 'number') return new Managed(readMaxsize(argument), makeStore());
    const { maxsize } = checkOptions(unshared(argument), ['maxsize'], where);
    return new Managed(readMaxsize(maxsize), makeStore());
  };
}

const fifo = () => new FifoStore();
export const makeQueue = queueFactory(Queue, ManagedQueue, fifo, 'Queue');
export const makeJoinableQueue = queueFactory(
  JoinableQueue,
  ManagedJoinableQueue,
  fifo,
  'JoinableQueue',
);
export const makePriorityQueue = queueFactory(
  PriorityQueue,
  ManagedQueue,
  () => new PriorityStore(),
  'PriorityQueue',
);

export function makeEvent(options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new Event(shared));
  checkOptions(unshared(options), [], 'Event');
  return new ManagedEvent();
}

export function makeLock(options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new Lock(shared));
  checkOptions(unshared(options), [], 'Lock');
  return new ManagedLock(false);
}

export function makeRLock(options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new RLock(shared));
  checkOptions(unshared(options), [], 'RLock');
  return new ManagedLock(true);
}

export function makeSemaphore(value?: unknown, options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new Semaphore(value as number, shared));
  checkOptions(unshared(options), [], 'Semaphore');
  return new ManagedSemaphore(value, false);
}

export function makeBoundedSemaphore(value?: unknown, options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new BoundedSemaphore(value as number, shared));
  checkOptions(unshared(options), [], 'BoundedSemaphore');
  return new ManagedSemaphore(value, true);
}

export function makeCondition(lock?: unknown, options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new Condition(lock as Lock, shared));
  checkOptions(unshared(options), [], 'Condition');
  if (lock === undefined || lock === null) return new ManagedCondition(new ManagedLock(true));
  if (lock instanceof Reference && lock.object instanceof ManagedLock)
    return new ManagedCondition(lock.object, lock);
  throw invalidArgType('lock', 'a Lock or RLock of this manager', lock);
}

export function makeBarrier(parties: unknown, options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new Barrier(parties as number, shared));
  return new ManagedBarrier(parties, unshared(options));
}

export function makeValue(typecode: unknown, value: unknown, options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined) return new Given(new Value(typecode as 'i', value as number, shared));
  checkOptions(unshared(options), [], 'Value');
  return new ManagedValue(typecode as string, value);
}

export function makeArray(typecode: unknown, values: unknown, options?: unknown): object {
  const shared = sharedOptions(options);
  if (shared !== undefined)
    return new Given(new SharedArray(typecode as 'i', values as number[], shared));
  checkOptions(unshared(options), [], 'Array');
  return new ManagedArray(typecode as string, values as number);
}
