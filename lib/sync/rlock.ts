import { Attachment, type CreateOptions, Kind, Opened } from '../attachment.js';
import { ClosedError } from '../errors.js';
import type { Guard } from './guard.js';
import { LockSide } from './lock-side.js';
import { binding } from '../native.js';
import { checkName, checkOptions, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { readCreation } from '../queue/options.js';
import { closedId, SharedObject } from '../shared-object.js';
import { openOrCreateSort, openSort, type Sort } from './opening.js';

export type RLockOptions = CreateOptions;

const optionNames = ['name', 'persist', 'mode'];

const sort: Sort = {
  kind: Kind.lock,
  what: 'an RLock',
  attach: binding.openLock,
  fits: ({ meta }) => meta['recursive'] === true,
};

/**
 * Mutual exclusion that its holder may take again. Python: `multiprocessing.RLock`.
 *
 * The owner is a thread of a process: as often as it took the lock, it has to release it, and only it may. `acquire` waits while
 * another thread has the lock and is woken by its last release. A lock whose holder died is free for the next who asks, within
 * 100 ms for one who waits already, and the guard says so. Between asynchronous tasks of one thread it excludes nobody, because
 * they are one owner: use a `Lock` there.
 */
export class RLock extends SharedObject {
  readonly #side: LockSide;

  /**
   * Creates a lock.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for options.
   */
  constructor(options?: RLockOptions) {
    const given: unknown = options;
    const { attachment } = given instanceof Opened ? given : create(given, 'RLock');
    super(attachment, 'rlock');
    this.#side = new LockSide(this, attachment, { recursive: true });
  }

  /** Attaches to a lock by its name. @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else, a `Lock` too. */
  static open(name: string): RLock {
    return opened(openSort(name, sort));
  }

  /** Attaches to a lock, or creates it where there is none. @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing one contradicts an option. */
  static openOrCreate(name: string, options?: RLockOptions): RLock {
    const given = checkOptions(options, optionNames, 'RLock.openOrCreate');
    return opened(
      openOrCreateSort(
        name,
        given,
        sort,
        () => ({}),
        () => create({ ...given, name }, 'RLock.openOrCreate'),
      ),
    );
  }

  /** Removes a lock's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** Another handle on a lock that is open, whatever its name leads to by now. @internal */
  static again(lock: RLock): RLock {
    if (lock.closed) throw new ClosedError('The lock is closed');
    return opened(new Opened(lock.attachment));
  }

  /** What native calls know the lock by. @internal */
  static idOf(lock: RLock): number {
    return lock.id;
  }

  /** Resolves to a guard when this thread holds the lock (once more), to `null` when time ran out. Rejects with AbortError, ClosedError. */
  acquire(options?: WaitOptions): Promise<Guard | null> {
    return this.#side.acquire(options);
  }

  /** Blocks the thread; a guard, or `null` when time ran out. @throws ClosedError */
  acquireSync(options?: SyncWaitOptions): Guard | null {
    return this.#side.acquireSync(options);
  }

  /** Takes one acquisition back; the last one frees the lock and wakes one who waits. Never blocks. @throws LockNotOwnedError where this thread does not hold it */
  release(): void {
    this.#side.release();
  }

  /** Whether anybody alive holds the lock. */
  locked(): boolean {
    return this.#side.locked();
  }

  /** Runs `body` holding the lock, which is released whatever happens. */
  run<R>(body: () => R | PromiseLike<R>): Promise<R> {
    return this.#side.run(body);
  }

  /** The same, blocking the thread. */
  runSync<R>(body: () => R): R {
    return this.#side.runSync(body);
  }

  /** Releases the lock, however often it was taken, where this was the thread's last handle on it, and detaches. */
  override close(): void {
    super.close();
    this.#side.id = closedId;
  }
}

function opened(existing: Opened): RLock {
  return new RLock(existing as unknown as RLockOptions);
}

function create(options: unknown, where: string): Opened {
  const { name, persist, mode } = readCreation(checkOptions(options, optionNames, where));
  const meta = JSON.stringify({ recursive: true });
  return new Opened(
    Attachment.create(name, (chosen) => binding.createLock(chosen, mode, persist, 0, meta)),
  );
}
