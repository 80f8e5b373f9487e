import type { Attachment } from '../attachment.js';
import { LockNotOwnedError } from '../errors.js';
import type { Guard } from './guard.js';
import { Lock } from './lock.js';
import { LockSide } from './lock-side.js';
import { binding } from '../native.js';
import type { SyncWaitOptions, WaitOptions } from '../options.js';
import { closedId } from '../shared-object.js';
import { RLock } from './rlock.js';

/** The lock of a condition: one that it was given, or the recursive one in its own segment. */
export class ConditionLock {
  readonly #given: Lock | RLock | undefined;
  readonly #own: LockSide | undefined;

  /** `given` is a handle of its own, which is closed with the condition. */
  constructor(owner: object, attachment: Attachment, given: Lock | RLock | undefined) {
    this.#given = given;
    if (given === undefined) this.#own = new LockSide(owner, attachment, { recursive: true });
  }

  acquire(options?: WaitOptions): Promise<Guard | null> {
    return this.#given === undefined
      ? (this.#own as LockSide).acquire(options)
      : this.#given.acquire(options);
  }

  acquireSync(options?: SyncWaitOptions): Guard | null {
    return this.#given === undefined
      ? (this.#own as LockSide).acquireSync(options)
      : this.#given.acquireSync(options);
  }

  release(): void {
    if (this.#given === undefined) (this.#own as LockSide).release();
    else this.#given.release();
  }

  /** Whether this thread holds the lock: nobody else could end a wait then. */
  get held(): boolean {
    return binding.lockDepth(this.#id) > 0;
  }

  /** @throws LockNotOwnedError where this thread does not hold the lock */
  check(): void {
    if (!this.held) throw new LockNotOwnedError("The condition's lock is not held by this thread");
  }

  /** Releases every level; how many there were. */
  releaseAll(): number {
    const depth = binding.lockDepth(this.#id);
    // The last release may hand the lock to another task of this thread: what it has then is not ours.
    for (let level = 0; level < depth; level++) this.release();
    return depth;
  }

  /** Takes the lock as often as it was held before. Whether its holder had died. */
  async acquireAll(depth: number): Promise<boolean> {
    const guard = await this.acquire();
    this.#deepen(depth);
    return guard?.abandoned === true;
  }

  acquireAllSync(depth: number): boolean {
    const guard = this.acquireSync();
    this.#deepen(depth);
    return guard?.abandoned === true;
  }

  close(): void {
    this.#given?.close();
    if (this.#own !== undefined) this.#own.id = closedId;
  }

  #deepen(depth: number): void {
    for (let level = 1; level < depth; level++) binding.lockAcquire(this.#id, true, false);
  }

  get #id(): number {
    const given = this.#given;
    if (given === undefined) return (this.#own as LockSide).id;
    return given instanceof Lock ? Lock.idOf(given) : RLock.idOf(given);
  }
}
