import { ClosedError, InterprocError, TimeoutError } from '../errors.js';
import { binding, Outcome } from '../native.js';
import {
  checkOptions,
  readBoolean,
  readSyncWait,
  readWait,
  type SyncWaitOptions,
  type WaitOptions,
} from '../options.js';
import { Opened } from '../attachment.js';
import { Queue } from './queue.js';
import { createQueue, openOrCreateQueue, openQueue } from './open.js';
import type { QueueOptions } from './options.js';
import { Condition, lockPatience } from './producer.js';
import { type Blocked, blocked } from '../waiting/lane.js';

/** How `join` deals with what dead consumers took with them. */
export interface JoinOptions {
  /** `true`: items lost with a dead consumer count as finished. Default `false`: `join` fails and says how many. */
  readonly ignoreLost?: boolean | undefined;
}

const whenJoined = 4;

/**
 * A queue whose items have to be finished: `taskDone()` for each item taken, and `join()` waits until all are. Python:
 * `multiprocessing.JoinableQueue`.
 *
 * A consumer that dies, or detaches, between `get` and `taskDone` is not waited for: what it had taken is lost, and `join` says so.
 */
export class JoinableQueue<T = unknown> extends Queue<T> {
  /** Creates a queue. A number is `maxsize`, as in Python. @throws as `Queue` does */
  constructor(argument?: number | QueueOptions<T>) {
    const given: unknown = argument;
    const opened = given instanceof Opened ? given : createQueue(given, 'joinable-queue');
    super(opened as unknown as QueueOptions<T>);
  }

  /** Attaches by name. @throws as `Queue.open` does */
  static override open<T = unknown>(
    name: string,
    options?: Pick<QueueOptions<T>, 'codec'>,
  ): JoinableQueue<T> {
    const { codec } = checkOptions(options, ['codec'], 'JoinableQueue.open');
    const opened = openQueue(name, codec, 'joinable-queue');
    return new JoinableQueue<T>(opened as unknown as QueueOptions<T>);
  }

  /** Attaches, or creates. @throws as `Queue.openOrCreate` does */
  static override openOrCreate<T = unknown>(
    name: string,
    options?: QueueOptions<T>,
  ): JoinableQueue<T> {
    const opened = openOrCreateQueue(name, options, 'joinable-queue');
    return new JoinableQueue<T>(opened as unknown as QueueOptions<T>);
  }

  /** One item that was taken is finished. Never waits for others. @throws InterprocError `ERR_TASK_DONE` where nothing is unfinished */
  taskDone(): void {
    const deadline = performance.now() + lockPatience;
    for (;;) {
      const outcome = binding.queueTaskDone(this.id);
      if (outcome === 1) return;
      if (outcome === 0) {
        throw new InterprocError('taskDone() was called more often than items were taken', {
          code: 'ERR_TASK_DONE',
        });
      }
      if (performance.now() > deadline) {
        throw new TimeoutError('A process inside the queue does not go on; is it stopped?');
      }
      binding.waitSync(this.id, Condition.getLock, 0, 1);
    }
  }

  /**
   * Resolves when every item that was put has been taken and finished; at once where nothing was put. Woken by `taskDone`.
   * Rejects with InterprocError `ERR_TASKS_LOST` (its `count` says how many) when all that is left went with dead consumers,
   * TimeoutError, AbortError, ClosedError.
   */
  join(options?: WaitOptions & JoinOptions): Promise<void> {
    try {
      const wait = readWait(options, 'join', ['ignoreLost']);
      const attempt = this.#joining(options);
      if (wait.signal?.aborted !== true && attempt() !== blocked) return Promise.resolve();
      return this.attachment.lane('join').wait(this, wait, attempt, throwTimeout);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. @throws what `join` rejects with */
  joinSync(options?: SyncWaitOptions & JoinOptions): void {
    const wait = readSyncWait(options, 'joinSync', ['ignoreLost']);
    this.attachment.lane('join').waitSync(wait, this.#joining(options), throwTimeout);
  }

  #joining(options: JoinOptions | undefined): () => undefined | Blocked {
    const ignoreLost = readBoolean(options?.ignoreLost, 'ignoreLost', false);
    const lane = this.attachment.lane('join');
    return () => {
      if (this.closed) throw new ClosedError();
      const outcome = binding.queueJoin(this.id);
      if (outcome === Outcome.busy) return lane.blockedOn(Condition.getLock);
      if (outcome < 0) return lane.blockedOn(whenJoined);
      if (outcome > 0 && !ignoreLost) throw lost(outcome);
      return undefined;
    };
  }
}

function lost(count: number): InterprocError {
  const error = new InterprocError(
    `${count} items were taken by consumers that died before they called taskDone()`,
    { code: 'ERR_TASKS_LOST' },
  );
  return Object.assign(error, { count });
}

function throwTimeout(): never {
  throw new TimeoutError();
}
