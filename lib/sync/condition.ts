import { Attachment, type CreateOptions, Kind, Opened } from '../attachment.js';
import { AbortError, abortError, DeadlockError, invalidArgType } from '../errors.js';
import type { Guard } from './guard.js';
import type { Lock } from './lock.js';
import { binding } from '../native.js';
import {
  checkName,
  checkOptions,
  readInteger,
  readSyncWait,
  readWait,
  type SyncWaitOptions,
  type Wait,
  type WaitOptions,
} from '../options.js';
import { readCreation } from '../queue/options.js';
import { SharedObject } from '../shared-object.js';
import type { Blocked, Lane } from '../waiting/lane.js';
import { ConditionLock } from './condition-lock.js';
import { lockAgain, openGivenLock } from './given-lock.js';
import { openOrCreateSort, openSort, type Sort } from './opening.js';
import type { RLock } from './rlock.js';

export type ConditionOptions = CreateOptions;

const optionNames = ['name', 'persist', 'mode'];
const whenNotified = 1;
const mostWaits = 2 ** 31 - 1;
const sort: Sort = { kind: Kind.condition, what: 'a Condition', attach: binding.openCondition };

/**
 * Waiting for something to change that a lock protects. Python: `multiprocessing.Condition`.
 *
 * With the lock held, `wait` releases it, waits until somebody notifies, and takes it again. `notify` wakes waits that have begun
 * before it, each notification exactly one; it never waits for them, and is never spent on one that timed out, was aborted or died.
 * A notification that a waiter was killed with goes to another one, within 100 ms.
 *
 * The lock belongs to a thread. Among asynchronous tasks of one thread a `Lock` keeps order: only one of them has it, and `wait` lets
 * the next one in. The `RLock` that is made where none is given does not: the tasks are one owner, and `wait` of one of them releases
 * every level, those of the others too. Give a `Lock` where tasks of one thread wait.
 */
export class Condition extends SharedObject {
  readonly #lock: ConditionLock;
  readonly #lane: Lane;
  #abandoned = false;

  /**
   * Creates a condition on a lock, or with an `RLock` of its own.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; ClosedError where the lock is closed;
   * TypeError and RangeError for options.
   */
  constructor(lock?: Lock | RLock, options?: ConditionOptions) {
    const given: unknown = lock;
    const made = given instanceof OpenedCondition ? given : create(given, options, 'Condition');
    super(made.attachment, 'condition');
    this.#lane = made.attachment.lane('notified');
    this.#lock = new ConditionLock(this, made.attachment, made.lock);
  }

  /** Attaches to a condition, and to its lock, by its name. @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else. */
  static open(name: string): Condition {
    return opened(openSort(name, sort).attachment);
  }

  /** Attaches to a condition, or creates it. @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing one has another lock or contradicts an option. */
  static openOrCreate(name: string, lock?: Lock | RLock, options?: ConditionOptions): Condition {
    const given = checkOptions(options, optionNames, 'Condition.openOrCreate');
    // Refused now, whether or not the condition exists.
    if (lock !== undefined) lockAgain(lock).close();
    let created: OpenedCondition | undefined;
    const { attachment } = openOrCreateSort(
      name,
      { ...given, lock: lock?.name },
      sort,
      ({ meta }) => ({ lock: (meta['lock'] as { name?: unknown } | null)?.name }),
      () => {
        created = create(lock, { ...given, name }, 'Condition.openOrCreate');
        return new Opened(created.attachment);
      },
    );
    return created === undefined ? opened(attachment) : fromOpened(created);
  }

  /** Removes a condition's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** Takes the lock. Resolves to a guard, or to `null` when time ran out. Rejects with AbortError, ClosedError. */
  acquire(options?: WaitOptions): Promise<Guard | null> {
    return this.#lock.acquire(options);
  }

  /** The same, blocking the thread. @throws DeadlockError where the lock is a `Lock` that this thread holds; ClosedError */
  acquireSync(options?: SyncWaitOptions): Guard | null {
    return this.#lock.acquireSync(options);
  }

  /** Releases the lock, one level of it. Never blocks. @throws LockNotOwnedError where this thread does not hold it */
  release(): void {
    this.#lock.release();
  }

  /**
   * Waits to be notified: releases the lock, all levels of it, at once, and has it again when the promise settles, however that ends.
   * Resolves to `true`, or to `false` when `timeout` milliseconds have passed without a notification (taking the lock again may take longer).
   * Rejects with LockNotOwnedError where this thread does not hold the lock; AbortError; ClosedError (the lock is not taken then).
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return this.#wait(readWait(options, 'wait'));
  }

  /** The same, blocking the thread. @throws LockNotOwnedError, ClosedError; DeadlockError where a task of this thread took the lock meanwhile */
  waitSync(options?: SyncWaitOptions): boolean {
    return this.#waitSync(readSyncWait(options, 'waitSync'));
  }

  /**
   * Waits until `predicate` gives something true. It is called with the lock held, at once and after each notification; what it gave
   * last is the result, also when time ran out. Rejects with what it throws, and as `wait` does.
   */
  async waitFor<T>(predicate: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    const { timeout, signal } = readWait(options, 'waitFor');
    checkPredicate(predicate);
    this.#lock.check();
    const deadline = performance.now() + timeout;
    for (;;) {
      const result = await predicate();
      const remaining = deadline - performance.now();
      if (result || remaining <= 0) return result;
      await this.#wait(
        signal === undefined ? { timeout: remaining } : { timeout: remaining, signal },
      );
    }
  }

  /** The same, blocking the thread. @throws what `predicate` throws, and as `waitSync` does */
  waitForSync<T>(predicate: () => T, options?: SyncWaitOptions): T {
    const { timeout } = readSyncWait(options, 'waitForSync');
    checkPredicate(predicate);
    this.#lock.check();
    const deadline = performance.now() + timeout;
    for (;;) {
      const result = predicate();
      const remaining = deadline - performance.now();
      if (result || remaining <= 0) return result;
      this.#waitSync({ timeout: remaining });
    }
  }

  /**
   * Whether the lock's holder had died when the last wait of this handle took the lock again: what it protects may be half changed. An
   * `acquire` tells that by its guard; a wait gives no guard.
   */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Wakes `n` waits, 1 by default, or all where there are fewer. They go on once they have the lock. @throws LockNotOwnedError, ClosedError, RangeError for `n` */
  notify(n = 1): void {
    this.#notify(readInteger(n, 'n', 1, mostWaits));
  }

  /** Wakes every wait. Python: `notify_all()`. @throws LockNotOwnedError, ClosedError */
  notifyAll(): void {
    this.#notify(mostWaits);
  }

  /** Detaches; releases a lock of its own where this was the thread's last handle. */
  override close(): void {
    if (this.closed) return;
    super.close();
    this.#lock.close();
  }

  #notify(most: number): void {
    this.#lock.check();
    binding.conditionNotify(this.id, most);
    // Waits of this very thread are not left to the next turn.
    if (this.#lane.busy) this.#lane.settle();
  }

  async #wait(wait: Wait): Promise<boolean> {
    this.#lock.check();
    if (wait.signal?.aborted) throw abortError(wait.signal);
    binding.conditionEnter(this.id);
    const depth = this.#lock.releaseAll();
    let notified: boolean;
    let aborted: unknown;
    try {
      notified = await this.#lane.wait(this, wait, this.#take, this.#giveUp);
    } catch (error) {
      notified = this.#depart(error);
      aborted = error;
    }
    this.#abandoned = await this.#lock.acquireAll(depth);
    // Where the notification came first, the abort came too late.
    if (aborted !== undefined && !notified) throw aborted;
    return notified;
  }

  #waitSync(wait: Wait): boolean {
    this.#lock.check();
    binding.conditionEnter(this.id);
    const depth = this.#lock.releaseAll();
    const notified = this.#lane.waitSync(wait, this.#take, this.#giveUp, this.#mayEnd);
    this.#abandoned = this.#lock.acquireAllSync(depth);
    return notified;
  }

  readonly #take = (): true | Blocked =>
    binding.conditionTake(this.id) ? true : this.#lane.blockedOn(whenNotified);

  readonly #giveUp = (): boolean => binding.conditionLeave(this.id);

  /** Who could notify needs the lock. */
  readonly #mayEnd = (): void => {
    if (!this.#lock.held) return;
    binding.conditionLeave(this.id);
    throw new DeadlockError('A task of this very thread took the lock of the condition');
  };

  /** Ends a wait that failed. Whether it was notified before that; of a closed handle, another wait gets the notification. */
  #depart(error: unknown): boolean {
    const { id } = this.attachment;
    try {
      const notified = binding.conditionLeave(id);
      if (error instanceof AbortError) return notified;
      if (notified) binding.conditionNotify(id, 1);
    } catch {
      // The thread's last handle: closing it has passed everything on.
    }
    throw error;
  }
}

function checkPredicate(predicate: unknown): void {
  if (typeof predicate !== 'function') throw invalidArgType('predicate', 'a function', predicate);
}

class OpenedCondition {
  readonly attachment: Attachment;
  readonly lock: Lock | RLock | undefined;

  constructor(attachment: Attachment, lock: Lock | RLock | undefined) {
    this.attachment = attachment;
    this.lock = lock;
  }
}

function fromOpened(existing: OpenedCondition): Condition {
  return new Condition(existing as unknown as Lock);
}

function opened(attachment: Attachment): Condition {
  const { name, meta } = attachment;
  return fromOpened(
    attachment.prepare(() => {
      const lock = meta['lock'] === null ? undefined : openGivenLock(meta['lock'], name);
      return new OpenedCondition(attachment, lock);
    }),
  );
}

function create(lock: unknown, options: unknown, where: string): OpenedCondition {
  const { name, persist, mode } = readCreation(checkOptions(options, optionNames, where));
  const given = lock === undefined ? undefined : lockAgain(lock);
  const meta = JSON.stringify({ lock: given?.handle ?? null });
  try {
    const attachment = Attachment.create(name, (chosen) =>
      binding.createCondition(chosen, mode, persist, 0, meta),
    );
    return new OpenedCondition(attachment, given);
  } catch (error) {
    given?.close();
    throw error;
  }
}
