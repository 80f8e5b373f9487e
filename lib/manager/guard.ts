/** That a lock in a server is held. `await using guard = await lock.acquire()` releases it at the end of the scope. */
export class ProxyGuard implements AsyncDisposable {
  /** Whether the connection of the previous holder ended while it held the lock: what it protects may be half changed. */
  readonly abandoned: boolean;
  #release: (() => Promise<unknown>) | undefined;

  /** @internal */
  constructor(abandoned: boolean, release: () => Promise<unknown>) {
    this.abandoned = abandoned;
    this.#release = release;
  }

  /** Releases the lock, once: later calls do nothing. Rejects with LockNotOwnedError where it was released by other means. */
  async release(): Promise<void> {
    const release = this.#release;
    this.#release = undefined;
    await release?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
