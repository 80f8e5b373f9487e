import { type CreateOptions, Opened } from '../attachment.js';
import type { Guard } from './guard.js';
import { binding } from '../native.js';
import { checkName, checkOptions, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { closedId, SharedObject } from '../shared-object.js';
import { openOrCreateSort, openSort } from './opening.js';
import {
  createSemaphore,
  firstValue,
  readPermits,
  SemaphoreSide,
  semaphoreOptionNames,
  semaphoreSort,
} from './semaphore-side.js';

export type SemaphoreOptions = CreateOptions;

const sort = semaphoreSort(false);

/**
 * Permits that anybody may take and anybody may give. Python: `multiprocessing.Semaphore`.
 *
 * It is the POSIX named semaphore `/<name>`: any program in any language that opens that name takes part. `acquire` waits while
 * there is no permit and is woken by any program's post; an event loop that sleeps sees one of a program without this library
 * after some 2 ms. Permits of the dead stay taken. A guard gives its permit back once.
 */
export class Semaphore extends SharedObject {
  readonly #side: SemaphoreSide;

  /**
   * Creates a semaphore with `value` permits, 0 to 2,147,483,647. Python's default, 1.
   * @throws InterprocError `EEXIST` where the name is taken, by whatever program; `ENOSPC` where `/dev/shm` is full; TypeError and
   * RangeError for value and options.
   */
  constructor(value?: number, options?: SemaphoreOptions) {
    const given: unknown = value;
    const { attachment } =
      given instanceof Opened ? given : createSemaphore(given, options, false, 'Semaphore');
    super(attachment, 'semaphore');
    this.#side = new SemaphoreSide(this, attachment, false);
  }

  /**
   * Attaches to a semaphore by its name, also to one that another program made (`sem_open`).
   * @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else, a `BoundedSemaphore` too.
   */
  static open(name: string): Semaphore {
    return opened(openSort(name, sort));
  }

  /** Attaches to a semaphore, or creates it where there is none. @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing one contradicts `value` or an option. */
  static openOrCreate(name: string, value?: number, options?: SemaphoreOptions): Semaphore {
    const given = checkOptions(options, semaphoreOptionNames, 'Semaphore.openOrCreate');
    if (value !== undefined) readPermits(value);
    return opened(
      openOrCreateSort(
        name,
        { ...given, value },
        sort,
        (found) => ({ value: firstValue(found, value) }),
        () => createSemaphore(value, { ...given, name }, false, 'Semaphore.openOrCreate'),
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
   * @throws RangeError for `n`, InterprocError `EOVERFLOW` where there would be more than 2,147,483,647; ClosedError
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

function opened(existing: Opened): Semaphore {
  return new Semaphore(existing as unknown as number);
}
