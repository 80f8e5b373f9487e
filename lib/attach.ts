import { handleOf } from './values/array-members.js';
import { setSharedHooks } from './codec/codec.js';
import { Unencodable } from './codec/path.js';
import type { Connection } from './pipe/connection.js';
import { invalidArgType } from './errors.js';
import { JoinableQueue } from './queue/joinable-queue.js';
import { Loan } from './loans/loan.js';
import { Lock, openLockOfCell } from './sync/lock.js';
import { checkMemoryName, type OwnerOption, readOwner } from './memory/memory-options.js';
import { ShareableList } from './memory/shareable-list.js';
import { SharedMemory } from './memory/shared-memory.js';
import { checkName, checkOptions } from './options.js';
import { openProxy } from './manager/connect.js';
import type { ProxyBase } from './manager/proxy.js';
import { isReference, type ProxyHandle } from './manager/reference.js';
import { claimEnd } from './pipe/pipe.js';
import { PriorityQueue } from './queue/priority-queue.js';
import { Queue } from './queue/queue.js';
import { SharedArray } from './values/shared-array.js';
import { type Handle, SharedObject } from './shared-object.js';
import { SimpleQueue } from './queue/simple-queue.js';
import { Barrier } from './sync/barrier.js';
import { BoundedSemaphore } from './sync/bounded-semaphore.js';
import { Condition } from './sync/condition.js';
import { Event } from './sync/event.js';
import { RLock } from './sync/rlock.js';
import { Semaphore } from './sync/semaphore.js';
import { Value } from './values/value.js';

/** Everything that a handle can lead to. */
export type AnySharedObject =
  | Queue
  | Connection
  | Value
  | SharedArray
  | Lock
  | SimpleQueue
  | SharedMemory
  | ShareableList
  | PriorityQueue
  | RLock
  | Semaphore
  | BoundedSemaphore
  | Condition
  | Event
  | Barrier;

const openers: Readonly<
  Record<string, (name: string, handle: Handle, owner: number) => AnySharedObject>
> = {
  queue: (name) => Queue.open(name),
  'joinable-queue': (name) => JoinableQueue.open(name),
  'simple-queue': (name) => SimpleQueue.open(name),
  'priority-queue': (name) => PriorityQueue.open(name),
  connection: (name, { end }) => claimEnd(name, end === 1 ? 1 : 0),
  value: (name) => Value.open(name),
  array: (name) => SharedArray.open(name),
  lock: (name) => Lock.open(name),
  memory: (name, _, owner) => SharedMemory.open(name, { owner }),
  'shareable-list': (name, _, owner) => ShareableList.open(name, { owner }),
  'cell-lock': (name) => openLockOfCell(name),
  rlock: (name) => RLock.open(name),
  semaphore: (name) => Semaphore.open(name),
  'bounded-semaphore': (name) => BoundedSemaphore.open(name),
  condition: (name) => Condition.open(name),
  event: (name) => Event.open(name),
  barrier: (name) => Barrier.open(name),
};

/**
 * The object that a handle leads to, attached, as an instance of the right class. `handle` is what `obj.handle` or `JSON.stringify(obj)`
 * gave, in whatever process.
 * `owner` is the user (uid) whose memory it is to be, where it is a `SharedMemory` or a `ShareableList`: as in their `open`. Every
 * other kind belongs to one user, and is refused to all others.
 * @throws TypeError for what is no handle; what the class's `open` throws, such as InterprocError `ENOENT`, `EACCES`.
 */
export function attach(handle: ProxyHandle): ProxyBase;
export function attach(handle: unknown, options?: OwnerOption | number): AnySharedObject;
export function attach(
  handle: unknown,
  options?: OwnerOption | number,
): AnySharedObject | ProxyBase {
  // `handles.map(attach)` passes an index.
  const given =
    typeof options === 'number' ? undefined : checkOptions(options, ['owner'], 'attach')['owner'];
  if (isProxyHandle(handle)) return openProxy(handle);
  const { kind, name } = readHandle(handle);
  if (given !== undefined && !bare.has(kind)) {
    throw invalidArgType(
      'owner',
      `left out for a ${kind}, which only its own user can open`,
      given,
    );
  }
  return (openers[kind] as (typeof openers)[string])(name, handle as Handle, readOwner(given));
}

function isProxyHandle(handle: unknown): boolean {
  return typeof handle === 'object' && handle !== null && (handle as Handle).kind === 'proxy';
}

/** Bare memory has names of its own. */
const bare = new Set(['memory', 'shareable-list']);

function readHandle(handle: unknown): Handle {
  if (typeof handle === 'object' && handle !== null) {
    const { interproc, kind, name, end } = handle as Partial<Handle>;
    const known = typeof kind === 'string' && Object.hasOwn(openers, kind);
    if (interproc === 1 && known && (kind !== 'connection' || end === 0 || end === 1))
      return { interproc, kind, name: bare.has(kind) ? checkMemoryName(name) : checkName(name) };
  }
  throw invalidArgType('handle', 'the handle of a shared object', handle);
}

setSharedHooks({
  isShared: (value) =>
    isReference(value) ||
    value instanceof SharedObject ||
    handleOf(value) !== undefined ||
    value instanceof SharedMemory ||
    value instanceof ShareableList ||
    value instanceof Loan,
  toHandle: (value) => {
    if (!(value instanceof Loan)) return (value as { handle: Handle }).handle;
    throw new Unencodable(
      'A loan inside an item (it travels alone; what goes with it is its meta)',
    );
  },
  fromHandle: (handle) => attach(handle),
});
