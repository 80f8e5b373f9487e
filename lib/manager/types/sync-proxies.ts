import type { WaitOptions } from '../../options.js';
import type { ProxyGuard } from '../guard.js';
import type { ProxyBase } from '../proxy.js';

/** What can be acquired in a manager's server. */
interface Acquirable extends ProxyBase {
  /** Resolves to a guard, or to `null` when time has run out. Rejects with AbortError. */
  acquire(options?: WaitOptions): Promise<ProxyGuard | null>;
  /** Runs `body`, here, holding it; releases it whatever happens. */
  run<R>(body: () => R | PromiseLike<R>): Promise<R>;
}

/**
 * A lock in a manager's server. Its owner is the client's connection: of one process all that goes through one manager object. That of
 * a client that dies, or closes its manager, is free at once, and the next guard is `abandoned`.
 */
export interface LockProxy extends Acquirable {
  /** Rejects with LockNotOwnedError where this client does not hold it. */
  release(): Promise<void>;
  /** Whether anybody holds it. */
  locked(): Promise<boolean>;
}

/** A semaphore in a manager's server. Permits of the dead stay taken. */
export interface SemaphoreProxy extends Acquirable {
  /** Gives `n` permits, 1 by default. Rejects with `ERR_SEMAPHORE_BOUND` where the semaphore is bounded. */
  release(n?: number): Promise<void>;
  /** The permits that are there now. */
  getValue(): Promise<number>;
}

/** A condition in a manager's server. A wait of a client that dies takes no notification with it. */
export interface ConditionProxy extends Acquirable {
  release(): Promise<void>;
  /** Resolves to `true` when notified, to `false` when time has run out; the lock is held again either way. */
  wait(options?: WaitOptions): Promise<boolean>;
  /** Waits until `predicate`, which runs here with the lock held, gives something true; that is the result. */
  waitFor<T>(predicate: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T>;
  notify(n?: number): Promise<void>;
  notifyAll(): Promise<void>;
}

/** An event in a manager's server. */
export interface EventProxy extends ProxyBase {
  isSet(): Promise<boolean>;
  set(): Promise<void>;
  clear(): Promise<void>;
  /** Resolves to `true` once it is set, to `false` when time has run out. */
  wait(options?: WaitOptions): Promise<boolean>;
}

/** A barrier in a manager's server. A client that dies while it waits breaks it. */
export interface BarrierProxy extends ProxyBase {
  /** Resolves to this wait's index in the round. Rejects with BrokenBarrierError, AbortError. */
  wait(options?: WaitOptions): Promise<number>;
  abort(): Promise<void>;
  reset(): Promise<void>;
  parties(): Promise<number>;
  nWaiting(): Promise<number>;
  broken(): Promise<boolean>;
}
