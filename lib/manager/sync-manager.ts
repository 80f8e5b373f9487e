import type { JoinableQueue } from '../queue/joinable-queue.js';
import type { QueueOptions } from '../queue/options.js';
import type { PriorityQueue } from '../queue/priority-queue.js';
import type { Queue } from '../queue/queue.js';
import type { Barrier, BarrierOptions } from '../sync/barrier.js';
import type { BoundedSemaphore } from '../sync/bounded-semaphore.js';
import type { Condition } from '../sync/condition.js';
import type { Event } from '../sync/event.js';
import type { Lock, LockOptions } from '../sync/lock.js';
import type { RLock } from '../sync/rlock.js';
import type { Semaphore } from '../sync/semaphore.js';
import type { SharedArray } from '../values/shared-array.js';
import type { Value } from '../values/value.js';
import { BaseManager, type ManagerOptions } from './base-manager.js';
import type { Coming, Proxied } from './proxy.js';
import { builtInClasses } from './registry-of.js';
import type { ManagedArray } from './types/array.js';
import {
  ManagedDict,
  ManagedList,
  ManagedNamespace,
  ManagedSet,
  type ManagedValue,
} from './types/collections.js';
import * as make from './types/factories.js';
import { ManagedPool } from './types/pool.js';
import type { PoolProxy } from './types/pool-proxies.js';
import type { DictProxy, ListProxy, SetProxy } from './types/proxies.js';
import type { JoinableQueueProxy, PriorityQueueProxy, QueueProxy } from './types/queue-proxies.js';
import type {
  BarrierProxy,
  ConditionProxy,
  EventProxy,
  LockProxy,
  SemaphoreProxy,
} from './types/sync-proxies.js';

/** Asks for the object in shared memory in place of a proxy. */
interface Shared {
  readonly shared: true;
}
interface InServer {
  readonly shared?: false;
}

/** `maxsize`, or options: the same as the shared class's where `shared` asks for one. */
interface MakeQueue {
  <T = unknown>(options: QueueOptions<T> & Shared): Promise<Queue<T>>;
  <T = unknown>(
    options?: number | ({ readonly maxsize?: number } & InServer),
  ): Coming<QueueProxy<T>>;
}
interface MakeJoinableQueue {
  <T = unknown>(options: QueueOptions<T> & Shared): Promise<JoinableQueue<T>>;
  <T = unknown>(
    options?: number | ({ readonly maxsize?: number } & InServer),
  ): Coming<JoinableQueueProxy<T>>;
}
interface MakePriorityQueue {
  <T = unknown>(options: QueueOptions<T> & Shared): Promise<PriorityQueue<T>>;
  <T = unknown>(
    options?: number | ({ readonly maxsize?: number } & InServer),
  ): Coming<PriorityQueueProxy<T>>;
}
interface Make<S, P, Options = LockOptions> {
  (options: Options & Shared): Promise<S>;
  (options?: InServer): Coming<P>;
}
interface MakeSemaphore<S> {
  (value: number | undefined, options: LockOptions & Shared): Promise<S>;
  (value?: number, options?: InServer): Coming<SemaphoreProxy>;
}
interface MakeCondition {
  (lock: Lock | RLock | undefined, options: LockOptions & Shared): Promise<Condition>;
  (lock?: LockProxy, options?: InServer): Coming<ConditionProxy>;
}
interface MakeBarrier {
  (parties: number, options: Omit<BarrierOptions, 'action'> & Shared): Promise<Barrier>;
  (parties: number, options?: { readonly timeout?: number } & InServer): Coming<BarrierProxy>;
}
interface MakeValue {
  (typecode: string, value: unknown, options: LockOptions & Shared): Promise<Value>;
  (typecode: string, value: unknown, options?: InServer): Coming<Proxied<ManagedValue>>;
}
interface MakeArray {
  (
    typecode: string,
    values: number | Iterable<unknown>,
    options: LockOptions & Shared,
  ): Promise<SharedArray>;
  (
    typecode: string,
    values: number | Iterable<unknown>,
    options?: InServer,
  ): Coming<Proxied<ManagedArray>>;
}

/**
 * A manager of the usual types. Python: `multiprocessing.managers.SyncManager`.
 *
 * Those that this package also has in shared memory take `{ shared: true }` among their options, on the server's machine: they give
 * that object itself, attached, without a round trip for each use. The server keeps it for as long as it lives. Another client is
 * refused with RemoteError.
 */
export class SyncManager extends BaseManager {
  declare dict: <K = string, V = unknown>(
    entries?: Iterable<readonly [K, V]> | Readonly<Record<string, V>>,
  ) => Coming<DictProxy<K, V>>;
  declare list: <T = unknown>(items?: Iterable<T>) => Coming<ListProxy<T>>;
  declare set: <T = unknown>(values?: Iterable<T>) => Coming<SetProxy<T>>;
  declare Namespace: (
    attributes?: Readonly<Record<string, unknown>>,
  ) => Coming<Proxied<ManagedNamespace>>;
  declare Value: MakeValue;
  declare Array: MakeArray;
  declare Queue: MakeQueue;
  declare JoinableQueue: MakeJoinableQueue;
  declare PriorityQueue: MakePriorityQueue;
  declare Event: Make<Event, EventProxy>;
  declare Lock: Make<Lock, LockProxy>;
  declare RLock: Make<RLock, LockProxy>;
  declare Semaphore: MakeSemaphore<Semaphore>;
  declare BoundedSemaphore: MakeSemaphore<BoundedSemaphore>;
  declare Condition: MakeCondition;
  declare Barrier: MakeBarrier;
  declare Pool: (
    processes: number | null | undefined,
    options: { readonly module: string | URL; readonly maxTasksPerChild?: number },
  ) => Coming<PoolProxy>;
}

SyncManager.register('dict', ManagedDict);
SyncManager.register('list', ManagedList);
SyncManager.register('set', ManagedSet);
SyncManager.register('Namespace', ManagedNamespace);
SyncManager.register('Value', make.makeValue);
SyncManager.register('Array', make.makeArray);
SyncManager.register('Queue', make.makeQueue);
SyncManager.register('JoinableQueue', make.makeJoinableQueue);
SyncManager.register('PriorityQueue', make.makePriorityQueue);
SyncManager.register('Event', make.makeEvent);
SyncManager.register('Lock', make.makeLock);
SyncManager.register('RLock', make.makeRLock);
SyncManager.register('Semaphore', make.makeSemaphore);
SyncManager.register('BoundedSemaphore', make.makeBoundedSemaphore);
SyncManager.register('Condition', make.makeCondition);
SyncManager.register('Barrier', make.makeBarrier);
SyncManager.register('Pool', ManagedPool, {
  methodToTypeid: { imap: 'Iterator', imapUnordered: 'Iterator' },
});
builtInClasses.set('SyncManager', SyncManager);

/** A manager that has been started. Python: `multiprocessing.Manager()`. Rejects as `start` does. */
export async function Manager(options?: ManagerOptions): Promise<SyncManager> {
  return await new SyncManager(options).start();
}
