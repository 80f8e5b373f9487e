import { Attachment, type CreateOptions, Kind, Opened } from '../attachment.js';
import { ClosedError, CorruptSegmentError } from '../errors.js';
import type { Guard } from './guard.js';
import { LockSide } from './lock-side.js';
import { binding } from '../native.js';
import { checkName, checkOptions, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { readCreation } from '../queue/options.js';
import { openOrCreateSort, openSort, type Sort } from './opening.js';
import { closedId, SharedObject } from '../shared-object.js';

export type LockOptions = CreateOptions;

const optionNames = ['name', 'persist', 'mode'];

const sort: Sort = {
  kind: Kind.lock,
  what: 'a Lock',
  attach: binding.openLock,
  fits: ({ meta }) => meta['recursive'] !== true,
};

/**
 * Mutual exclusion between threads of any processes. Not recursive. Python: `multiprocessing.Lock`, but with an owner.
 *
 * The owner is a thread of a process: only it may release. `acquire` waits while somebody else has the lock and is woken by the
 * release; a lock whose holder died is free for the next who asks, within 100 ms for one who waits already, and the guard says so.
 */
export class Lock extends SharedObject {
  readonly #side: LockSide;

  /**
   * Creates a lock.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for options.
   */
  constructor(options?: LockOptions) {
    const opened =
      (options as unknown) instanceof Opened ? (options as unknown as Opened) : create(options);
    // The lock of a value or an array lives in that object's segment.
    super(opened.attachment, opened.codec === cellLock ? 'cell-lock' : 'lock');
    this.#side = new LockSide(this, opened.attachment);
  }

  /** Attaches to a lock by its name. @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else. */
  static open(name: string): Lock {
    return openedLock(openSort(name, sort));
  }

  /** Attaches to a lock, or creates it where there is none. @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing one contradicts an option. */
  static openOrCreate(name: string, options?: LockOptions): Lock {
    checkName(name);
    const given = checkOptions(options, optionNames, 'Lock.openOrCreate');
    return openedLock(
      openOrCreateSort(
        name,
        given,
        sort,
        () => ({}),
        () => create({ ...given, name }),
      ),
    );
  }

  /** Removes a lock's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** Another handle on a lock that is open, whatever its name leads to by now. @internal */
  static again(lock: Lock): Lock {
    const { attachment, closed } = lock;
    if (closed) throw new ClosedError('The lock is closed');
    return openedLock(new Opened(attachment, lock.handle.kind === 'lock' ? undefined : cellLock));
  }

  /** What native calls know the lock by. @internal */
  static idOf(lock: Lock): number {
    return lock.id;
  }

  /** Resolves to a guard when this thread holds the lock, to `null` when time ran out. Rejects with AbortError, ClosedError. */
  acquire(options?: WaitOptions): Promise<Guard | null> {
    return this.#side.acquire(options);
  }

  /**
   * Blocks the thread; a guard, or `null` when time ran out.
   * @throws DeadlockError where the wait has no limit and this thread holds the lock itself; ClosedError
   */
  acquireSync(options?: SyncWaitOptions): Guard | null {
    return this.#side.acquireSync(options);
  }

  /** Frees the lock and wakes one who waits for it. Never blocks. @throws LockNotOwnedError where this thread does not hold it */
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

  /** Releases the lock where this was the thread's last handle on it, and detaches. */
  override close(): void {
    super.close();
    this.#side.id = closedId;
  }
}

const cellLock = Symbol('the lock of a cell');

function openedLock(opened: Opened): Lock {
  return new Lock(opened as unknown as LockOptions);
}

/** The lock inside a value or an array. */
export function lockOfCell(attachment: Attachment): Lock {
  return openedLock(new Opened(attachment, cellLock));
}

/** The lock inside the value or array of that name. */
export function openLockOfCell(name: string): Lock {
  return lockOfCell(
    Attachment.open(checkName(name), binding.openCell, Kind.cell, ({ meta }) => {
      if (meta['lock'] !== true) throw new CorruptSegmentError(`'${name}' has no lock of its own`);
    }),
  );
}

function create(options: unknown): Opened {
  const given = checkOptions(options, optionNames, 'Lock');
  const { name, persist, mode } = readCreation(given);
  return new Opened(
    Attachment.create(name, (chosen) => binding.createLock(chosen, mode, persist, 0, '{}')),
  );
}
