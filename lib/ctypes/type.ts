import { invalidArgType } from '../errors.js';

export type CKind = 'int' | 'float' | 'bool' | 'char' | 'wchar' | 'struct';

/** The typed arrays that elements of a type can be seen through. */
export type TypedArrayConstructor =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor;

/** A C type: its layout, and how values of type `T` go to and from memory, which is little-endian. */
export interface CType<T = unknown> {
  /** As in Python's `ctypes`, such as `'c_int'`. */
  readonly name: string;
  /** Python's typecode, such as `'i'`; for a struct, its layout as text. The same code means the same bytes. */
  readonly code: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly align: number;
  readonly kind: CKind;
  readonly signed: boolean;
  /** Whether values are `bigint`. */
  readonly bigint: boolean;
  /** The least and the greatest value of an integer type. */
  readonly min: number | bigint | undefined;
  readonly max: number | bigint | undefined;
  readonly typedArray: TypedArrayConstructor | undefined;
  /** The value of the bytes at `offset`. */
  read(view: DataView, offset: number): T;
  /** Stores a value that `check` has given. */
  write(view: DataView, offset: number, value: T): void;
  /**
   * The value to store.
   * @throws TypeError for a wrong type, RangeError for a value that the type cannot hold: nothing ever wraps.
   */
  check(value: unknown, where: string): T;
}

/** The value that a type holds: `number` for `c_int`, `bigint` for `c_longlong`. */
export type ValueOf<C> = C extends CType<infer T> ? T : never;

/** `type.check`, as a function: the value to store, or an error that begins with `where`. */
export function checkValue<T>(type: CType<T>, value: unknown, where = 'value'): T {
  return type.check(value, where);
}

/** Whether a value is a C type; what has its methods is taken for one. */
export function isCType(value: unknown): value is CType {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'check' in value &&
    typeof value.check === 'function' &&
    'read' in value &&
    'write' in value
  );
}

/** @throws TypeError where a value is no C type. */
export function assertCType(value: unknown, where: string): CType {
  if (!isCType(value)) throw invalidArgType(where, 'a C type', value);
  return value;
}
