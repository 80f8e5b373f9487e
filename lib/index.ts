export { type AnySharedObject, attach } from './attach.js';
export type { CreateOptions } from './attachment.js';
export type { CodecOption, CustomCodec } from './codec/resolve.js';
export type { BytesLike } from './bytes.js';
export { Connection } from './pipe/connection.js';
export * from './ctypes/scalars.js';
export {
  c_int8,
  c_int16,
  c_int32,
  c_int64,
  c_size_t,
  c_ssize_t,
  c_uint8,
  c_uint16,
  c_uint32,
  c_uint64,
  type CKind,
  type CType,
  type CTypeName,
  ctypes,
  type Fields,
  type ResolvedType,
  type StructField,
  type StructType,
  type StructValue,
  struct,
  type TypeCodes,
  type TypeOption,
  type TypedArrayConstructor,
  type ValueOf,
} from './ctypes/ctypes.js';
export {
  type CurrentProcess,
  cpuCount,
  currentProcess,
  isMainProcess,
  type ParentProcess,
  parentProcess,
} from './process/current-process.js';
export {
  AbortError,
  AuthenticationError,
  BrokenBarrierError,
  BrokenPipeError,
  BufferTooShort,
  ClosedError,
  CorruptSegmentError,
  DeadlockError,
  Empty,
  EOFError,
  ForeignSegmentError,
  Full,
  InterprocError,
  LayoutMismatchError,
  LockNotOwnedError,
  MessageTooLargeError,
  NewerLayoutError,
  OlderLayoutError,
  ProcessError,
  RemoteError,
  SerializationError,
  ShutDown,
  TimeoutError,
  WorkerDiedError,
  type InterprocErrorOptions,
  type SystemErrorDetails,
} from './errors.js';
export { Guard } from './sync/guard.js';
export { JoinableQueue, type JoinOptions } from './queue/joinable-queue.js';
export { Loan } from './loans/loan.js';
export { Lock, type LockOptions } from './sync/lock.js';
export type { SyncWaitOptions, WaitOptions } from './options.js';
export {
  ShareableList,
  type ShareableItem,
  type ShareableListOptions,
  type ShareableValue,
} from './memory/shareable-list.js';
export type { OwnerOption } from './memory/memory-options.js';
export { SharedMemory, type SharedMemoryOptions } from './memory/shared-memory.js';
export type { StructArray } from './values/struct-array.js';
export { SharedMemoryManager } from './memory/shared-memory-manager.js';
export { Pipe, type PipeOptions } from './pipe/pipe.js';
export { type PriorityPutOptions, PriorityQueue } from './queue/priority-queue.js';
export {
  BaseManager,
  type ManagerOptions,
  type ObjectInfo,
  type StartOptions,
} from './manager/base-manager.js';
export { type Caller, currentCaller } from './manager/caller.js';
export type { ConnectOptions } from './manager/connect.js';
export type { Coming, Proxied, ProxyBase } from './manager/proxy.js';
export type { ProxyHandle } from './manager/reference.js';
export type { RegisterOptions } from './manager/registry.js';
export { ManagerServer } from './manager/server.js';
export { Manager, SyncManager } from './manager/sync-manager.js';
export type { ProxyGuard } from './manager/guard.js';
export type { IteratorProxy, PoolProxy } from './manager/types/pool-proxies.js';
export type { DictProxy, ListProxy, SetProxy } from './manager/types/proxies.js';
export type {
  JoinableQueueProxy,
  PriorityQueueProxy,
  QueueProxy,
} from './manager/types/queue-proxies.js';
export type {
  BarrierProxy,
  ConditionProxy,
  EventProxy,
  LockProxy,
  SemaphoreProxy,
} from './manager/types/sync-proxies.js';
export { Queue } from './queue/queue.js';
export type { QueueOptions } from './queue/options.js';
export {
  RawArray,
  SharedArray,
  SharedArray as Array,
  type SharedArrayOptions,
} from './values/shared-array.js';
export {
  type CallOptions,
  type ImapOptions,
  type MapOptions,
  Pool,
  type PoolOptions,
} from './pool/pool.js';
export {
  activeChildren,
  Process,
  type ProcessEvents,
  type CommandOptions,
  type ProcessOptions,
  type Target,
} from './process/process.js';
export { type Handle, SharedObject } from './shared-object.js';
export { SimpleQueue, type SimpleQueueOptions } from './queue/simple-queue.js';
export { Barrier, type BarrierOptions } from './sync/barrier.js';
export { BoundedSemaphore } from './sync/bounded-semaphore.js';
export { Condition, type ConditionOptions } from './sync/condition.js';
export { Event, type EventOptions } from './sync/event.js';
export { RLock, type RLockOptions } from './sync/rlock.js';
export { Semaphore, type SemaphoreOptions } from './sync/semaphore.js';
export type { Address, Family } from './sockets/address.js';
export { Client, type ClientOptions } from './sockets/client.js';
export { Listener, type ListenerOptions } from './sockets/listener.js';
export { SocketConnection } from './sockets/socket-connection.js';
export type { SocketOptions } from './sockets/socket-options.js';
export type { Pem, TlsOptions } from './sockets/tls-options.js';
export { type Waitable, wait, waitSync } from './select/wait.js';
export type { WebStreams } from './pipe/web-streams.js';
export { RawValue, Value, type ValueOptions } from './values/value.js';
