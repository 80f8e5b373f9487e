import { AbortError, abortError, TimeoutError } from '../../errors.js';
import { readInteger, readWait, type Wait, type WaitOptions } from '../../options.js';
import { type Caller, callerOrServer } from '../caller.js';
import { face } from '../face.js';
import type { Reference } from '../object-table.js';
import { ManagedLock, type Taken } from './lock.js';
import { blocked, Waiters } from './waiters.js';

interface Waiting {
  notified: boolean;
}

const { check, releaseAll, acquireAll } = ManagedLock.access;
const mostWaits = 2 ** 31 - 1;

/**
 * Waiting in a server for something to change that a lock protects. The lock is held by a client: among the asynchronous tasks of one
 * client only a `Lock` keeps order, an `RLock` takes them for one. Python: `SyncManager.Condition`.
 */
export class ManagedCondition {
  readonly #lock: ManagedLock;
  readonly #reference: Reference | undefined;
  readonly #waits = new Waiters();
  /** In the order in which they began; those notified leave once they have looked. */
  readonly #waiting = new Set<Waiting>();

  /** `reference`: what keeps the lock in the server, where it is an object of its own there. */
  constructor(lock: ManagedLock, reference?: Reference) {
    this.#lock = lock;
    this.#reference = reference;
  }

  /** As the lock's. */
  acquire(options?: WaitOptions): Taken | null | Promise<Taken | null> {
    return this.#lock.acquire(options);
  }

  /** As the lock's. @throws LockNotOwnedError */
  release(): void {
    this.#lock.release();
  }

  /**
   * Releases the lock, all levels of it, waits to be notified, and has it again when the answer comes, whatever that is: `true`, or
   * `false` where `timeout` ran out first. Rejects with LockNotOwnedError at once where the client does not hold it; AbortError.
   */
  wait(options?: WaitOptions): Promise<boolean> {
    const wait = readWait(options, 'wait');
    const caller = callerOrServer();
    check(this.#lock, caller);
    if (wait.signal?.aborted) throw abortError(wait.signal);
    return this.#wait(caller, wait);
  }

  /** Wakes `n` waits, 1 by default, or all where there are fewer. @throws LockNotOwnedError, RangeError for `n` */
  notify(n = 1): void {
    this.#notify(readInteger(n, 'n', 1, mostWaits));
  }

  /** Wakes every wait. @throws LockNotOwnedError */
  notifyAll(): void {
    this.#notify(mostWaits);
  }

  get [face](): string {
    return 'condition';
  }

  [Symbol.dispose](): void {
    this.#waits.close();
    this.#reference?.release();
  }

  async #wait(caller: Caller, wait: Wait): Promise<boolean> {
    const waiting: Waiting = { notified: false };
    this.#waiting.add(waiting);
    const depth = releaseAll(this.#lock);
    let failure: Error | undefined;
    const giveUp = (reason: Error): boolean => {
      if (!(reason instanceof TimeoutError)) failure = reason;
      return waiting.notified;
    };
    try {
      // A wait of no time lets others have the lock for a moment all the same.
      const limit = { ...wait, timeout: Math.max(wait.timeout, Number.MIN_VALUE) };
      await this.#waits.wait<boolean>(
        caller,
        limit,
        () => (waiting.notified ? true : blocked),
        giveUp,
      );
      this.#waiting.delete(waiting);
      await acquireAll(this.#lock, caller, depth);
    } catch (error) {
      // Nobody is there to act on the notification: it is for another.
      if (waiting.notified) this.#wake(1);
      throw error;
    } finally {
      this.#waiting.delete(waiting);
    }
    if (failure instanceof AbortError && !waiting.notified) throw failure;
    return waiting.notified;
  }

  #notify(most: number): void {
    check(this.#lock, callerOrServer());
    this.#wake(most);
  }

  #wake(most: number): void {
    let left = most;
    for (const waiting of this.#waiting) {
      if (left === 0) break;
      if (waiting.notified) continue;
      waiting.notified = true;
      left--;
    }
    this.#waits.changed();
  }
}
