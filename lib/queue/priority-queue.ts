import { Opened } from '../attachment.js';
import type { Codec } from '../codec/codec.js';
import { invalidArgType, outOfRange } from '../errors.js';
import { binding, Outcome } from '../native.js';
import {
  checkName,
  checkOptions,
  readBoolean,
  readInteger,
  readSyncWait,
  readWait,
  type SyncWaitOptions,
  type WaitOptions,
} from '../options.js';
import { PriorityCodec } from './priority-codec.js';
import {
  createPriorityQueue,
  openOrCreatePriorityQueue,
  openPriorityQueue,
} from './priority-open.js';
import { readItems } from './queue.js';
import { priorityCalls } from './calls.js';
import { Consumer } from './consumer.js';
import { codecOf } from './codec-of.js';
import type { QueueOptions } from './options.js';
import { Condition, Producer } from './producer.js';
import { conditionOf } from '../select/condition-watch.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { closedId, SharedObject } from '../shared-object.js';

export interface PriorityPutOptions {
  /** Any finite number, the lowest first; `-0` is `0`. Default 0. */
  readonly priority?: number | undefined;
}

/**
 * Many producers, many consumers, the item of the lowest priority first, and of equals the one whose `put` came first, in whatever
 * process. Python: `queue.PriorityQueue`, across processes.
 *
 * When `put` has returned, the item is visible to every process and outlives this one. `get` waits while the queue is empty and is
 * woken by a `put` or by `shutdown()`; `put` waits while there is no room and is woken by a `get` or by `shutdown()`. A process that
 * is killed at any moment loses no item whose `put` had returned, but those it was taking. Puts of one handle that wait for room go in
 * one after the other, whatever their priorities.
 */
export class PriorityQueue<T = unknown>
  extends SharedObject
  implements AsyncIterable<T>, HasSelectable
{
  readonly #producer: Producer<T>;
  readonly #consumer: Consumer<T>;
  readonly #codec: PriorityCodec<T>;
  readonly #maxsize: number;
  readonly #capacity: number;

  /**
   * Creates a queue. A number is `maxsize`, as in Python.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for options.
   */
  constructor(argument?: number | QueueOptions<T>) {
    const given: unknown = argument;
    const opened = given instanceof Opened ? given : createPriorityQueue(given);
    const { attachment } = opened;
    const codec: Codec<T> = attachment.prepare(() => codecOf(attachment, opened.codec));
    super(attachment, 'priority-queue');
    const { capacity, maxItems } = binding.priorityLimits(this.id);
    this.#capacity = capacity;
    this.#maxsize = maxItems;
    this.#codec = new PriorityCodec(codec);
    const [puts, gets] = [attachment.lane('put'), attachment.lane('get')];
    this.#producer = new Producer(this, this.id, puts, this.#codec, priorityCalls);
    this.#consumer = new Consumer(this, this.id, gets, codec, priorityCalls);
  }

  /**
   * Attaches to a queue by its name. `codec` is needed only where it was created with a codec of its own.
   * @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where the name is something else's.
   */
  static open<T = unknown>(
    name: string,
    options?: Pick<QueueOptions<T>, 'codec'>,
  ): PriorityQueue<T> {
    const { codec } = checkOptions(options, ['codec'], 'PriorityQueue.open');
    return new PriorityQueue<T>(openPriorityQueue(name, codec) as unknown as QueueOptions<T>);
  }

  /**
   * Attaches to a queue, or creates it where there is none.
   * @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing queue contradicts an option given.
   */
  static openOrCreate<T = unknown>(name: string, options?: QueueOptions<T>): PriorityQueue<T> {
    const opened = openOrCreatePriorityQueue(name, options);
    return new PriorityQueue<T>(opened as unknown as QueueOptions<T>);
  }

  /** Removes a queue's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** The most items, 0 where only bytes bound it. */
  get maxsize(): number {
    return this.#maxsize;
  }

  /** How many bytes the items may take together, each with 16 bytes of its own. One that finds the queue empty may be larger. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Resolves when the item is visible to every process. Waits for room.
   * Rejects with Full when time runs out, ShutDown after `shutdown()`, SerializationError where the item cannot travel (nothing is
   * queued), MessageTooLargeError, AbortError, ClosedError; InterprocError `ENOSPC` where an item larger than all before it finds
   * `/dev/shm` full; TypeError and RangeError for a priority that is no finite number.
   */
  put(item: T, options?: WaitOptions & PriorityPutOptions): Promise<void> {
    try {
      const wait = readWait(options, 'put', putOptions);
      return this.#codec.run(readPriority(options), () => this.#producer.put(item, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Blocks the thread until the item is in. @throws what `put` rejects with */
  putSync(item: T, options?: SyncWaitOptions & PriorityPutOptions): void {
    const wait = readSyncWait(options, 'putSync', putOptions);
    this.#codec.run(readPriority(options), () => this.#producer.putSync(item, wait));
  }

  /** Tries once. @throws what `put` rejects with */
  putNowait(item: T, options?: PriorityPutOptions): void {
    checkOptions(options, putOptions, 'putNowait');
    this.#codec.run(readPriority(options), () => this.#producer.putSync(item, once));
  }

  /**
   * Takes the item of the lowest priority; waits for one.
   * Rejects with Empty when time runs out, ShutDown when the queue was shut down and is drained, AbortError, ClosedError.
   */
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

  /**
   * Puts all of the items with one priority, in order, as many at once as there is room for. All are encoded first: one that cannot
   * be throws, and nothing is queued. Where time runs out, the Full error's `count` says how many went in.
   */
  putMany(items: Iterable<T>, options?: WaitOptions & PriorityPutOptions): Promise<void> {
    try {
      const wait = readWait(options, 'putMany', putOptions);
      const all = readItems(items);
      return this.#codec.run(readPriority(options), () => this.#producer.putMany(all, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  putManySync(items: Iterable<T>, options?: SyncWaitOptions & PriorityPutOptions): void {
    const wait = readSyncWait(options, 'putManySync', putOptions);
    const all = readItems(items);
    this.#codec.run(readPriority(options), () => this.#producer.putManySync(all, wait));
  }

  /** Takes 1 to `max` items, the lowest priority first; waits only for the first. Rejects as `get` does. */
  getMany(max: number, options?: WaitOptions): Promise<T[]> {
    try {
      return this.#consumer.getMany(readInteger(max, 'max', 1), readWait(options, 'getMany'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  getManySync(max: number, options?: SyncWaitOptions): T[] {
    const most = readInteger(max, 'max', 1);
    return this.#consumer.getManySync(most, readSyncWait(options, 'getManySync'));
  }

  /** Items in the queue. One shared word counts for `qsize`, `empty` and `full`, so they never disagree. */
  qsize(): number {
    return binding.priorityCount(this.id);
  }

  /** Whether there is nothing to get. False as soon as a `put` has returned. */
  empty(): boolean {
    return binding.priorityCount(this.id) === 0;
  }

  /** Whether even the smallest item would find no room. */
  full(): boolean {
    return binding.priorityRoom(this.id) === Outcome.full;
  }

  /**
   * Ends the queue for every process: waits for room and later puts fail with ShutDown; gets go on until it is drained, then fail
   * with ShutDown. `immediate` drops what is queued. Idempotent, never blocks. Python: `queue.Queue.shutdown` (3.13).
   */
  shutdown(options?: { immediate?: boolean }): void {
    const { immediate } = checkOptions(options, ['immediate'], 'shutdown');
    binding.priorityShutDown(this.id, readBoolean(immediate, 'immediate', false));
    // Everybody else was woken; this thread's own waits look now.
    this.#producer.settle();
    this.#consumer.settle();
  }

  override close(): void {
    super.close();
    this.#producer.id = this.#consumer.id = closedId;
  }

  /** For `wait()`: an item to get, or shut down. @internal */
  [selectable](): Selectable {
    return conditionOf(
      this.attachment,
      Condition.notEmpty,
      () => this.id,
      () => this.#consumer.keeps,
    );
  }

  /** Items as they come, until the queue is shut down and drained. Leaving the loop early loses nothing. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.#consumer.items();
  }
}

const once = Object.freeze({ timeout: 0 });
const putOptions = ['priority'] as const;

function readPriority(options: PriorityPutOptions | undefined): number {
  const priority: unknown = options?.priority;
  if (priority === undefined) return 0;
  if (typeof priority !== 'number') throw invalidArgType('priority', 'a finite number', priority);
  if (!Number.isFinite(priority)) throw outOfRange('priority', 'a finite number', priority);
  return priority;
}
