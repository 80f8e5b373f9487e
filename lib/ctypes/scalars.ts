import { types } from 'node:util';
import { invalidArgType, outOfRange } from '../errors.js';
import type { CType, TypedArrayConstructor } from './type.js';

type Access<T> = Pick<CType<T>, 'read' | 'write'>;

function integer(
  name: string,
  code: string,
  size: 1 | 2 | 4,
  signed: boolean,
  typedArray: TypedArrayConstructor,
  access: Access<number>,
): CType<number> {
  const bits = 8 * size;
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = 2 ** (signed ? bits - 1 : bits) - 1;
  return Object.freeze({
    name,
    code,
    size,
    align: size,
    kind: 'int',
    signed,
    bigint: false,
    min,
    max,
    typedArray,
    ...access,
    check(value: unknown, where: string): number {
      if (typeof value !== 'number') throw invalidArgType(where, 'a number', value);
      if (!Number.isInteger(value) || value < min || value > max) {
        throw outOfRange(where, `an integer from ${min} to ${max} (${name})`, value);
      }
      return value === 0 ? 0 : value;
    },
  });
}

function bigInteger(
  name: string,
  code: string,
  signed: boolean,
  typedArray: TypedArrayConstructor,
  access: Access<bigint>,
): CType<bigint> {
  const min = signed ? -(2n ** 63n) : 0n;
  const max = signed ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  return Object.freeze({
    name,
    code,
    size: 8,
    align: 8,
    kind: 'int',
    signed,
    bigint: true,
    min,
    max,
    typedArray,
    ...access,
    check(value: unknown, where: string): bigint {
      if (typeof value !== 'bigint' && typeof value !== 'number') {
        throw invalidArgType(where, 'a bigint or an integer', value);
      }
      // Beyond the safe integers a number may already be another than the one that was meant.
      if (typeof value === 'number' && !Number.isSafeInteger(value)) {
        throw outOfRange(where, 'a bigint or a safe integer', value);
      }
      const integer = BigInt(value);
      if (integer < min || integer > max) {
        throw outOfRange(where, `an integer from ${min} to ${max} (${name})`, value);
      }
      return integer;
    },
  });
}

function float(
  name: string,
  code: string,
  size: 4 | 8,
  typedArray: TypedArrayConstructor,
  access: Access<number>,
): CType<number> {
  return Object.freeze({
    name,
    code,
    size,
    align: size,
    kind: 'float',
    signed: true,
    bigint: false,
    min: undefined,
    max: undefined,
    typedArray,
    ...access,
    check(value: unknown, where: string): number {
      if (typeof value !== 'number') throw invalidArgType(where, 'a number', value);
      if (size === 4 && Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
        throw outOfRange(where, `a number that fits 32 bits (${name})`, value);
      }
      return value;
    },
  });
}

const int8: Access<number> = {
  read: (view, offset) => view.getInt8(offset),
  write: (view, offset, value) => view.setInt8(offset, value),
};
const uint8: Access<number> = {
  read: (view, offset) => view.getUint8(offset),
  write: (view, offset, value) => view.setUint8(offset, value),
};
const int16: Access<number> = {
  read: (view, offset) => view.getInt16(offset, true),
  write: (view, offset, value) => view.setInt16(offset, value, true),
};
const uint16: Access<number> = {
  read: (view, offset) => view.getUint16(offset, true),
  write: (view, offset, value) => view.setUint16(offset, value, true),
};
const int32: Access<number> = {
  read: (view, offset) => view.getInt32(offset, true),
  write: (view, offset, value) => view.setInt32(offset, value, true),
};
const uint32: Access<number> = {
  read: (view, offset) => view.getUint32(offset, true),
  write: (view, offset, value) => view.setUint32(offset, value, true),
};
const int64: Access<bigint> = {
  read: (view, offset) => view.getBigInt64(offset, true),
  write: (view, offset, value) => view.setBigInt64(offset, value, true),
};
const uint64: Access<bigint> = {
  read: (view, offset) => view.getBigUint64(offset, true),
  write: (view, offset, value) => view.setBigUint64(offset, value, true),
};
const float32: Access<number> = {
  read: (view, offset) => view.getFloat32(offset, true),
  write: (view, offset, value) => view.setFloat32(offset, value, true),
};
const float64: Access<number> = {
  read: (view, offset) => view.getFloat64(offset, true),
  write: (view, offset, value) => view.setFloat64(offset, value, true),
};

export const c_byte = integer('c_byte', 'b', 1, true, Int8Array, int8);
export const c_ubyte = integer('c_ubyte', 'B', 1, false, Uint8Array, uint8);
export const c_short = integer('c_short', 'h', 2, true, Int16Array, int16);
export const c_ushort = integer('c_ushort', 'H', 2, false, Uint16Array, uint16);
export const c_int = integer('c_int', 'i', 4, true, Int32Array, int32);
export const c_uint = integer('c_uint', 'I', 4, false, Uint32Array, uint32);
/** 64 bits, as on Linux and macOS. */
export const c_long = bigInteger('c_long', 'l', true, BigInt64Array, int64);
export const c_ulong = bigInteger('c_ulong', 'L', false, BigUint64Array, uint64);
export const c_longlong = bigInteger('c_longlong', 'q', true, BigInt64Array, int64);
export const c_ulonglong = bigInteger('c_ulonglong', 'Q', false, BigUint64Array, uint64);
/** Rounds as C does; a finite number beyond its range is an error. */
export const c_float = float('c_float', 'f', 4, Float32Array, float32);
export const c_double = float('c_double', 'd', 8, Float64Array, float64);

/** `boolean`; also takes 0 and 1. */
export const c_bool: CType<boolean> = Object.freeze({
  name: 'c_bool',
  code: '?',
  size: 1,
  align: 1,
  kind: 'bool',
  signed: false,
  bigint: false,
  min: undefined,
  max: undefined,
  typedArray: Uint8Array,
  read: (view: DataView, offset: number) => view.getUint8(offset) !== 0,
  write: (view: DataView, offset: number, value: boolean) => view.setUint8(offset, value ? 1 : 0),
  check(value: unknown, where: string): boolean {
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'number') throw invalidArgType(where, 'a boolean', value);
    if (value !== 0 && value !== 1) throw outOfRange(where, 'a boolean, 0 or 1', value);
    return value === 1;
  },
});

/** One byte: a Buffer of length 1; also takes any Uint8Array of length 1 and an integer from 0 to 255. */
export const c_char: CType<Buffer> = Object.freeze({
  name: 'c_char',
  code: 'c',
  size: 1,
  align: 1,
  kind: 'char',
  signed: false,
  bigint: false,
  min: undefined,
  max: undefined,
  typedArray: Uint8Array,
  read: (view: DataView, offset: number) => Buffer.of(view.getUint8(offset)),
  write: (view: DataView, offset: number, value: Buffer) => view.setUint8(offset, value[0] ?? 0),
  check(value: unknown, where: string): Buffer {
    if (typeof value === 'number') return Buffer.of(c_ubyte.check(value, where));
    if (!types.isUint8Array(value)) {
      throw invalidArgType(where, 'a Buffer or Uint8Array of length 1, or a number', value);
    }
    if (value.length !== 1) throw outOfRange(where, 'one byte', value);
    return Buffer.from(value);
  },
});

/** One character: a string of one code point, in 4 bytes as on Linux and macOS. */
export const c_wchar: CType<string> = Object.freeze({
  name: 'c_wchar',
  code: 'u',
  size: 4,
  align: 4,
  kind: 'wchar',
  signed: false,
  bigint: false,
  min: undefined,
  max: undefined,
  typedArray: Uint32Array,
  read(view: DataView, offset: number): string {
    const point = view.getUint32(offset, true);
    // Others may have written anything.
    return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  },
  write: (view: DataView, offset: number, value: string) =>
    view.setUint32(offset, value.codePointAt(0) ?? 0, true),
  check(value: unknown, where: string): string {
    if (typeof value !== 'string') throw invalidArgType(where, 'a string', value);
    const point = value.codePointAt(0);
    if (point === undefined || value.length !== (point > 0xffff ? 2 : 1)) {
      throw outOfRange(where, 'a string of one character', value);
    }
    return value;
  },
});
