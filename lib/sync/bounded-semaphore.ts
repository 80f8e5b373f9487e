import { Opened } from '../attachment.js';
import type { Guard } from './guard.js';
import { binding } from '../native.js';
import { checkName, checkOptions, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { closedId, SharedObject } from '../shared-object.js';
import { openOrCreateSort, openSort } from './opening.js';
import type { SemaphoreOptions } from './semaphore.js';
import {
  createSemaphore,
  firstValue,
  readPermits,
  SemaphoreSide,
  semaphoreOptionNames,
  semaphoreSort,
} from './semaphore-side.js';

const sort = semaphoreSort(true);

/**
 * A semaphore that never has more permits than it began with. Python: `multiprocessing.BoundedSemaphore`.
 *
 * As `Semaphore`, but `release` refuses what would be one too many, however many release at once: it looks and posts under a lock
 * that survives the death of its holder. Posts of programs without this library are not checked.
 */
export class BoundedSemaphore extends SharedObject {
  readonly #side: SemaphoreSide;

  /**
   * Creates a semaphore with `value` permits, 0 to 2,147,483,647. Python's default, 1.
   * @throws InterprocError `EEXIST` where the name is taken, by whatever program; `ENOSPC` where `/dev/shm` is full; TypeError and
   * RangeError for value and options.
   */
  constructor(value?: number, options?: SemaphoreOptions) {
    const given: unknown = value;
    const { attachment } =
      given instanceof Opened ? given : createSemaphore(given, options, true, 'BoundedSemaphore');
    super(attachment, 'bounded-semaphore');
    this.#side = new SemaphoreSide(this, attachment, true);
  }

  /**
   * Attaches to a semaphore by its name.
   * @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else, a `Semaphore` too.
   */
  static open(name: string): BoundedSemaphore {
    return opened(openSort(name, sort));
  }

  /** Attaches to a semaphore, or creates it where there is none. @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing one contradicts `value` or an option. */
  static openOrCreate(name: string, value?: number, options?: SemaphoreOptions): BoundedSemaphore {
    const given = checkOptions(options, semaphoreOptionNames, 'BoundedSemaphore.openOrCreate');
    if (value !== undefined) readPermits(value);
    return opened(
      openOrCreateSort(
        name,
        { ...given, value },
        sort,
        (found) => ({ value: firstValue(found, value) }),
        () => createSemaphore(value, { ...given, name }, true, 'BoundedSemaphore.openOrCreate'),
      ),
    );
  }

  /** Removes a semaphore's name, whoever made it; who has it open goes on. Python: `sem_unlink`. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.semaphoreUnlinkName(checkName(name));
  }

  /** Resolves to a guard when a permit was taken, to `null` when time ran out. Rejects with AbortError, ClosedError. */
  acquire(options?: WaitOptions): Promise<Guard | null> {
    return this.#side.acquire(options);
  }

  /** Blocks the thread; a guard, or `null` when time ran out. @throws ClosedError */
  acquireSync(options?: SyncWaitOptions): Guard | null {
    return this.#side.acquireSync(options);
  }

  /**
   * Gives `n` permits, 1 by default, and wakes as many who wait. Any thread of any program may, whoever took them. Never waits for others.
   * @throws InterprocError `ERR_SEMAPHORE_BOUND`, and nothing has changed, where there would be more permits than at first; RangeError
   * for `n`; ClosedError
   */
  release(n?: number): void {
    this.#side.release(n);
  }

  /** The permits that are there now. Python: `get_value()`. @throws ClosedError */
  getValue(): number {
    return this.#side.getValue();
  }

  /** Runs `body` with a permit, which is given back whatever happens. */
  run<R>(body: () => R | PromiseLike<R>): Promise<R> {
    return this.#side.run(body);
  }

  /** The same, blocking the thread. */
  runSync<R>(body: () => R): R {
    return this.#side.runSync(body);
  }

  /** Removes the name, also for other programs. @throws InterprocError `ENOENT` where it is gone already, `ERR_CLOSED` on a closed handle. */
  override unlink(): void {
    binding.semaphoreUnlink(this.id);
  }

  /** Detaches. Permits that were taken stay taken. */
  override close(): void {
    super.close();
    this.#side.id = closedId;
  }
}

function opened(existing: Opened): BoundedSemaphore {
  return new BoundedSemaphore(existing as unknown as number);
}
