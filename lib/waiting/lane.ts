import { ClosedError, abortError } from '../errors.js';
import { binding } from '../native.js';
import type { Wait } from '../options.js';
import { longestBlock } from './blocking.js';
import { createWatch, glance, poll, retire, retireResting, start, stop } from './event-loop.js';
import { deliverSignals } from './signals.js';

/** What an attempt returns when it would have to wait; it has told its lane for what. */
export const blocked = Symbol('blocked');
export type Blocked = typeof blocked;

/** The longest that a timer of Node.js can run. */
const longestTimer = 2 ** 31 - 1;

interface Pending {
  /** Whoever's closing ends this wait. */
  readonly owner: object;
  /** True when the wait is over, by success or by an error. */
  attempt(): boolean;
  fail(error: Error): void;
}

export interface LaneOptions {
  /** Whether polling can pay: not where whoever is waited for may need this very processor. Default `true`. */
  readonly polls?: boolean;
}

/**
 * The waits of this thread for one side of one object (its puts, its gets, a lock), first come, first served: a later wait never
 * overtakes an earlier one. Only the first one's condition is watched.
 */
export class Lane {
  readonly #id: number;
  readonly #polls: boolean;
  readonly #pending = new Set<Pending>();
  #watch = -1;
  #watching = false;
  #watchedCondition = 0;
  #watchedNeed = 0;
  #condition = 0;
  #need = 0;

  constructor(id: number, { polls = true }: LaneOptions = {}) {
    this.#id = id;
    this.#polls = polls;
  }

  /** Whether earlier waits are pending, which a new one must not overtake. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** For attempts: notes what they wait for. `need` is the condition's parameter (bytes of room). */
  blockedOn(condition: number, need = 0): Blocked {
    this.#condition = condition;
    this.#need = need;
    return blocked;
  }

  /** Whether the last attempt that failed waits for this condition. */
  isBlockedOn(condition: number): boolean {
    return this.#condition === condition;
  }

  /**
   * An attempt without a wait, where it overtakes nobody. Where answers come at once, and the next one does, a second: the loop need
   * not have a turn for it.
   */
  attempt<T>({ timeout, signal }: Wait, attempt: () => T | Blocked): T | Blocked {
    if (this.busy || signal?.aborted) return blocked;
    const result = attempt();
    if (result !== blocked || timeout === 0) return result;
    const watched = this.#condition === this.#watchedCondition && this.#need === this.#watchedNeed;
    return watched && glance(this.#watch) ? attempt() : blocked;
  }

  /**
   * Waits in promise form until `attempt` gives something else than `blocked`; its error rejects. When time runs out it is tried
   * once more, then `onTimeout()` gives the result or throws. An abort takes nothing; `onCut` is told of it, and of the closing of the
   * handle, before the next wait has its turn.
   */
  wait<T>(
    owner: object,
    { timeout, signal }: Wait,
    attempt: () => T | Blocked,
    onTimeout: () => T,
    onCut?: () => void,
  ): Promise<T> {
    if (signal?.aborted) return Promise.reject(abortError(signal));
    return new Promise<T>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const finish = () => {
        this.#pending.delete(pending);
        if (timer !== undefined) clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      let trying = false;
      const pending: Pending = {
        owner,
        attempt: () => {
          // Its own attempt led here (a handle closed, a codec that used the queue): two attempts would take two items.
          if (trying) return false;
          let result: T | Blocked;
          trying = true;
          try {
            result = attempt();
          } catch (error) {
            finish();
            reject(error);
            return true;
          } finally {
            trying = false;
          }
          if (result === blocked) return false;
          finish();
          resolve(result);
          return true;
        },
        fail: (error) => {
          // An attempt that closes its own handle says itself how it ended.
          if (trying) return;
          finish();
          onCut?.();
          reject(error);
        },
      };
      const abort = () => {
        pending.fail(abortError(signal as AbortSignal));
        this.settle();
      };
      const runOut = () => {
        this.settle();
        if (!this.#pending.has(pending)) return;
        finish();
        try {
          resolve(onTimeout());
        } catch (error) {
          reject(error);
        }
        this.settle();
      };
      this.#pending.add(pending);
      signal?.addEventListener('abort', abort, { once: true });
      if (timeout === 0) runOut();
      else {
        if (timeout !== Infinity) {
          startTimer(timeout, runOut, (started) => {
            timer = started;
          });
        }
        this.settle();
      }
    });
  }

  /**
   * The same for the `Sync` forms: blocks the thread. Waits in promise form that came before are served first.
   * `mayEnd` is asked before each sleep and throws where only this thread could end the wait.
   */
  waitSync<T>(
    { timeout }: Wait,
    attempt: () => T | Blocked,
    onTimeout: () => T,
    mayEnd?: () => void,
  ): T {
    const deadline = timeout === Infinity ? Infinity : performance.now() + timeout;
    let slept = -1;
    let needed = 0;
    // What this wait was woken for and does not take, somebody else may have. An attempt can fail although it is there: a lock was held
    // for a moment.
    const passWake = () => {
      if (slept >= 0) binding.passWake(this.#id, slept, needed);
    };
    for (;;) {
      if (this.busy) this.settle();
      if (!this.busy) {
        const result = attempt();
        if (result !== blocked) return result;
      }
      const remaining = deadline - performance.now();
      if (remaining <= 0) {
        passWake();
        return onTimeout();
      }
      if (this.#condition !== slept) passWake();
      if (timeout === Infinity) mayEnd?.();
      try {
        deliverSignals();
      } catch (error) {
        passWake();
        throw error;
      }
      retireResting();
      slept = this.#condition;
      needed = this.#need;
      binding.waitSync(this.#id, slept, needed, Math.min(longestBlock, remaining));
    }
  }

  /** Serves waits in their order for as long as they can be served, then watches what the next one waits for. */
  settle(): void {
    for (const first of this.#pending) if (!first.attempt()) break;
    if (this.#pending.size > 0) this.#keepWatching();
    else if (this.#watching) {
      this.#watching = false;
      stop(this.#watch);
    }
  }

  #keepWatching(): void {
    if (this.#watch < 0) {
      this.#watch = createWatch(this, {
        id: this.#id,
        condition: this.#condition,
        need: this.#need,
        polls: this.#polls,
      });
    } else if (this.#condition !== this.#watchedCondition || this.#need !== this.#watchedNeed) {
      // It rests, and may have been woken for what it does not wait for any more.
      if (!this.#watching) retire(this.#watch);
      binding.rewatch(this.#watch, this.#condition, this.#need);
    }
    this.#watchedCondition = this.#condition;
    this.#watchedNeed = this.#need;
    if (this.#watching) poll(this.#watch);
    else {
      this.#watching = true;
      start(this.#watch);
    }
  }

  /** Ends the waits of a handle that is being closed. */
  cancel(owner: object): void {
    for (const pending of this.#pending) {
      if (pending.owner === owner) pending.fail(new ClosedError());
    }
    this.settle();
  }
}

function startTimer(
  milliseconds: number,
  run: () => void,
  keep: (timer: NodeJS.Timeout) => void,
): void {
  if (milliseconds <= longestTimer) {
    keep(setTimeout(run, Math.ceil(milliseconds)));
    return;
  }
  keep(setTimeout(() => startTimer(milliseconds - longestTimer, run, keep), longestTimer));
}
