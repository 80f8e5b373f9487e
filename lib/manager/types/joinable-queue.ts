import { InterprocError } from '../../errors.js';
import { readBoolean, readWait, type WaitOptions } from '../../options.js';
import { type Caller, callerOrServer } from '../caller.js';
import { ManagedQueue } from './queue.js';
import type { Store } from './stores.js';
import { type Blocked, blocked, Waiters } from './waiters.js';

/**
 * A queue in a server whose items have to be finished. What a client had taken and not finished when its connection ended is lost,
 * and `join` says how much. Python: `SyncManager.JoinableQueue`.
 */
export class ManagedJoinableQueue extends ManagedQueue {
  readonly #taken = new Map<Caller, { count: number; readonly unwatch: () => void }>();
  readonly #joins = new Waiters();
  #lost = 0;

  constructor(maxsize: number, store: Store) {
    super(maxsize, store, (caller, count) => this.#note(caller, count));
  }

  /** One item that was taken is finished: of the caller's own where it has any. @throws InterprocError `ERR_TASK_DONE` where none is unfinished */
  taskDone(): void {
    const caller = callerOrServer();
    const [who, account] = this.#taken.has(caller)
      ? [caller, this.#taken.get(caller)]
      : (this.#taken.entries().next().value ?? []);
    if (who === undefined || account === undefined) {
      throw new InterprocError('taskDone() was called more often than items were taken', {
        code: 'ERR_TASK_DONE',
      });
    }
    if (--account.count === 0) {
      account.unwatch();
      this.#taken.delete(who);
    }
    this.#joins.changed();
  }

  /**
   * Waits until every item that was put has been taken and finished. Rejects with InterprocError `ERR_TASKS_LOST` (its `count` says
   * how many) when all that is left went with clients that are gone, unless `ignoreLost`; TimeoutError, AbortError.
   */
  join(options?: WaitOptions & { readonly ignoreLost?: boolean }): void | Promise<void> {
    const wait = readWait(options, 'join', ['ignoreLost']);
    const ignoreLost = readBoolean(options?.ignoreLost, 'ignoreLost', false);
    return this.#joins.wait(callerOrServer(), wait, (): undefined | Blocked => {
      if (!this.empty() || this.#taken.size > 0) return blocked;
      if (this.#lost > 0 && !ignoreLost) throw tasksLost(this.#lost);
      return undefined;
    });
  }

  override shutdown(options?: { readonly immediate?: boolean }): void {
    super.shutdown(options);
    this.#joins.changed();
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#joins.close();
  }

  #note(caller: Caller, count: number): void {
    const account = this.#taken.get(caller);
    if (account !== undefined) account.count += count;
    else this.#taken.set(caller, { count, unwatch: caller.onEnd(() => this.#lose(caller)) });
  }

  #lose(caller: Caller): void {
    this.#lost += this.#taken.get(caller)?.count ?? 0;
    this.#taken.delete(caller);
    this.#joins.changed();
  }
}

function tasksLost(count: number): InterprocError {
  const message = `${count} items were taken by clients that were gone before they called taskDone()`;
  return Object.assign(new InterprocError(message, { code: 'ERR_TASKS_LOST' }), { count });
}
