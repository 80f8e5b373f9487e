import { Opened } from '../attachment.js';
import type { Codec } from '../codec/codec.js';
import { Full, invalidArgType } from '../errors.js';
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
import { Lending } from '../loans/lending.js';
import type { Loan } from '../loans/loan.js';
import { loanCalls, queueCalls } from './calls.js';
import { Consumer } from './consumer.js';
import { createQueue, openOrCreateQueue, openQueue, type QueueKind } from './open.js';
import { codecOf } from './codec-of.js';
import type { QueueOptions } from './options.js';
import { Condition, Producer } from './producer.js';
import { conditionOf } from '../select/condition-watch.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { closedId, SharedObject } from '../shared-object.js';

/**
 * Many producers, many consumers, first in, first out, in shared memory. Python: `multiprocessing.Queue`.
 *
 * When `put` has returned, the item is visible to every process and outlives this one. Items of one producer arrive in its order.
 * `get` waits while the queue is empty and is woken by a `put` or by `shutdown()`; `put` waits while there is no room and is woken
 * by a `get` or by `shutdown()`. A process that is killed at any moment loses no item whose `put` had returned, but the one it was
 * taking.
 */
export class Queue<T = unknown> extends SharedObject implements AsyncIterable<T>, HasSelectable {
  readonly #producer: Producer<T>;
  readonly #consumer: Consumer<T>;
  readonly #lending: Lending;
  readonly #maxsize: number;
  readonly #capacity: number;

  /**
   * Creates a queue. A number is `maxsize`, as in Python.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for options.
   */
  constructor(argument?: number | QueueOptions<T>) {
    const given: unknown = argument;
    const { attachment, codec: codecGiven } =
      given instanceof Opened ? given : createQueue(given, 'queue');
    const codec: Codec<T> = attachment.prepare(() => codecOf(attachment, codecGiven));
    super(attachment, attachment.meta['kind'] as QueueKind);
    const { capacity, maxItems } = binding.queueLimits(this.id);
    this.#capacity = capacity;
    this.#maxsize = maxItems;
    const lending = new Lending(this, attachment, attachment.lane('lend'), loanCalls);
    const [puts, gets] = [attachment.lane('put'), attachment.lane('get')];
    this.#producer = new Producer(this, this.id, puts, codec, queueCalls, lending);
    this.#consumer = new Consumer(this, this.id, gets, codec, queueCalls, lending);
    this.#lending = lending;
  }

  /**
   * Attaches to a queue by its name. `codec` is needed only where it was created with a codec of its own.
   * @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where the name is something else's.
   */
  static open<T = unknown>(name: string, options?: Pick<QueueOptions<T>, 'codec'>): Queue<T> {
    const { codec } = checkOptions(options, ['codec'], 'Queue.open');
    return new Queue<T>(openQueue(name, codec, 'queue') as unknown as QueueOptions<T>);
  }

  /**
   * Attaches to a queue, or creates it where there is none.
   * @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing queue contradicts an option given.
   */
  static openOrCreate<T = unknown>(name: string, options?: QueueOptions<T>): Queue<T> {
    return new Queue<T>(openOrCreateQueue(name, options, 'queue') as unknown as QueueOptions<T>);
  }

  /** Removes a queue's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** The most items, 0 where only bytes bound it. */
  get maxsize(): number {
    return this.#maxsize;
  }

  /**
   * Bytes of the ring that holds the items. Items larger than a quarter of it, or than 64 KiB, lie outside: as many bytes again, and
   * always at least one.
   */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Resolves when the item is visible to every process. Waits for room.
   * Rejects with Full when time runs out, ShutDown after `shutdown()`, SerializationError where the item cannot travel (nothing is
   * queued), MessageTooLargeError, AbortError, ClosedError.
   *
   * A loan from `alloc` goes without a copy, and is over then: its views are empty. Where the put failed it is as it was. A loan that
   * was received, or that another object lent, is refused with InterprocError `ERR_LOAN_FOREIGN`.
   */
  put(item: T | Loan, options?: WaitOptions): Promise<void> {
    try {
      return this.#producer.put(item, readWait(options, 'put'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Blocks the thread until the item is in. @throws what `put` rejects with */
  putSync(item: T | Loan, options?: SyncWaitOptions): void {
    this.#producer.putSync(item, readSyncWait(options, 'putSync'));
  }

  /** Tries once. @throws what `put` rejects with */
  putNowait(item: T | Loan): void {
    this.#producer.putSync(item, once);
  }

  /**
   * Takes the oldest item; waits for one. What was put as a loan is a Buffer, copied.
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
   * Lends memory for a message of `bytes` bytes: fill its `buffer`, then `put` it. It holds whatever was there before, and takes no
   * room in the queue until it is put. Waits only where all of the region (4 GiB of pages of 64 KiB) is lent or queued; woken by a
   * `release`. Rejects with Full when time runs out, MessageTooLargeError above `maxBytes`, InterprocError `ENOSPC` where `/dev/shm` is
   * full, ShutDown, AbortError, ClosedError.
   */
  alloc<Meta = unknown>(bytes: number, options?: WaitOptions): Promise<Loan<Meta>> {
    try {
      const size = readInteger(bytes, 'bytes', 1);
      const loan = this.#lending.lend(size, readWait(options, 'alloc'), throwFull);
      return loan as Promise<Loan<Meta>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  allocSync<Meta = unknown>(bytes: number, options?: SyncWaitOptions): Loan<Meta> {
    const size = readInteger(bytes, 'bytes', 1);
    return this.#lending.lendSync(
      size,
      readSyncWait(options, 'allocSync'),
      throwFull,
    ) as Loan<Meta>;
  }

  /** Tries once. @throws what `alloc` rejects with */
  allocNowait<Meta = unknown>(bytes: number): Loan<Meta> {
    return this.allocSync(bytes, once);
  }

  /**
   * Takes the oldest item as its bytes, in place: of a loan what its sender wrote, of another item what the codec made of it (`encoded`).
   * Small items, which lie in no pages, are copied. `release` it when it was read. Rejects as `get` does.
   */
  getLoan<Meta = unknown>(options?: WaitOptions): Promise<Loan<Meta>> {
    try {
      return this.#consumer.getLoan(readWait(options, 'getLoan')) as Promise<Loan<Meta>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  getLoanSync<Meta = unknown>(options?: SyncWaitOptions): Loan<Meta> {
    return this.#consumer.getLoanSync(readSyncWait(options, 'getLoanSync')) as Loan<Meta>;
  }

  /** Tries once. @throws what `get` rejects with */
  getLoanNowait<Meta = unknown>(): Loan<Meta> {
    return this.#consumer.getLoanSync(once) as Loan<Meta>;
  }

  /**
   * Puts all of the items, in order, publishing at once as many as there is room for. All are encoded first: one that cannot be
   * throws, and nothing is queued. Where time runs out, the Full error's `count` says how many went in.
   */
  putMany(items: Iterable<T>, options?: WaitOptions): Promise<void> {
    try {
      return this.#producer.putMany(readItems(items), readWait(options, 'putMany'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  putManySync(items: Iterable<T>, options?: SyncWaitOptions): void {
    this.#producer.putManySync(readItems(items), readSyncWait(options, 'putManySync'));
  }

  /** Takes 1 to `max` items; waits only for the first. Rejects as `get` does. */
  getMany(max: number, options?: WaitOptions): Promise<T[]> {
    try {
      return this.#consumer.getMany(readInteger(max, 'max', 1), readWait(options, 'getMany'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  getManySync(max: number, options?: SyncWaitOptions): T[] {
    return this.#consumer.getManySync(
      readInteger(max, 'max', 1),
      readSyncWait(options, 'getManySync'),
    );
  }

  /** Items in the queue. One shared word counts for `qsize`, `empty` and `full`, so they never disagree. */
  qsize(): number {
    return binding.queueCount(this.id);
  }

  /** Whether there is nothing to get. False as soon as a `put` has returned. */
  empty(): boolean {
    return binding.queueCount(this.id) === 0;
  }

  /** Whether even the smallest item would find no room. */
  full(): boolean {
    return binding.queueRoom(this.id, 0) === Outcome.full;
  }

  /**
   * Ends the queue for every process: waits for room and later puts fail with ShutDown; gets go on until it is drained, then fail
   * with ShutDown. `immediate` drops what is queued. Idempotent, never blocks. Python: `queue.Queue.shutdown` (3.13).
   */
  shutdown(options?: { immediate?: boolean }): void {
    const { immediate } = checkOptions(options, ['immediate'], 'shutdown');
    binding.queueShutDown(this.id, readBoolean(immediate, 'immediate', false));
    // Everybody else was woken; this thread's own waits look now.
    this.#producer.settle();
    this.#consumer.settle();
  }

  override close(): void {
    super.close();
    this.#producer.id = this.#consumer.id = this.#lending.id = closedId;
  }

  /** For `wait()`: an item to get, or shut down and drained. @internal */
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

function throwFull(): never {
  throw new Full('All of the memory for large messages is lent or queued');
}

const once = Object.freeze({ timeout: 0 });

/** The items of a `putMany`. */
export function readItems<T>(items: Iterable<T>): readonly T[] {
  if (Array.isArray(items)) return items as readonly T[];
  if (typeof items !== 'object' || items === null || !(Symbol.iterator in items)) {
    throw invalidArgType('items', 'an iterable of items', items);
  }
  return [...items];
}
