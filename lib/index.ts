export { type AnySharedObject, attach } from './attach.js';
export type { CreateOptions } from './attachment.js';
export type { CodecOption, CustomCodec } from './codec/resolve.js';
export type { BytesLike } from './bytes.js';
export { Connection } from './connection.js';
export * from './ctypes.js';
export {
  type CurrentProcess,
  cpuCount,
  currentProcess,
  isMainProcess,
  type ParentProcess,
  parentProcess,
} from './current-process.js';
export * from './errors.js';
export { Guard } from './guard.js';
export { JoinableQueue, type JoinOptions } from './joinable-queue.js';
export { Lock, type LockOptions } from './lock.js';
export type { SyncWaitOptions, WaitOptions } from './options.js';
export {
  ShareableList,
  type ShareableItem,
  type ShareableListOptions,
  type ShareableValue,
} from './memory/shareable-list.js';
export { SharedMemory, type SharedMemoryOptions } from './memory/shared-memory.js';
export { Pipe, type PipeOptions } from './pipe.js';
export { Queue } from './queue.js';
export type { QueueOptions } from './queue-options.js';
export {
  RawArray,
  SharedArray,
  SharedArray as Array,
  type SharedArrayOptions,
} from './shared-array.js';
export {
  activeChildren,
  Process,
  type ProcessEvents,
  type ProcessOptions,
  type Target,
} from './process.js';
export { type Handle, SharedObject } from './shared-object.js';
export { SimpleQueue, type SimpleQueueOptions } from './simple-queue.js';
export { type Waitable, wait, waitSync } from './select/wait.js';
export type { WebStreams } from './web-streams.js';
export { RawValue, Value, type ValueOptions } from './value.js';
