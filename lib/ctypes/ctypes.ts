import type * as scalars from './scalars.js';
import {
  c_bool,
  c_byte,
  c_char,
  c_double,
  c_float,
  c_int,
  c_long,
  c_longlong,
  c_short,
  c_ubyte,
  c_uint,
  c_ulong,
  c_ulonglong,
  c_ushort,
  c_wchar,
} from './scalars.js';
import { struct } from './struct.js';
import { type CType, isCType } from './type.js';
import { invalidArgType, outOfRange } from '../errors.js';

export * from './scalars.js';
export {
  type Fields,
  isStruct,
  readStruct,
  type StructField,
  type StructType,
  type StructValue,
  struct,
  structView,
  writeStruct,
} from './struct.js';
export {
  type CKind,
  type CType,
  checkValue,
  isCType,
  type TypedArrayConstructor,
  type ValueOf,
} from './type.js';

export const c_int8 = c_byte;
export const c_uint8 = c_ubyte;
export const c_int16 = c_short;
export const c_uint16 = c_ushort;
export const c_int32 = c_int;
export const c_uint32 = c_uint;
export const c_int64 = c_longlong;
export const c_uint64 = c_ulonglong;
export const c_size_t = c_ulong;
export const c_ssize_t = c_long;

/** Listed, since a namespace as an object is built from all that its module exports each time this is loaded. */
const basic = {
  c_bool,
  c_byte,
  c_char,
  c_double,
  c_float,
  c_int,
  c_long,
  c_longlong,
  c_short,
  c_ubyte,
  c_uint,
  c_ulong,
  c_ulonglong,
  c_ushort,
  c_wchar,
} as const satisfies typeof scalars;

const named = {
  ...basic,
  c_int8,
  c_uint8,
  c_int16,
  c_uint16,
  c_int32,
  c_uint32,
  c_int64,
  c_uint64,
  c_size_t,
  c_ssize_t,
} as const;

/** The C types by name, and `struct`. Python: `ctypes`. */
export const ctypes = Object.freeze({ ...named, struct });

/** The names of C types. */
export type CTypeName = keyof typeof named;

/** Python's typecodes and the types that they mean. */
export interface TypeCodes {
  c: typeof scalars.c_char;
  u: typeof scalars.c_wchar;
  b: typeof scalars.c_byte;
  B: typeof scalars.c_ubyte;
  h: typeof scalars.c_short;
  H: typeof scalars.c_ushort;
  i: typeof scalars.c_int;
  I: typeof scalars.c_uint;
  l: typeof scalars.c_long;
  L: typeof scalars.c_ulong;
  q: typeof scalars.c_longlong;
  Q: typeof scalars.c_ulonglong;
  f: typeof scalars.c_float;
  d: typeof scalars.c_double;
  '?': typeof scalars.c_bool;
}

/** What a constructor takes for a type. */
export type TypeOption = CType | CTypeName | keyof TypeCodes;

/** The type that a `TypeOption` means. */
export type ResolvedType<O> = O extends CType
  ? O
  : O extends CTypeName
    ? (typeof named)[O]
    : O extends keyof TypeCodes
      ? TypeCodes[O]
      : CType;

const byText = new Map<string, CType>(Object.entries(named));
for (const type of Object.values<CType>(basic)) byText.set(type.code, type);

/**
 * The type that a descriptor, a name such as `'c_int'` or a typecode such as `'i'` means.
 * @throws RangeError for an unknown name or code, TypeError for what is none of them.
 */
export function resolveType<O extends TypeOption>(type: O): ResolvedType<O>;
export function resolveType(type: unknown): CType;
export function resolveType(type: unknown): CType {
  if (isCType(type)) return type;
  if (typeof type !== 'string') {
    throw invalidArgType('type', 'a C type, its name or its typecode', type);
  }
  const known = byText.get(type);
  if (known === undefined) throw outOfRange('type', 'the name or typecode of a C type', type);
  return known;
}
