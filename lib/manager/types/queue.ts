import { Empty, Full, ShutDown, TimeoutError } from '../../errors.js';
import {
  checkOptions,
  readBoolean,
  readInteger,
  readWait,
  type WaitOptions,
} from '../../options.js';
import { readItems } from '../../iterables.js';
import { type Caller, callerOrServer } from '../caller.js';
import { face } from '../face.js';
import type { Store } from './stores.js';
import { type Blocked, blocked, Waiters } from './waiters.js';

/** Told what a client has taken out of a queue. */
export type Taken = (caller: Caller, count: number) => void;

const nowait: WaitOptions = { timeout: 0 };

/**
 * A queue in a server, for clients on any machine: as this package's `Queue`, but the items lie in the server's heap, where nothing
 * but `maxsize` bounds them. A client that dies while it waits has taken nothing, and nothing of it is queued later. Python:
 * `SyncManager.Queue`.
 */
export class ManagedQueue {
  readonly #maxsize: number;
  readonly #store: Store;
  readonly #puts = new Waiters();
  readonly #gets = new Waiters();
  readonly #taken: Taken | undefined;
  #shutDown = false;

  /** `maxsize`: 0 for no bound. `taken` is told who has taken how many. */
  constructor(maxsize: number, store: Store, taken?: Taken) {
    this.#maxsize = maxsize;
    this.#store = store;
    this.#taken = taken;
  }

  /** Waits for room. Rejects with Full when time runs out, ShutDown, AbortError. */
  put(item: unknown, options?: WaitOptions): void | Promise<void> {
    return this.#put([item], options, 'put');
  }

  /** Tries once. Rejects with Full, ShutDown. */
  putNowait(item: unknown, options?: object): void | Promise<void> {
    checkOptions(options, this.#store.optionNames, 'putNowait');
    return this.#put([item], { ...options, ...nowait }, 'putNowait');
  }

  /** Puts as many at once as there is room for, in their order. Where it rejects, the error's `count` says how many went in. */
  putMany(items: Iterable<unknown>, options?: WaitOptions): void | Promise<void> {
    const progress = { count: 0 };
    const counted = (error: unknown) => {
      throw Object.assign(error as Error, progress);
    };
    const all = readItems(items, 'items');
    try {
      return this.#put(all, options, 'putMany', progress)?.catch(counted);
    } catch (error) {
      return error instanceof Full || error instanceof ShutDown ? counted(error) : raise(error);
    }
  }

  /** Waits for an item. Rejects with Empty when time runs out, ShutDown once it is drained after `shutdown()`, AbortError. */
  get(options?: WaitOptions): unknown {
    return first(this.#get(1, options, 'get'));
  }

  /** Tries once. Rejects with Empty, ShutDown. */
  getNowait(): unknown {
    return first(this.#get(1, nowait, 'getNowait'));
  }

  /** Takes 1 to `max` items; waits only for the first. Rejects as `get` does. */
  getMany(max: number, options?: WaitOptions): unknown[] | Promise<unknown[]> {
    return this.#get(readInteger(max, 'max', 1), options, 'getMany');
  }

  qsize(): number {
    return this.#store.size;
  }

  empty(): boolean {
    return this.#store.size === 0;
  }

  full(): boolean {
    return this.#maxsize > 0 && this.#store.size >= this.#maxsize;
  }

  maxsize(): number {
    return this.#maxsize;
  }

  /** Puts fail from now on, and gets once it is drained; `immediate` drops what is queued. Idempotent. */
  shutdown(options?: { readonly immediate?: boolean }): void {
    const { immediate } = checkOptions(options, ['immediate'], 'shutdown');
    if (readBoolean(immediate, 'immediate', false)) this.#store.clear();
    this.#shutDown = true;
    this.#puts.changed();
    this.#gets.changed();
  }

  get [face](): string {
    return 'queue';
  }

  [Symbol.dispose](): void {
    this.#puts.close();
    this.#gets.close();
  }

  #put(
    items: readonly unknown[],
    options: unknown,
    where: string,
    progress = { count: 0 },
  ): undefined | Promise<undefined> {
    const wait = readWait(options, where, this.#store.optionNames);
    const add = this.#store.adder(options);
    const attempt = (): undefined | Blocked => {
      if (this.#shutDown) throw new ShutDown();
      while (progress.count < items.length && !this.full()) {
        add(items[progress.count++]);
        this.#gets.changed();
      }
      return progress.count < items.length ? blocked : undefined;
    };
    return this.#puts.wait<undefined>(callerOrServer(), wait, attempt, (reason) => {
      throw reason instanceof TimeoutError ? new Full() : reason;
    }) as undefined | Promise<undefined>;
  }

  #get(max: number, options: unknown, where: string): unknown[] | Promise<unknown[]> {
    const caller = callerOrServer();
    const attempt = (): unknown[] | Blocked => {
      const count = Math.min(max, this.#store.size);
      if (count === 0) {
        if (this.#shutDown) throw new ShutDown();
        return blocked;
      }
      const items = Array.from({ length: count }, () => this.#store.take());
      this.#taken?.(caller, count);
      this.#puts.changed();
      return items;
    };
    return this.#gets.wait(caller, readWait(options, where), attempt, (reason) => {
      throw reason instanceof TimeoutError ? new Empty() : reason;
    });
  }
}

function first(items: unknown[] | Promise<unknown[]>): unknown {
  return items instanceof Promise ? items.then(([item]) => item) : items[0];
}

function raise(error: unknown): never {
  throw error;
}
