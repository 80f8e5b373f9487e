import { abortError } from '../errors.js';
import type { Wait } from '../options.js';
import { deliverSignals } from '../waiting/signals.js';

/** The longest that a timer of Node.js can run, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

/** Those who wait for one process to end. */
export class Joins {
  readonly #waiting = new Set<() => void>();
  readonly #onChange: (anybody: boolean) => void;

  /** `onChange` is called when the first one comes and when the last one has gone. */
  constructor(onChange: (anybody: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Resolves when `end()` is called or time runs out; an abort rejects. */
  wait({ timeout, signal }: Wait): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortError(signal));
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + timeout;
      let timer: NodeJS.Timeout | undefined;
      const leave = () => {
        this.#waiting.delete(finish);
        if (this.#waiting.size === 0) this.#onChange(false);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const finish = () => {
        leave();
        resolve();
      };
      const abort = () => {
        leave();
        reject(abortError(signal as AbortSignal));
      };
      const tick = () => {
        const remaining = deadline - performance.now();
        if (remaining <= 0) finish();
        else timer = setTimeout(tick, Math.min(Math.ceil(remaining), longestTimer));
      };
      this.#waiting.add(finish);
      if (this.#waiting.size === 1) this.#onChange(true);
      signal?.addEventListener('abort', abort, { once: true });
      if (timeout !== Infinity) tick();
    });
  }

  /** Calls `ended` when the process has ended, unless the function returned was called before. */
  add(ended: () => void): () => void {
    const leave = () => {
      if (this.#waiting.delete(finish) && this.#waiting.size === 0) this.#onChange(false);
    };
    const finish = () => {
      leave();
      ended();
    };
    this.#waiting.add(finish);
    if (this.#waiting.size === 1) this.#onChange(true);
    return leave;
  }

  /** The process has ended. */
  end(): void {
    for (const finish of this.#waiting) finish();
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));
const shortestNap = 0.5;
const longestNap = 10;

/**
 * Blocks the thread until `ended` says so; false where time ran out first. Whoever waits blocks the event loop that would be told,
 * so it looks again and again, ever less often.
 */
export function waitSyncUntil(ended: () => boolean, { timeout }: Wait): boolean {
  const deadline = performance.now() + timeout;
  for (let nap = shortestNap; ; nap = Math.min(longestNap, nap * 1.5)) {
    if (ended()) return true;
    const remaining = deadline - performance.now();
    if (remaining <= 0) return false;
    deliverSignals();
    Atomics.wait(never, 0, 0, Math.min(nap, remaining));
  }
}
