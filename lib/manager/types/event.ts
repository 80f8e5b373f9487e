import { TimeoutError } from '../../errors.js';
import { readWait, type WaitOptions } from '../../options.js';
import { callerOrServer } from '../caller.js';
import { blocked, Waiters } from './waiters.js';

/** A flag in a server that many can wait for. Python: `SyncManager.Event`. */
export class ManagedEvent {
  readonly #waits = new Waiters();
  #set = false;
  /** How often it was set: a wait is over by a `set` even where a `clear` follows at once. */
  #times = 0;

  isSet(): boolean {
    return this.#set;
  }

  set(): void {
    if (!this.#set) this.#times++;
    this.#set = true;
    this.#waits.changed();
  }

  clear(): void {
    this.#set = false;
  }

  /** Gives `true` once it is set, or was since the call; `false` when time has run out. Rejects with AbortError. */
  wait(options?: WaitOptions): boolean | Promise<boolean> {
    const times = this.#times;
    return this.#waits.wait<boolean>(
      callerOrServer(),
      readWait(options, 'wait'),
      () => (this.#set || this.#times !== times ? true : blocked),
      falseWhenLate,
    );
  }

  [Symbol.dispose](): void {
    this.#waits.close();
  }
}

/** For waits that give `false` when time has run out. */
export function falseWhenLate(reason: Error): false {
  if (reason instanceof TimeoutError) return false;
  throw reason;
}
