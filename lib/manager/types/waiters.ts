import { abortError, ClosedError, EOFError, TimeoutError } from '../../errors.js';
import type { Wait } from '../../options.js';
import { Turns } from '../../sockets/turns.js';
import { type Blocked, blocked } from '../../waiting/lane.js';
import type { Caller } from '../caller.js';

export { type Blocked, blocked };

/**
 * The waits of clients for one condition of an object in a server, first come, first served. A wait ends when its attempt succeeds,
 * when its time runs out, when it is aborted, when its client is gone, or when the object goes. One that was given up has taken
 * nothing.
 */
export class Waiters {
  readonly #turns = new Turns(() => undefined);
  #told = false;
  #closed = false;

  /**
   * Gives what `attempt` gives, as soon as that is not `blocked` and nobody who came earlier waits. Where the wait is given up,
   * `giveUp` gives a result all the same, or throws; without it the reason is thrown: TimeoutError, AbortError, or EOFError where the
   * caller is gone.
   */
  wait<R>(
    caller: Caller,
    { timeout, signal }: Wait,
    attempt: () => R | Blocked,
    giveUp: (reason: Error) => R = rethrow,
  ): R | Promise<R> {
    if (caller.ended) throw gone;
    if (signal?.aborted) throw abortError(signal);
    // What has changed in this very turn is for those who waited before.
    this.#turns.settle();
    if (!this.#turns.busy) {
      const result = attempt();
      if (result !== blocked) return result;
    }
    if (timeout === 0) return giveUp(new TimeoutError());
    return this.#wait(caller, { timeout, signal }, attempt, giveUp);
  }

  async #wait<R>(
    caller: Caller,
    { timeout, signal }: { timeout: number; signal: AbortSignal | undefined },
    attempt: () => R | Blocked,
    giveUp: (reason: Error) => R,
  ): Promise<R> {
    const given = new AbortController();
    const abort = () => given.abort(signal?.reason);
    const stay = caller.onEnd(() => given.abort(gone));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await this.#turns.wait(
        { timeout, signal: given.signal },
        () => {
          if (this.#closed) throw new ClosedError('The object was disposed');
          return attempt();
        },
        (reason) => giveUp(caller.ended ? gone : reason),
      );
    } finally {
      stay();
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Something has changed that waits may have waited for. They look once the running call is over. */
  changed(): void {
    if (this.#told || !this.#turns.busy) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      this.#turns.settle();
    });
  }

  /** The object goes: waits reject with ClosedError. */
  close(): void {
    this.#closed = true;
    this.#turns.settle();
  }
}

const gone = new EOFError('The client is gone');

function rethrow(reason: Error): never {
  throw reason;
}
