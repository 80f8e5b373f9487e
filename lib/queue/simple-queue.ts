import { Opened } from '../attachment.js';
import type { Codec } from '../codec/codec.js';
import { binding } from '../native.js';
import {
  checkName,
  checkOptions,
  readSyncWait,
  readWait,
  type SyncWaitOptions,
  type WaitOptions,
} from '../options.js';
import { Consumer } from './consumer.js';
import { createQueue, openOrCreateQueue, openQueue } from './open.js';
import { codecOf } from './codec-of.js';
import { type QueueOptions, queueOptionNames } from './options.js';
import { Condition, Producer } from './producer.js';
import { conditionOf } from '../select/condition-watch.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { closedId, SharedObject } from '../shared-object.js';

/** Those of a `Queue`, but for `maxsize`. */
export type SimpleQueueOptions<T = unknown> = Omit<QueueOptions<T>, 'maxsize'>;

const optionNames = queueOptionNames.filter((name) => name !== 'maxsize');
const kind = 'simple-queue';
const once = Object.freeze({ timeout: 0 });

/**
 * A queue with nothing but `put`, `get`, `empty` and `close`, bounded by bytes only. Python: `multiprocessing.SimpleQueue`.
 *
 * It behaves as a `Queue` does: an item is visible when its `put` has returned, `get` waits for an item and is woken by a `put`, `put`
 * waits for room and is woken by a `get`. Unlike Python's, it may be limited in time, and its holder's death leaves it usable.
 */
export class SimpleQueue<T = unknown> extends SharedObject implements HasSelectable {
  readonly #producer: Producer<T>;
  readonly #consumer: Consumer<T>;

  /**
   * Creates a queue.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for options.
   */
  constructor(options?: SimpleQueueOptions<T>) {
    const given: unknown = options;
    const opened =
      given instanceof Opened
        ? given
        : createQueue(checkOptions(given, optionNames, 'SimpleQueue'), kind);
    const { attachment } = opened;
    const codec: Codec<T> = attachment.prepare(() => codecOf(attachment, opened.codec));
    super(attachment, kind);
    this.#producer = new Producer(this, this.id, attachment.lane('put'), codec);
    this.#consumer = new Consumer(this, this.id, attachment.lane('get'), codec);
  }

  /**
   * Attaches to a queue by its name. `codec` is needed only where it was created with a codec of its own.
   * @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where the name is something else's.
   */
  static open<T = unknown>(
    name: string,
    options?: Pick<SimpleQueueOptions<T>, 'codec'>,
  ): SimpleQueue<T> {
    const { codec } = checkOptions(options, ['codec'], 'SimpleQueue.open');
    return opened(openQueue(name, codec, kind));
  }

  /**
   * Attaches to a queue, or creates it where there is none.
   * @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing queue contradicts an option given.
   */
  static openOrCreate<T = unknown>(name: string, options?: SimpleQueueOptions<T>): SimpleQueue<T> {
    checkOptions(options, optionNames, 'SimpleQueue.openOrCreate');
    return opened(openOrCreateQueue(name, options, kind));
  }

  /** Removes a queue's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /**
   * Resolves when the item is visible to every process. Waits for room.
   * Rejects with SerializationError where the item cannot travel (nothing is queued), MessageTooLargeError, Full when time runs out,
   * AbortError, ClosedError.
   */
  put(item: T, options?: WaitOptions): Promise<void> {
    try {
      return this.#producer.put(item, readWait(options, 'put'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Blocks the thread until the item is in. @throws what `put` rejects with */
  putSync(item: T, options?: SyncWaitOptions): void {
    this.#producer.putSync(item, readSyncWait(options, 'putSync'));
  }

  /** Tries once. @throws what `put` rejects with */
  putNowait(item: T): void {
    this.#producer.putSync(item, once);
  }

  /** Takes the oldest item; waits for one. Rejects with Empty when time runs out, SerializationError, AbortError, ClosedError. */
  get(options?: WaitOptions): Promise<T> {
    try {
      return this.#consumer.get(readWait(options, 'get'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Blocks the thread until there is an item. @throws what `get` rejects with */
  getSync(options?: SyncWaitOptions): T {
    return this.#consumer.getSync(readSyncWait(options, 'getSync'));
  }

  /** Tries once. @throws what `get` rejects with */
  getNowait(): T {
    return this.#consumer.getSync(once);
  }

  /** Whether there is nothing to get. False as soon as a `put` has returned. @throws ClosedError */
  empty(): boolean {
    return binding.queueCount(this.id) === 0;
  }

  override close(): void {
    super.close();
    this.#producer.id = this.#consumer.id = closedId;
  }

  /** For `wait()`: an item to get. @internal */
  [selectable](): Selectable {
    return conditionOf(
      this.attachment,
      Condition.notEmpty,
      () => this.id,
      () => this.#consumer.keeps,
    );
  }
}

function opened<T>(queue: Opened): SimpleQueue<T> {
  return new SimpleQueue<T>(queue as unknown as SimpleQueueOptions<T>);
}
