/**
 * What a message is: one MessagePack value that stands alone. `null`, booleans, strings, arrays, maps with string keys (plain
 * objects), `bin` (Buffer) and timestamps (Date) are the format's own; numbers are its 32-bit integers and `float 64`, and its
 * 64-bit integers are `bigint`. What the format lacks travels as an extension, so that any reader can at least step over it.
 *
 * | type | payload |
 * | --- | --- |
 * | 0 | `undefined` (one byte, 0) |
 * | `A` | array that has other properties too: array, then map of them |
 * | `B` | integer beyond 64 bits: big-endian two's complement |
 * | `D` | invalid Date (one byte, 0) |
 * | `E` | error: array of class name, map of hidden own properties, map of enumerable own properties |
 * | `H` | shared object: its handle as JSON |
 * | `I` | (one byte, 0) first of an array of two: the second is a value with pointers |
 * | `M` | Map: map. One whose first key is a number or a boolean is a plain MessagePack map instead |
 * | `O` | boxed primitive: the primitive |
 * | `P` | pointer (uint32): the object that was met as the n-th, from 0, in this message |
 * | `R` | RegExp: array of source and flags |
 * | `S` | Set: array |
 * | `U` | string with lone surrogates: UTF-16, little-endian |
 * | `V` | run of holes in an array (uint32): counts as one element in the array's header |
 * | `t` | binary type: one byte that says which (see `binaryTypes`), then its bytes |
 *
 * Types 0, `B` and `t` are as msgpackr writes them.
 */
export const extension = {
  undefined: 0,
  arrayWithProperties: 0x41,
  bigint: 0x42,
  invalidDate: 0x44,
  error: 0x45,
  handle: 0x48,
  hasPointers: 0x49,
  map: 0x4d,
  boxed: 0x4f,
  pointer: 0x50,
  regexp: 0x52,
  set: 0x53,
  utf16: 0x55,
  holes: 0x56,
  binary: 0x74,
  timestamp: 0xff,
} as const;

/** The position of a name is its code in an extension `t`. */
export const binaryTypes: readonly string[] = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  '',
  '',
  '',
  '',
  '',
  'ArrayBuffer',
  'DataView',
  'Float16Array',
];

/**
 * How deep values may be nested. Both sides count, so that what could be sent can be received, and so that no bytes can exhaust
 * the stack. It leaves most of the default stack to the caller.
 */
export const maxDepth = 1000;

/** The built-in error classes, most special first. */
export const errorNames = [
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
  'DOMException',
  'Error',
] as const;
