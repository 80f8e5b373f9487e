import { LockNotOwnedError, TimeoutError } from '../../errors.js';
import { readWait, type WaitOptions } from '../../options.js';
import { type Caller, callerOrServer } from '../caller.js';
import { face } from '../face.js';
import { type Blocked, blocked, Waiters } from './waiters.js';

/** That a lock was taken, as it travels: the client makes a guard of it. */
export interface Taken {
  /** The connection of the previous holder ended while it held the lock. */
  readonly abandoned: boolean;
}

/**
 * Mutual exclusion between the clients of a server, held by a connection: only the client that took it may release it. A client that
 * is gone holds nothing: its lock is free at once, and the next holder is told. Python: `SyncManager.Lock`, with an owner.
 */
export class ManagedLock {
  readonly #waits = new Waiters();
  readonly #recursive: boolean;
  #holder: Caller | undefined;
  #depth = 0;
  #abandoned = false;
  #stopWatching: () => void = () => undefined;

  constructor(recursive: boolean) {
    this.#recursive = recursive;
  }

  /** Waits while it is held. Gives `null` when time has run out. Rejects with AbortError. */
  acquire(options?: WaitOptions): Taken | null | Promise<Taken | null> {
    const wait = readWait(options, 'acquire');
    const caller = callerOrServer();
    // Its holder takes it again whoever waits: they wait for the holder.
    if (this.#recursive && this.#holder === caller) return this.#take(caller, 1);
    return this.#waits.wait<Taken | null>(caller, wait, this.#attempt(caller, 1), nullWhenLate);
  }

  /** Takes one acquisition back; with the last one the lock is free. @throws LockNotOwnedError */
  release(): void {
    this.#check(callerOrServer());
    if (--this.#depth === 0) this.#free(false);
  }

  locked(): boolean {
    return this.#holder !== undefined;
  }

  get [face](): string {
    return 'lock';
  }

  [Symbol.dispose](): void {
    this.#waits.close();
  }

  /** For conditions. No client can ask for it. @internal */
  static readonly access: LockAccess = {
    check: (lock, caller) => lock.#check(caller),
    releaseAll: (lock) => lock.#releaseAll(),
    acquireAll: (lock, caller, depth) => lock.#acquireAll(caller, depth),
  };

  #check(caller: Caller): void {
    if (this.#holder !== caller) throw new LockNotOwnedError('The lock is not held by this client');
  }

  #releaseAll(): number {
    const depth = this.#depth;
    this.#depth = 0;
    this.#free(false);
    return depth;
  }

  #acquireAll(caller: Caller, depth: number): Taken | Promise<Taken> {
    return this.#waits.wait(caller, { timeout: Infinity }, this.#attempt(caller, depth));
  }

  #attempt(caller: Caller, depth: number): () => Taken | Blocked {
    return () => {
      const again = this.#recursive && this.#holder === caller;
      return this.#holder === undefined || again ? this.#take(caller, depth) : blocked;
    };
  }

  #take(caller: Caller, depth: number): Taken {
    const abandoned = this.#abandoned;
    if (this.#holder === undefined) {
      this.#holder = caller;
      this.#abandoned = false;
      this.#stopWatching = caller.onEnd(() => this.#free(true));
    }
    this.#depth += depth;
    return { abandoned };
  }

  #free(abandoned: boolean): void {
    this.#stopWatching();
    this.#holder = undefined;
    this.#depth = 0;
    this.#abandoned = abandoned;
    this.#waits.changed();
  }
}

/** What a condition does with its lock, which no client can ask for. */
export interface LockAccess {
  /** @throws LockNotOwnedError */
  check(lock: ManagedLock, caller: Caller): void;
  /** Frees the lock; gives how often it was held. */
  releaseAll(lock: ManagedLock): number;
  /** Takes it again as often. Rejects only where the caller is gone. */
  acquireAll(lock: ManagedLock, caller: Caller, depth: number): Taken | Promise<Taken>;
}

export function nullWhenLate(reason: Error): null {
  if (reason instanceof TimeoutError) return null;
  throw reason;
}
