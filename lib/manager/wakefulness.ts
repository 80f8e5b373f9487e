import { binding } from '../native.js';

/** Milliseconds: enough for an answer to go, its reader to wake up, and the next call to come, where that may be polled for. */
const moment = Math.min(0.15, binding.longestPoll() / 1000);
/** Where staying awake brings nothing, it is tried for one message out of so many. */
const rarest = 1024;

/**
 * Keeps a server's event loop turning for a moment after an answer, for the next call that may come at once. To wake a process that
 * sleeps at a socket costs more than all the rest of a call. Only the server does this: a client that stayed awake as well would
 * often keep it from running. Each time that nothing came, as beyond a network or on a CPU that both sides share, it sleeps through
 * twice as many messages before it tries again.
 */
export class Wakefulness {
  #skipped = 0;
  #skips = 0;
  #waiting = false;
  #turning = false;
  #until = 0;

  /** Gives what `receive` gives, and stays awake for it. */
  async during<T>(receive: () => Promise<T>): Promise<T> {
    this.#waiting = true;
    if (moment > 0 && this.#skipped++ >= this.#skips) {
      this.#skipped = 0;
      this.#until = performance.now() + moment;
      if (!this.#turning) setImmediate(this.#turn);
      this.#turning = true;
    }
    try {
      const message = await receive();
      if (this.#turning) this.#skips = 0;
      return message;
    } finally {
      this.#waiting = false;
    }
  }

  readonly #turn = (): void => {
    if (this.#waiting && performance.now() < this.#until) {
      setImmediate(this.#turn);
      return;
    }
    this.#turning = false;
    if (this.#waiting) this.#skips = Math.min(rarest, this.#skips * 2 + 1);
  };
}
