import { abortError, TimeoutError } from '../errors.js';
import type { Wait } from '../options.js';
import { afterAtLeastATurn } from '../select/timer.js';
import { type Blocked, blocked } from '../waiting/lane.js';

interface Pending {
  /** True when the wait is over, by success or by an error. */
  attempt(): boolean;
}

/** The waits for one side of a socket, first come, first served: what a Lane is for shared memory. */
export class Turns {
  readonly #pending = new Set<Pending>();
  readonly #onChange: () => void;

  /** `onChange` is called when the first wait has come and when the last one has gone. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Waits until `attempt` gives something else than `blocked`; its error rejects. Where the wait is given up, `giveUp` throws the
   * reason, or gives a result all the same. A wait of no time lasts one turn of the event loop, which brings what has arrived.
   */
  wait<T>(
    { timeout, signal }: Wait,
    attempt: () => T | Blocked,
    giveUp: (reason: Error) => T = refuse,
  ): Promise<T> {
    if (signal?.aborted) return Promise.reject(abortError(signal));
    return new Promise<T>((resolve, reject) => {
      const finish = (result: () => T) => {
        cancelTimer();
        signal?.removeEventListener('abort', abort);
        this.#leave(pending);
        try {
          resolve(result());
        } catch (error) {
          reject(error);
        }
      };
      const pending: Pending = {
        attempt: () => {
          let result: T | Blocked;
          try {
            result = attempt();
          } catch (error) {
            finish(() => {
              throw error;
            });
            return true;
          }
          if (result === blocked) return false;
          const done = result;
          finish(() => done);
          return true;
        },
      };
      const endWith = (reason: Error) => {
        if (!this.#pending.has(pending)) return;
        finish(() => giveUp(reason));
        this.settle();
      };
      const abort = () => endWith(abortError(signal as AbortSignal));
      const cancelTimer = afterAtLeastATurn(timeout, () => {
        this.settle();
        endWith(new TimeoutError());
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#pending.add(pending);
      if (this.#pending.size === 1) this.#onChange();
      this.settle();
    });
  }

  /** Serves waits in their order for as long as they can be served. */
  settle(): void {
    for (const first of this.#pending) {
      if (!first.attempt()) return;
    }
  }

  #leave(pending: Pending): void {
    if (this.#pending.delete(pending) && this.#pending.size === 0) this.#onChange();
  }
}

function refuse(reason: Error): never {
  throw reason;
}
