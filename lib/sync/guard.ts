/** That a lock is held. `using guard = lock.acquireSync()` releases it at the end of the scope. */
export class Guard {
  /** Whether the previous holder died holding the lock: what it protects may be half changed. */
  readonly abandoned: boolean;
  #release: (() => void) | undefined;

  /** @internal */
  constructor(abandoned: boolean, release: () => void) {
    this.abandoned = abandoned;
    this.#release = release;
  }

  /** Releases the lock, once: later calls do nothing. @throws LockNotOwnedError where the lock was released by other means */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.release();
    return Promise.resolve();
  }
}
