import {
  ArrayHandle,
  adopt,
  handleOf,
  members,
  readLength,
  type SharedArrayMembers,
} from './array-members.js';
import { type Check, openOrCreate } from '../attachment.js';
import {
  type Cell,
  type CellOptions,
  cellOptionNames,
  createCell,
  lockKept,
  lockOption,
  openCell,
} from './cell.js';
import {
  type CType,
  isStruct,
  type ResolvedType,
  resolveType,
  type StructType,
  type TypedArrayConstructor,
  type TypeOption,
  type ValueOf,
} from '../ctypes/ctypes.js';
import { codeAgainst, readType } from '../ctypes/describe.js';
import { CorruptSegmentError, invalidArgType } from '../errors.js';
import { StructArray, type StructBytes, structBytes } from './struct-array.js';
import { binding } from '../native.js';
import { checkName, checkOptions } from '../options.js';
import { readCreation } from '../queue/options.js';
import { refuseMismatch } from '../shared-object.js';

export type SharedArrayOptions = CellOptions;

/** The typed array that a type's elements are seen through. (`Float64Array` stands for all arrays of numbers, which have the same methods.) */
export type ElementArray<O extends TypeOption> =
  ResolvedType<O> extends StructType<infer T> ? StructArray<T> : ScalarArray<O>;

type ScalarArray<O extends TypeOption> =
  ValueOf<ResolvedType<O>> extends bigint
    ? BigInt64Array
    : ValueOf<ResolvedType<O>> extends number
      ? Float64Array
      : Uint8Array;

/**
 * An array of C values in shared memory. It **is** a typed array: an element costs what it costs in an ordinary one, and `subarray`,
 * `set`, `for…of` and the rest are there. Python: `multiprocessing.Array`.
 *
 * Storing an element by its index behaves as in every typed array (integers wrap); values given to the constructor are checked.
 * `close()` makes it, and every view of its memory, empty.
 *
 * An array of structs is no typed array but a `StructArray`: `get(i)` is a live view of an element, `set(i, value)` assigns it.
 */
export type SharedArray<O extends TypeOption = TypeOption> = ElementArray<O> & SharedArrayMembers;

interface SharedArrayConstructor {
  /**
   * Creates an array of zeros of that length, or one that holds the values.
   * @throws TypeError and RangeError for what the type cannot hold; InterprocError `EEXIST` where the name is taken, `ENOSPC`.
   */
  new <O extends TypeOption>(
    type: O,
    lengthOrValues: number | Iterable<unknown>,
    options?: SharedArrayOptions,
  ): SharedArray<O>;
  /** Attaches by name. @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else */
  open<O extends TypeOption = TypeOption>(name: string): SharedArray<O>;
  /** Attaches, or creates. @throws InterprocError `ERR_OPTIONS_MISMATCH` where it exists with another type or length */
  openOrCreate<O extends TypeOption>(
    name: string,
    type: O,
    lengthOrValues: number | Iterable<unknown>,
    options?: SharedArrayOptions,
  ): SharedArray<O>;
  /** Removes an array's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  unlink(name: string): void;
  [Symbol.hasInstance](value: unknown): boolean;
}

const classes = new Map<TypedArrayConstructor, TypedArrayConstructor>();

/** The class of shared arrays over a class of typed arrays. */
function classOver(base: TypedArrayConstructor): TypedArrayConstructor {
  let known = classes.get(base);
  if (known === undefined) {
    known = class extends (base as Uint8ArrayConstructor) {
      /** Copies and parts are ordinary typed arrays. */
      static get [Symbol.species](): TypedArrayConstructor {
        return base;
      }
    } as TypedArrayConstructor;
    Object.defineProperties(known.prototype, Object.getOwnPropertyDescriptors(members));
    Object.defineProperty(known, 'name', { value: 'SharedArray' });
    classes.set(base, known);
  }
  return known;
}

function attached<O extends TypeOption>(cell: Cell): SharedArray<O> {
  const handle = new ArrayHandle(cell);
  if (isStruct(cell.type)) return new StructArray(handle, cell.length) as unknown as SharedArray<O>;
  const Class = classOver(elementsOf(cell.type));
  const array = new Class(handle.buffer) as unknown as SharedArray<O>;
  adopt(array, handle);
  return array;
}

function create(type: CType, initial: Initial, options: unknown): SharedArray {
  const given = checkOptions(options, cellOptionNames, 'SharedArray');
  const [length, bytes] =
    typeof initial === 'number'
      ? [initial, new Uint8Array()]
      : [initial.length, new Uint8Array(initial.buffer, initial.byteOffset, initial.byteLength)];
  return attached(createCell({ kind: 'array', type, length }, given, bytes));
}

/** The typed array that a type's elements are seen through. */
function elementsOf(type: CType): TypedArrayConstructor {
  if (type.typedArray !== undefined) return type.typedArray;
  throw invalidArgType('type', 'a scalar type or a struct', type.name);
}

type TypedArray = ArrayBufferView & ArrayLike<number | bigint>;
type Initial = number | TypedArray | StructBytes;

/** The length, or the elements as the typed array stores them, each checked before anything is created. */
function readInitial(type: CType, lengthOrValues: unknown): Initial {
  if (typeof lengthOrValues === 'number') return readLength(lengthOrValues);
  if (isStruct(type)) return structBytes(type, lengthOrValues);
  const Elements = elementsOf(type);
  // Elements of this very type cannot be wrong.
  const numbers = type.kind === 'int' || type.kind === 'float';
  if (numbers && lengthOrValues instanceof Elements) return lengthOrValues;
  return new Elements(readValues(type, lengthOrValues) as number[] & bigint[]);
}

function readValues(type: CType, values: unknown): (number | bigint)[] {
  if (type.kind === 'char' && ArrayBuffer.isView(values))
    return Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const iterable = values !== null && values !== undefined && Symbol.iterator in Object(values);
  if (!iterable)
    throw invalidArgType('lengthOrValues', 'a length or an iterable of values', values);
  let index = 0;
  return Array.from(values as Iterable<unknown>, (value) =>
    stored(type.check(value, `Value ${index++}`)),
  );
}

function stored(value: unknown): number | bigint {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return value.codePointAt(0) ?? 0;
  if (value instanceof Uint8Array) return value[0] ?? 0;
  return value as number | bigint;
}

function open(name: string, check?: Check): SharedArray {
  const cell = openCell(checkName(name), 'array', (found) => {
    const type = readType(found.meta['type'], name);
    if (type.typedArray === undefined && !isStruct(type))
      throw new CorruptSegmentError(
        `The elements of '${name}' are of a type that arrays do not have`,
      );
    check?.(found);
  });
  return attached(cell);
}

function SharedArrayFunction(
  type: TypeOption,
  lengthOrValues: unknown,
  options?: SharedArrayOptions,
): SharedArray {
  const resolved = resolveType(type) as CType;
  return create(resolved, readInitial(resolved, lengthOrValues), options);
}

export const SharedArray = Object.assign(SharedArrayFunction, {
  open: (name: string) => open(name),
  openOrCreate(
    name: string,
    option: TypeOption,
    lengthOrValues: number | Iterable<unknown>,
    options?: SharedArrayOptions,
  ): SharedArray {
    checkName(name);
    const type = resolveType(option) as CType;
    const given = checkOptions(options, cellOptionNames, 'SharedArray.openOrCreate');
    const { persist, mode } = given;
    readCreation(given);
    const lock = lockOption(given['lock']);
    // Once: an iterable can be read no second time.
    const initial = readInitial(type, lengthOrValues);
    const length = typeof initial === 'number' ? initial : initial.length;
    const check: Check = (found) => {
      const existing = readType(found.meta['type'], name);
      refuseMismatch(
        name,
        { type: codeAgainst(existing, type), length, persist, mode, lock },
        {
          type: existing.code,
          length: found.meta['length'],
          persist: found.persist,
          mode: found.mode,
          lock: lockKept(found),
        },
      );
    };
    return openOrCreate(
      () => open(name, check),
      () => create(type, initial, { ...given, name }),
    );
  },
  unlink: (name: string) => binding.unlinkName(checkName(name)),
}) as unknown as SharedArrayConstructor;

Object.defineProperty(SharedArray, 'name', { value: 'SharedArray' });
Object.defineProperty(SharedArray, Symbol.hasInstance, {
  value: (value: unknown) =>
    typeof value === 'object' && value !== null && handleOf(value) !== undefined,
});

/** An array without a lock. Python: `multiprocessing.RawArray`. */
export function RawArray<O extends TypeOption>(
  type: O,
  lengthOrValues: number | Iterable<unknown>,
  options?: Omit<SharedArrayOptions, 'lock'>,
): SharedArray<O> {
  const given = checkOptions(options, ['name', 'persist', 'mode'], 'RawArray');
  return new SharedArray(type, lengthOrValues, { ...given, lock: false });
}
