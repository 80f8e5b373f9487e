import type { Attachment } from '../attachment.js';
import { DeadlockError, invalidArgType } from '../errors.js';
import { Guard } from './guard.js';
import { binding } from '../native.js';
import { readSyncWait, readWait, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';

/** What lockAcquire answers (native/core/sync/owned_lock.h). */
const Acquired = { no: 0, yes: 1, recovered: 2, mine: 3 } as const;

const whenFree = 0;

/** What everything that has a lock does with it: `Lock`, `RLock`, and values and arrays with their own. */
export class LockSide {
  /** The object; another number once the handle is closed. */
  id: number;
  readonly #owner: object;
  readonly #lane: Lane;
  readonly #recursive: boolean;

  constructor(owner: object, attachment: Attachment, { recursive = false } = {}) {
    this.#owner = owner;
    this.id = attachment.id;
    this.#lane = attachment.lane('lock');
    this.#recursive = recursive;
  }

  acquire(options: WaitOptions | undefined): Promise<Guard | null> {
    try {
      const wait = readWait(options, 'acquire');
      if (!this.#lane.busy && !wait.signal?.aborted) {
        const guard = this.#try();
        if (guard !== blocked) return Promise.resolve(guard);
      }
      return this.#lane.wait<Guard | null>(this.#owner, wait, this.#tryHard, () => null);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  acquireSync(options: SyncWaitOptions | undefined): Guard | null {
    const wait = readSyncWait(options, 'acquireSync');
    if (!this.#lane.busy) {
      const guard = this.#try();
      if (guard !== blocked) return guard;
    }
    return this.#lane.waitSync<Guard | null>(
      wait,
      this.#tryHard,
      () => null,
      () => {
        // Without the question to the kernel that the state may need.
        if (binding.lockDepth(this.id) > 0) throw new DeadlockError();
      },
    );
  }

  release(): void {
    binding.lockRelease(this.id);
    // Waits of this very thread are woken by nobody else.
    if (this.#lane.busy) this.#lane.settle();
  }

  locked(): boolean {
    return binding.lockState(this.id) !== 0;
  }

  async run<R>(body: () => R | PromiseLike<R>): Promise<R> {
    checkBody(body);
    const guard = await this.acquire(undefined);
    try {
      return await body();
    } finally {
      guard?.release();
    }
  }

  runSync<R>(body: () => R): R {
    checkBody(body);
    const guard = this.acquireSync(undefined);
    try {
      return body();
    } finally {
      guard?.release();
    }
  }

  #try(): Guard | Blocked {
    return this.#guard(binding.lockAcquire(this.id, this.#recursive, false));
  }

  /** Asks the kernel about the holder as well: a dead one's lock is taken over. */
  readonly #tryHard = (): Guard | Blocked =>
    this.#guard(binding.lockAcquire(this.id, this.#recursive, true));

  #guard(acquired: number): Guard | Blocked {
    if (acquired === Acquired.yes || acquired === Acquired.recovered)
      return new Guard(acquired === Acquired.recovered, this.#release);
    return this.#lane.blockedOn(whenFree);
  }

  readonly #release = () => this.release();
}

/** Before the lock is taken, so that nobody waits for nothing. */
export function checkBody(body: unknown): void {
  if (typeof body !== 'function') throw invalidArgType('body', 'a function', body);
}
