import type { WaitOptions } from '../../options.js';
import type { PriorityPutOptions } from '../../queue/priority-queue.js';
import type { ProxyBase } from '../proxy.js';

/**
 * A queue in a manager's server. `for await` takes items until it is shut down and drained. A wait that was aborted or timed out has
 * taken nothing; an item that was on its way when the abort came is delivered.
 */
export interface QueueProxy<T = unknown, P extends object = object>
  extends ProxyBase,
    AsyncIterable<T> {
  put(item: T, options?: WaitOptions & P): Promise<void>;
  putNowait(item: T, options?: P): Promise<void>;
  /** Where it rejects, the error's `count` says how many went in. */
  putMany(items: Iterable<T>, options?: WaitOptions & P): Promise<void>;
  get(options?: WaitOptions): Promise<T>;
  getNowait(): Promise<T>;
  getMany(max: number, options?: WaitOptions): Promise<T[]>;
  qsize(): Promise<number>;
  empty(): Promise<boolean>;
  full(): Promise<boolean>;
  maxsize(): Promise<number>;
  shutdown(options?: { readonly immediate?: boolean }): Promise<void>;
}

/** One whose items have to be finished. */
export interface JoinableQueueProxy<T = unknown> extends QueueProxy<T> {
  taskDone(): Promise<void>;
  /** Rejects with `ERR_TASKS_LOST`, whose `count` says how many, where clients that are gone had taken the rest. */
  join(options?: WaitOptions & { readonly ignoreLost?: boolean }): Promise<void>;
}

/** One that gives the item of the lowest priority first. */
export type PriorityQueueProxy<T = unknown> = QueueProxy<T, PriorityPutOptions>;
