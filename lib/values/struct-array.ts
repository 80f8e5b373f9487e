import { type ArrayHandle, adopt, members } from './array-members.js';
import { type CType, isStruct, structView, type StructType } from '../ctypes/ctypes.js';
import { ClosedError, invalidArgType, outOfRange } from '../errors.js';
import { readInteger } from '../options.js';

/**
 * What `new SharedArray(struct({...}), …)` is: C structs one behind the other, as C has them. Its elements are reached by `get` and
 * `set`, not by `[i]`. Python: `multiprocessing.Array` of a `ctypes.Structure`.
 *
 * Elements are live views: `array.get(i).x = 1` writes into the memory, and reading reads it. Nothing here waits or locks; the lock
 * that comes with the array is for whoever needs several steps undisturbed.
 */
export class StructArray<T = Record<string, unknown>> implements Iterable<T> {
  readonly length: number;
  readonly #type: StructType<T>;
  readonly #memory: () => DataView;

  /** Made by `SharedArray`. @internal */
  constructor(handle: ArrayHandle, length: number) {
    adopt(this, handle);
    this.length = length;
    this.#type = handle.type as StructType<T>;
    const view = new DataView(handle.buffer);
    this.#memory = () => {
      if (handle.closed) throw new ClosedError();
      return view;
    };
  }

  /** A live view of an element; a negative index counts from the end. @throws RangeError outside, ClosedError */
  get(index: number): T {
    const offset = this.#offset(index);
    this.#memory();
    return structView(this.#type, this.#memory, offset);
  }

  /** The same as `get`. */
  at(index: number): T {
    return this.get(index);
  }

  /** A copy of an element, as a plain object. @throws as `get` */
  read(index: number): T {
    return this.#type.read(this.#memory(), this.#offset(index));
  }

  /** Assigns an element whole, every field checked before any is written. @throws as `get`; TypeError and RangeError for fields */
  set(index: number, value: T): void {
    const offset = this.#offset(index);
    this.#type.write(this.#memory(), offset, this.#type.check(value, `Value ${index}`));
  }

  /** The live views of all elements. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let index = 0; index < this.length; index++) yield this.get(index);
  }

  #offset(index: unknown): number {
    if (this.length === 0) throw outOfRange('index', 'left alone: the array is empty', index);
    const given = readInteger(index, 'index', -this.length, this.length - 1);
    return (given < 0 ? given + this.length : given) * this.#type.size;
  }
}

Object.defineProperties(StructArray.prototype, Object.getOwnPropertyDescriptors(members));

/** Elements as they lie in memory, and how many. */
export interface StructBytes {
  readonly length: number;
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Structs from objects or arrays of fields, each checked before anything is created. */
export function structBytes(type: CType, values: unknown): StructBytes {
  if (!isStruct(type)) throw invalidArgType('type', 'a struct', type.name);
  const iterable = typeof values === 'object' && values !== null && Symbol.iterator in values;
  if (!iterable)
    throw invalidArgType('lengthOrValues', 'a length or an iterable of values', values);
  const checked = Array.from(values as Iterable<unknown>, (value, index) =>
    type.check(value, `Value ${index}`),
  );
  const buffer = new ArrayBuffer(checked.length * type.size);
  const memory = new DataView(buffer);
  checked.forEach((value, index) => {
    type.write(memory, index * type.size, value);
  });
  return { length: checked.length, buffer, byteOffset: 0, byteLength: buffer.byteLength };
}
