import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as c from '../dist/ctypes/ctypes.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const view = new DataView(new ArrayBuffer(32));

function through<T>(type: c.CType<T>, value: unknown): T {
  type.write(view, 8, c.checkValue(type, value));
  return type.read(view, 8);
}

describe('a C type', () => {
  const layouts: Record<string, [string, number]> = {
    c_bool: ['?', 1],
    c_char: ['c', 1],
    c_wchar: ['u', 4],
    c_byte: ['b', 1],
    c_ubyte: ['B', 1],
    c_short: ['h', 2],
    c_ushort: ['H', 2],
    c_int: ['i', 4],
    c_uint: ['I', 4],
    c_long: ['l', 8],
    c_ulong: ['L', 8],
    c_longlong: ['q', 8],
    c_ulonglong: ['Q', 8],
    c_float: ['f', 4],
    c_double: ['d', 8],
  };
  for (const [name, [typecode, size]] of Object.entries(layouts)) {
    it(`named ${name} is the one with typecode ${typecode} and has ${size} bytes`, () => {
      const type = c.resolveType(name as c.CTypeName);
      strictEqual(type.name, name);
      strictEqual(type.size, size);
      strictEqual(type.align, size);
      strictEqual(c.resolveType(typecode as keyof c.TypeCodes), type);
      strictEqual(c.resolveType(type), type);
      strictEqual(type.typedArray?.BYTES_PER_ELEMENT, size);
      strictEqual((c.ctypes as Record<string, unknown>)[name], type);
    });
  }

  it('has the names of fixed widths too', () => {
    for (const [alias, size, signed] of [
      ['c_int8', 1, true],
      ['c_uint8', 1, false],
      ['c_int16', 2, true],
      ['c_uint16', 2, false],
      ['c_int32', 4, true],
      ['c_uint32', 4, false],
      ['c_int64', 8, true],
      ['c_uint64', 8, false],
      ['c_size_t', 8, false],
      ['c_ssize_t', 8, true],
    ] as const) {
      const type = c.resolveType(alias);
      strictEqual(type.size, size);
      strictEqual(type.signed, signed);
      strictEqual(type.bigint, size === 8);
    }
  });

  it('that does not exist is refused', () => {
    for (const type of ['c_quad', 'x', '', 'toString', '__proto__', 'I32'])
      expect(() => c.resolveType(type as 'i')).toThrow(code('ERR_OUT_OF_RANGE'));
    for (const type of [undefined, null, 5, {}, [], Int32Array])
      expect(() => c.resolveType(type as never)).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });

  it('has the type of its values', () => {
    expectTypeOf(c.resolveType('i').read(view, 0)).toEqualTypeOf<number>();
    expectTypeOf(c.resolveType('c_longlong').read(view, 0)).toEqualTypeOf<bigint>();
    expectTypeOf<c.ValueOf<typeof c.c_bool>>().toEqualTypeOf<boolean>();
  });
});

describe('an integer', () => {
  for (const name of ['c_byte', 'c_ubyte', 'c_short', 'c_ushort', 'c_int', 'c_uint'] as const) {
    it(`of type ${name} keeps its whole range and never wraps`, () => {
      const type = c.resolveType(name);
      const { min, max } = type as { min: number; max: number };
      strictEqual(max - min, 2 ** (8 * type.size) - 1);
      for (const value of [min, min + 1, 0, 1, max - 1, max])
        strictEqual(through(type, value), value);
      strictEqual(Object.is(type.check(-0, 'v'), 0), true);
      for (const value of [min - 1, max + 1, 2 ** 40, -(2 ** 40), 0.5, Number.NaN, Infinity])
        expect(() => type.check(value, 'v')).toThrow(code('ERR_OUT_OF_RANGE'));
      for (const value of ['1', null, undefined, 1n, true, {}, [1]])
        expect(() => type.check(value, 'v')).toThrow(code('ERR_INVALID_ARG_TYPE'));
    });
  }

  for (const name of ['c_long', 'c_ulong', 'c_longlong', 'c_ulonglong'] as const) {
    it(`of type ${name} is a bigint, and takes safe numbers`, () => {
      const type = c.resolveType(name);
      const { min, max } = type as { min: bigint; max: bigint };
      strictEqual(max - min, 2n ** 64n - 1n);
      for (const value of [min, min + 1n, 0n, max - 1n, max])
        strictEqual(through<bigint>(type, value), value);
      strictEqual(through<bigint>(type, 5), 5n);
      strictEqual(through<bigint>(type, Number.MAX_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER));
      for (const value of [min - 1n, max + 1n, 2n ** 80n, 0.5, 2 ** 53, Number.NaN])
        expect(() => type.check(value, 'v')).toThrow(code('ERR_OUT_OF_RANGE'));
      for (const value of ['1', null, undefined, true, {}])
        expect(() => type.check(value, 'v')).toThrow(code('ERR_INVALID_ARG_TYPE'));
    });
  }
});

describe('a number with a fraction', () => {
  it('keeps all values as a double', () => {
    for (const value of [0, -0, 1.1, 5e-324, 1.7e308, Infinity, -Infinity, Number.NaN])
      strictEqual(Object.is(through(c.c_double, value), value), true);
    for (const value of ['1', 1n, null])
      expect(() => c.c_double.check(value, 'v')).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });

  it('is rounded as a float, and refused where it would become infinite', () => {
    strictEqual(through(c.c_float, 1.1), Math.fround(1.1));
    strictEqual(through(c.c_float, Infinity), Infinity);
    strictEqual(through(c.c_float, 3.4028234663852886e38), 3.4028234663852886e38);
    strictEqual(Number.isNaN(through(c.c_float, Number.NaN)), true);
    for (const value of [3.5e38, -1e300])
      expect(() => c.c_float.check(value, 'v')).toThrow(code('ERR_OUT_OF_RANGE'));
  });
});

describe('other scalars', () => {
  it('are booleans that take 0 and 1', () => {
    for (const [value, expected] of [
      [true, true],
      [false, false],
      [1, true],
      [0, false],
    ] as const)
      strictEqual(through(c.c_bool, value), expected);
    expect(() => c.c_bool.check(2, 'v')).toThrow(code('ERR_OUT_OF_RANGE'));
    for (const value of ['true', null, undefined, 1n, {}])
      expect(() => c.c_bool.check(value, 'v')).toThrow(code('ERR_INVALID_ARG_TYPE'));
    view.setUint8(8, 77);
    strictEqual(c.c_bool.read(view, 8), true);
  });

  it('are bytes', () => {
    for (const value of [Buffer.from('a'), Uint8Array.of(97), 97])
      deepStrictEqual(through(c.c_char, value), Buffer.from('a'));
    for (const value of [Buffer.from('ab'), Buffer.alloc(0), 256, -1, 0.5])
      expect(() => c.c_char.check(value, 'v')).toThrow(code('ERR_OUT_OF_RANGE'));
    for (const value of ['a', null, Uint16Array.of(1), [1]])
      expect(() => c.c_char.check(value, 'v')).toThrow(code('ERR_INVALID_ARG_TYPE'));
    const mine = Buffer.from('x');
    const checked = c.c_char.check(mine, 'v');
    mine[0] = 0;
    deepStrictEqual(checked, Buffer.from('x'));
  });

  it('are characters', () => {
    for (const value of ['a', 'é', '😀', '\0', '\ud800'])
      strictEqual(through(c.c_wchar, value), value);
    for (const value of ['', 'ab', '😀a', 'e\u0301'])
      expect(() => c.c_wchar.check(value, 'v')).toThrow(code('ERR_OUT_OF_RANGE'));
    expect(() => c.c_wchar.check(5, 'v')).toThrow(code('ERR_INVALID_ARG_TYPE'));
    view.setUint32(8, 0xffffffff);
    strictEqual(c.c_wchar.read(view, 8), '\ufffd');
  });

  it('are little-endian wherever they are', () => {
    through(c.c_uint, 0x01020304);
    deepStrictEqual(Buffer.from(view.buffer, 8, 4), Buffer.from([4, 3, 2, 1]));
    c.c_double.write(view, 3, 1.5);
    strictEqual(c.c_double.read(view, 3), 1.5);
  });
});
