import { inspect, isDeepStrictEqual } from 'node:util';
import { ClosedError, invalidArgType, outOfRange } from '../errors.js';
import { checkOptions, readInteger } from '../options.js';
import type { Handle } from '../shared-object.js';
import { encodeValue, ListLayout, type ShareableValue } from './list-layout.js';
import { type OwnerOption, readCreation, readOwner } from './memory-options.js';
import { SharedMemory, type SharedMemoryOptions } from './shared-memory.js';

export type { ShareableValue } from './list-layout.js';

export type ShareableListOptions = Pick<SharedMemoryOptions, 'name' | 'persist' | 'mode' | 'owner'>;

/** What a list gives: bytes arrive as a copy in a `Buffer`. */
export type ShareableItem = Exclude<ShareableValue, Uint8Array> | Buffer;

/**
 * A list of fixed length in shared memory, of integers of 64 bits, floats, booleans, texts, bytes and `null`. Python:
 * `multiprocessing.shared_memory.ShareableList`, in whose format it is: either side opens what the other made.
 *
 * Nothing here waits, and there is no lock: a value that is written while it is read may arrive torn. An integer is a number where
 * that is exact, else a `bigint`; a whole number that is given is stored as an integer, as Python stores `1`.
 * Trailing NULs of texts and bytes survive between users of this library. Python does not see them: its format has no lengths.
 */
export class ShareableList implements Iterable<ShareableItem> {
  /** The memory that the list lies in. Python: `shm`. */
  readonly shm: SharedMemory;
  readonly #layout: ListLayout;

  /**
   * Creates a list of these values. Each place has room for its first value, rounded up as Python does: a text or bytes of n bytes
   * has 8 * (floor(n / 8) + 1). Without values but with a name it attaches, as in Python.
   * @throws TypeError for what a list cannot hold, RangeError for an integer beyond 64 bits; InterprocError `EEXIST`, `ENOSPC`.
   */
  constructor(values?: Iterable<ShareableValue>, options?: ShareableListOptions) {
    const given = checkOptions(options, ['name', 'persist', 'mode', 'owner'], 'ShareableList');
    if (values === undefined && given['name'] !== undefined) {
      this.shm = new SharedMemory(given);
      this.#layout = this.#attach();
      return;
    }
    const encoded = readValues(values ?? []).map((value, index) =>
      encodeValue(value, `Value ${index}`),
    );
    const bytes = ListLayout.bytesOf(encoded);
    this.shm = SharedMemory.filled(readCreation({ ...given, size: bytes.length }), bytes);
    this.#layout = this.#attach();
  }

  /**
   * Attaches by name; a list of another user only where `owner` says whose.
   * @throws InterprocError `ENOENT`, `EACCES`; CorruptSegmentError for memory that holds no list
   */
  static open(name: string, options?: OwnerOption): ShareableList {
    if (typeof name !== 'string') throw invalidArgType('name', 'a string', name);
    const { owner } = checkOptions(options, ['owner'], 'ShareableList.open');
    return new ShareableList(undefined, { name, owner: readOwner(owner) });
  }

  /** Removes a list's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none, `EACCES` as `open`. */
  static unlink(name: string, options?: OwnerOption): void {
    SharedMemory.unlink(name, options);
  }

  /** What the list, and its memory, is called in every process. */
  get name(): string {
    return this.shm.name;
  }

  /** How many values it has; that never changes. */
  get length(): number {
    return this.#layout.length;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.shm.closed;
  }

  /** Plain data for `attach()`. */
  get handle(): Handle {
    return { ...this.shm.handle, kind: 'shareable-list' };
  }

  toJSON(): Handle {
    return this.handle;
  }

  /** The value at an index; a negative one counts from the end. @throws RangeError outside; ClosedError, CorruptSegmentError */
  get(index: number): ShareableItem {
    return this.#open().read(this.#index(index));
  }

  /** The same as `get`. */
  at(index: number): ShareableItem {
    return this.get(index);
  }

  /**
   * Replaces a value, by one of another type where it fits.
   * @throws RangeError where its place has too little room or there is no such index, TypeError; everything is left as it was then.
   */
  set(index: number, value: ShareableValue): void {
    const layout = this.#open();
    layout.write(this.#index(index), encodeValue(value, 'value'), 'value');
  }

  /** The first index with an equal value. Numbers are equal to bigints as in Python. @throws RangeError where there is none */
  index(value: ShareableValue): number {
    encodeValue(value, 'value');
    let index = 0;
    for (const item of this) {
      if (same(item, value)) return index;
      index++;
    }
    throw outOfRange('value', 'one that the list has', value);
  }

  /** How many values are equal to this one. */
  count(value: ShareableValue): number {
    encodeValue(value, 'value');
    let count = 0;
    for (const item of this) if (same(item, value)) count++;
    return count;
  }

  /** The values as they are when their turn comes. */
  *[Symbol.iterator](): Generator<ShareableItem, void> {
    for (let index = 0; index < this.length; index++) yield this.#open().read(index);
  }

  /** Detaches this handle. Idempotent. */
  close(): void {
    this.shm.close();
  }

  /** Removes the name; whoever is attached goes on. @throws as `SharedMemory.unlink` does */
  unlink(): void {
    this.shm.unlink();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  [inspect.custom](): string {
    const state = this.closed ? 'closed' : `length: ${this.length}`;
    return `ShareableList { name: '${this.name}', ${state} }`;
  }

  #attach(): ListLayout {
    try {
      return new ListLayout(this.shm.buf, this.shm.name);
    } catch (error) {
      this.shm.close();
      throw error;
    }
  }

  #open(): ListLayout {
    if (this.closed) throw new ClosedError();
    return this.#layout;
  }

  #index(index: unknown): number {
    const { length } = this;
    if (length === 0) throw outOfRange('index', 'left alone: the list is empty', index);
    const given = readInteger(index, 'index', -length, length - 1);
    return given < 0 ? given + length : given;
  }
}

function readValues(values: unknown): unknown[] {
  const iterable = typeof values === 'object' && values !== null && Symbol.iterator in values;
  if (!iterable) throw invalidArgType('values', 'an iterable of values', values);
  return Array.from(values as Iterable<unknown>);
}

function same(item: ShareableItem, value: ShareableValue): boolean {
  if (typeof item === 'bigint' || typeof value === 'bigint') {
    const numbers = isNumeric(item) && isNumeric(value);
    // biome-ignore lint/suspicious/noDoubleEquals: 1n is 1 here, as in Python.
    return numbers && item == value;
  }
  if (item instanceof Uint8Array && value instanceof Uint8Array) {
    return Buffer.compare(item, value) === 0;
  }
  return item === value || isDeepStrictEqual(item, value);
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
