import { InterprocError } from '../../errors.js';
import { readInteger, readWait, type WaitOptions } from '../../options.js';
import { callerOrServer } from '../caller.js';
import { face } from '../face.js';
import { nullWhenLate, type Taken } from './lock.js';
import { blocked, Waiters } from './waiters.js';

/** As many as a POSIX semaphore can have. */
const mostPermits = 2 ** 31 - 1;
const taken: Taken = Object.freeze({ abandoned: false });

/**
 * Permits in a server, which any client may take and any may give. Those of a client that is gone stay taken. Python:
 * `SyncManager.Semaphore` and `BoundedSemaphore`.
 */
export class ManagedSemaphore {
  readonly #waits = new Waiters();
  readonly #bound: number;
  #permits: number;

  /** @throws TypeError and RangeError for `value` */
  constructor(value: unknown, bounded: boolean) {
    this.#permits = value === undefined ? 1 : readInteger(value, 'value', 0, mostPermits);
    this.#bound = bounded ? this.#permits : mostPermits;
  }

  /** Waits for a permit. Gives `null` when time has run out. Rejects with AbortError. */
  acquire(options?: WaitOptions): Taken | null | Promise<Taken | null> {
    return this.#waits.wait<Taken | null>(
      callerOrServer(),
      readWait(options, 'acquire'),
      () => {
        if (this.#permits === 0) return blocked;
        this.#permits--;
        return taken;
      },
      nullWhenLate,
    );
  }

  /**
   * Gives `n` permits, whoever took them.
   * @throws RangeError for `n`; InterprocError `ERR_SEMAPHORE_BOUND` above the first value where that bounds it, `EOVERFLOW` above
   * 2,147,483,647: nothing has changed then
   */
  release(n = 1): void {
    const permits = this.#permits + readInteger(n, 'n', 1, mostPermits);
    if (permits > this.#bound) {
      const code = this.#bound === mostPermits ? 'EOVERFLOW' : 'ERR_SEMAPHORE_BOUND';
      throw new InterprocError(`There would be more than ${this.#bound} permits`, { code });
    }
    this.#permits = permits;
    this.#waits.changed();
  }

  getValue(): number {
    return this.#permits;
  }

  get [face](): string {
    return 'lock';
  }

  [Symbol.dispose](): void {
    this.#waits.close();
  }
}
