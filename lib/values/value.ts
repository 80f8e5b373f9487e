import { type Check, openOrCreate } from '../attachment.js';
import {
  type Cell,
  cellOptionNames,
  type CellOptions,
  createCell,
  lockKept,
  lockOption,
  openCell,
  viewOf,
} from './cell.js';
import {
  type CType,
  type ResolvedType,
  resolveType,
  type TypeOption,
  type ValueOf,
} from '../ctypes/ctypes.js';
import { codeAgainst, readType } from '../ctypes/describe.js';
import { type Element, elementOf } from './elements.js';
import { ClosedError, InterprocError } from '../errors.js';
import type { Guard } from '../sync/guard.js';
import type { Lock } from '../sync/lock.js';
import type { RLock } from '../sync/rlock.js';
import { binding } from '../native.js';
import { checkName, checkOptions, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { readCreation } from '../queue/options.js';
import { refuseMismatch, SharedObject } from '../shared-object.js';

export type ValueOptions = CellOptions;

/** The value that a type option stands for: `number` for `c_int`, `bigint` for `c_longlong`. */
export type ValueType<O extends TypeOption> = ValueOf<ResolvedType<O>>;

/**
 * One C value in shared memory. Python: `multiprocessing.Value`.
 *
 * Reading and writing `value`, and the atomic operations, never wait and take no lock. The lock that comes with the value is for
 * whoever needs several steps undisturbed: it keeps out those that take it too.
 */
export class Value<O extends TypeOption = TypeOption> extends SharedObject {
  readonly type: CType<ValueType<O>>;
  readonly #element: Element<ValueType<O>>;
  readonly #lock: Lock | RLock | undefined;
  readonly #buffer: ArrayBuffer;

  /**
   * Creates a value, zero where `initial` is left out. `type` is a C type, its name or its typecode.
   * @throws TypeError and RangeError for what the type cannot hold; InterprocError `EEXIST` where the name is taken, `ENOSPC`.
   */
  constructor(type: O, initial?: ValueType<O>, options?: ValueOptions) {
    const { cell } =
      (type as unknown) instanceof OpenedValue
        ? (type as unknown as OpenedValue)
        : create(type, initial, options);
    super(cell.attachment, 'value');
    this.type = cell.type as CType<ValueType<O>>;
    this.#lock = cell.lock;
    try {
      this.#buffer = viewOf(cell.attachment, this);
      this.#element = elementOf(cell.type, this.#buffer) as Element<ValueType<O>>;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Attaches to a value by its name. @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else */
  static open<O extends TypeOption = TypeOption>(name: string): Value<O> {
    return open(name);
  }

  /** Attaches to a value, or creates it. `initial` is for the one that creates. @throws InterprocError `ERR_OPTIONS_MISMATCH` where it exists with another type */
  static openOrCreate<O extends TypeOption>(
    name: string,
    type: O,
    initial?: ValueType<O>,
    options?: ValueOptions,
  ): Value<O> {
    checkName(name);
    const resolved = resolveType(type as TypeOption) as CType;
    const given = checkOptions(options, cellOptionNames, 'Value.openOrCreate');
    readCreation(given);
    const lock = lockOption(given['lock']);
    if (initial !== undefined) resolved.check(initial, 'initial');
    const check: Check = (found) => {
      const { persist, mode, meta } = found;
      const existing = readType(meta['type'], name);
      const wanted = codeAgainst(existing, resolved);
      refuseMismatch(
        name,
        { type: wanted, persist: given['persist'], mode: given['mode'], lock },
        { type: existing.code, persist, mode, lock: lockKept(found) },
      );
    };
    return openOrCreate(
      () => open<O>(name, check),
      () => new Value(type, initial, { ...(given as ValueOptions), name }),
    );
  }

  /** Removes a value's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** What is in memory now; of a struct, a live view whose fields can be assigned. @throws TypeError and RangeError for what the type cannot hold */
  get value(): ValueType<O> {
    return this.#open().get();
  }

  set value(value: ValueType<O>) {
    this.#open().set(value);
  }

  /** Adds and gives the value from before. Atomic. @throws RangeError where the sum is out of range; then nothing changed */
  add(operand: ValueType<O> | number): ValueType<O> {
    return this.#open().add(operand);
  }

  /** Subtracts and gives the value from before. Atomic. @throws RangeError where the difference is out of range; then nothing changed */
  sub(operand: ValueType<O> | number): ValueType<O> {
    return this.#open().sub(operand);
  }

  /** Bitwise and; gives the value from before. Atomic. */
  and(operand: ValueType<O>): ValueType<O> {
    return this.#open().and(operand);
  }

  /** Bitwise or; gives the value from before. Atomic. */
  or(operand: ValueType<O>): ValueType<O> {
    return this.#open().or(operand);
  }

  /** Bitwise exclusive or; gives the value from before. Atomic. */
  xor(operand: ValueType<O>): ValueType<O> {
    return this.#open().xor(operand);
  }

  /** Stores and gives the value from before. Atomic. */
  exchange(value: ValueType<O>): ValueType<O> {
    return this.#open().exchange(value);
  }

  /** Stores `value` if `expected` is there (compared bit by bit); gives what was there. Atomic. */
  compareExchange(expected: ValueType<O>, value: ValueType<O>): ValueType<O> {
    return this.#open().compareExchange(expected, value);
  }

  /** The lock that goes with the value. @throws InterprocError `ERR_NO_LOCK` where it was created without */
  getLock(): Lock | RLock {
    if (this.closed) throw new ClosedError();
    return this.#lock ?? noLock();
  }

  /** The value itself. Python's `get_obj()` gives what has no lock around it; here `value` takes none. */
  getObj(): this {
    this.#open();
    return this;
  }

  /** `getLock().acquire()` */
  acquire(options?: WaitOptions): Promise<Guard | null> {
    try {
      return this.getLock().acquire(options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** `getLock().acquireSync()` */
  acquireSync(options?: SyncWaitOptions): Guard | null {
    return this.getLock().acquireSync(options);
  }

  /** `getLock().release()` */
  release(): void {
    this.getLock().release();
  }

  override close(): void {
    if (this.closed) return;
    this.#lock?.close();
    binding.closeView(this.id, this.#buffer);
    super.close();
  }

  #open(): Element<ValueType<O>> {
    if (this.closed) throw new ClosedError();
    return this.#element;
  }
}

/** A value without a lock. Python: `multiprocessing.RawValue`. */
export function RawValue<O extends TypeOption>(
  type: O,
  initial?: ValueType<O>,
  options?: Omit<ValueOptions, 'lock'>,
): Value<O> {
  const given = checkOptions(options, ['name', 'persist', 'mode'], 'RawValue');
  return new Value(type, initial, { ...given, lock: false });
}

export function noLock(): never {
  throw new InterprocError('This object was created with lock: false', { code: 'ERR_NO_LOCK' });
}

function open<O extends TypeOption>(name: string, check?: Check): Value<O> {
  return new Value<O>(new OpenedValue(openCell(checkName(name), 'value', check)) as unknown as O);
}

class OpenedValue {
  readonly cell: Cell;

  constructor(cell: Cell) {
    this.cell = cell;
  }
}

function create(option: unknown, initial: unknown, options: unknown): OpenedValue {
  const given = checkOptions(options, cellOptionNames, 'Value');
  const type = resolveType(option as TypeOption) as CType;
  const bytes = new Uint8Array(type.size);
  // Before anything exists: a value that does not fit leaves nothing behind.
  if (initial !== undefined) {
    type.write(new DataView(bytes.buffer), 0, type.check(initial, 'initial'));
  }
  return new OpenedValue(createCell({ kind: 'value', type, length: 1 }, given, bytes));
}
