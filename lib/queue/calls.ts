import type { LoanCalls } from '../loans/lending.js';
import { binding } from '../native.js';

/** The native calls of a kind of queue, which all kinds have with the same arguments and outcomes (binding.d.ts). */
export interface QueueCalls {
  put(this: void, id: number, start: number, end: number, insist: boolean): number;
  putBytes(this: void, id: number, bytes: Uint8Array, insist: boolean): number;
  putMany(
    this: void,
    id: number,
    start: number,
    first: number,
    count: number,
    insist: boolean,
  ): number;
  get(this: void, id: number): number;
  /** The same into a buffer of the caller's, where the kind has it. */
  getInto?(this: void, id: number, bytes: Uint8Array): number;
  getMany(this: void, id: number, most: number): number;
  count(this: void, id: number): number;
  stopInsisting(this: void, id: number): void;
}

/** Those of queues that are first in, first out. */
export const queueCalls: QueueCalls = {
  put: binding.queuePut,
  putBytes: binding.queuePutBytes,
  putMany: binding.queuePutMany,
  get: binding.queueGet,
  getInto: binding.queueGetInto,
  getMany: binding.queueGetMany,
  count: binding.queueCount,
  stopInsisting: binding.queueStopInsisting,
};

/** Those of priority queues. */
export const priorityCalls: QueueCalls = {
  put: binding.priorityPut,
  putBytes: binding.priorityPutBytes,
  putMany: binding.priorityPutMany,
  get: binding.priorityGet,
  getMany: binding.priorityGetMany,
  count: binding.priorityCount,
  stopInsisting: binding.priorityStopInsisting,
};

/** Loans of queues that are first in, first out. */
export const loanCalls: LoanCalls = {
  lend: binding.queueLend,
  take: binding.queueTakeLoan,
  put: binding.queuePutLoan,
  side: 'queue',
  lendable: 5,
  putLock: 2,
};
