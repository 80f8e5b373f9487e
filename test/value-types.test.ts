import { strictEqual } from 'node:assert';
import { afterEach, describe, expect, it } from 'vitest';
import * as ip from '../dist/index.js';
import { failure } from './helpers/segments.js';

type Any = ip.Value<ip.TypeOption>;
const open: Any[] = [];
function make(type: unknown, initial?: unknown): Any {
  const value = new ip.Value(type as ip.TypeOption, initial as never) as Any;
  open.push(value);
  return value;
}
afterEach(() => {
  for (const value of open.splice(0)) value.close();
});

const code = (expected: string) => expect.objectContaining({ code: expected });

/** The names and typecodes of each integer type, its size, and whether it is signed. */
const integers: [names: string[], bits: number, signed: boolean][] = [
  [['b', 'c_byte', 'c_int8'], 8, true],
  [['B', 'c_ubyte', 'c_uint8'], 8, false],
  [['h', 'c_short', 'c_int16'], 16, true],
  [['H', 'c_ushort', 'c_uint16'], 16, false],
  [['i', 'c_int', 'c_int32'], 32, true],
  [['I', 'c_uint', 'c_uint32'], 32, false],
  [['l', 'c_long', 'c_ssize_t'], 64, true],
  [['q', 'c_longlong', 'c_int64'], 64, true],
  [['L', 'c_ulong', 'c_size_t'], 64, false],
  [['Q', 'c_ulonglong', 'c_uint64'], 64, false],
];

describe('an integer value', () => {
  for (const [names, bits, signed] of integers) {
    const wide = bits === 64;
    const cast = (integer: bigint) => (wide ? integer : Number(integer));
    const min = signed ? -(2n ** BigInt(bits - 1)) : 0n;
    const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
    for (const type of [...names, ip.ctypes[names[1] as 'c_int']]) {
      const label = typeof type === 'string' ? type : `ctypes.${type.name}`;

      it(`of type ${label} begins as zero or as its initial value`, () => {
        strictEqual(make(type).value, cast(0n));
        strictEqual(make(type, undefined).value, cast(0n));
        strictEqual(make(type, cast(max)).value, cast(max));
        strictEqual(make(type, cast(min)).value, cast(min));
      });

      it(`of type ${label} holds its whole range and refuses what lies outside, unchanged`, () => {
        const value = make(type, cast(7n));
        for (const good of [min, max, 0n, 1n]) {
          value.value = cast(good);
          strictEqual(value.value, cast(good));
        }
        value.value = cast(7n);
        for (const bad of [min - 1n, max + 1n, max * 2n + 2n]) {
          expect(() => {
            value.value = cast(bad);
          }).toThrow(code('ERR_OUT_OF_RANGE'));
          expect(() => make(type, cast(bad))).toThrow(RangeError);
        }
        for (const bad of [0.5, Number.NaN, Infinity, -Infinity]) {
          expect(() => {
            value.value = bad;
          }).toThrow(code('ERR_OUT_OF_RANGE'));
        }
        for (const bad of ['1', null, true, {}, [1], Symbol('1'), () => 1, wide ? {} : 1n]) {
          expect(() => {
            value.value = bad;
          }).toThrow(code('ERR_INVALID_ARG_TYPE'));
        }
        strictEqual(value.value, cast(7n));
      });
    }
  }

  it('of 64 bits takes safe integers, and no others that are numbers', () => {
    const value = make('q');
    value.value = -5;
    strictEqual(value.value, -5n);
    expect(() => {
      value.value = 2 ** 53;
    }).toThrow(code('ERR_OUT_OF_RANGE'));
    expect(() => make('Q', -1)).toThrow(code('ERR_OUT_OF_RANGE'));
    strictEqual(value.value, -5n);
  });

  it('never holds a negative zero', () => {
    const value = make('i', -0);
    strictEqual(Object.is(value.value, 0), true);
    value.value = -0;
    strictEqual(Object.is(value.value, 0), true);
  });
});

describe('a floating-point value', () => {
  for (const type of ['d', 'c_double', 'f', 'c_float']) {
    it(`of type ${type} keeps zero, negative zero, NaN and the infinities`, () => {
      const value = make(type);
      strictEqual(value.value, 0);
      for (const kept of [1.5, -0, Number.NaN, Infinity, -Infinity, 2 ** -20]) {
        value.value = kept;
        strictEqual(Object.is(value.value, kept), true);
        strictEqual(Object.is(make(type, kept).value, kept), true);
      }
      for (const bad of ['1', 1n, null, true, {}]) {
        expect(() => {
          value.value = bad;
        }).toThrow(code('ERR_INVALID_ARG_TYPE'));
      }
      strictEqual(value.value, 2 ** -20);
    });
  }

  it('of 32 bits rounds as C does, and refuses what would become infinite', () => {
    const value = make('f', 0.1);
    strictEqual(value.value, Math.fround(0.1));
    for (const bad of [1e300, -1e300, 3.5e38]) {
      expect(() => {
        value.value = bad;
      }).toThrow(code('ERR_OUT_OF_RANGE'));
      expect(() => make('f', bad)).toThrow(code('ERR_OUT_OF_RANGE'));
    }
    strictEqual(value.value, Math.fround(0.1));
    strictEqual(make('d', 1e300).value, 1e300);
  });
});

describe('a boolean value', () => {
  for (const type of ['?', 'c_bool']) {
    it(`of type ${type} is a boolean, and takes 0 and 1`, () => {
      const value = make(type);
      strictEqual(value.value, false);
      strictEqual(make(type, true).value, true);
      for (const [given, held] of [
        [1, true],
        [0, false],
        [true, true],
        [false, false],
      ]) {
        value.value = given;
        strictEqual(value.value, held);
      }
      expect(() => {
        value.value = 2;
      }).toThrow(code('ERR_OUT_OF_RANGE'));
      for (const bad of ['true', null, 1n, {}]) expect(() => make(type, bad)).toThrow(TypeError);
      strictEqual(value.value, false);
    });
  }
});

describe('a character value', () => {
  for (const type of ['c', 'c_char']) {
    it(`of type ${type} is one byte`, () => {
      const value = make(type);
      expect(value.value).toEqual(Buffer.of(0));
      value.value = Buffer.from('A');
      expect(value.value).toEqual(Buffer.from('A'));
      expect(value.value).toBeInstanceOf(Buffer);
      value.value = Uint8Array.of(255);
      expect(value.value).toEqual(Buffer.of(255));
      expect(make(type, 65).value).toEqual(Buffer.from('A'));
      for (const bad of [256, -1, 1.5, Buffer.alloc(0), Buffer.from('AB')]) {
        expect(() => make(type, bad)).toThrow(code('ERR_OUT_OF_RANGE'));
      }
      for (const bad of ['A', null, {}, 65n])
        expect(() => make(type, bad)).toThrow(code('ERR_INVALID_ARG_TYPE'));
      // What was read is a copy.
      (value.value as Buffer)[0] = 1;
      expect(value.value).toEqual(Buffer.of(255));
    });
  }

  for (const type of ['u', 'c_wchar']) {
    it(`of type ${type} is one code point`, () => {
      const value = make(type);
      strictEqual(value.value, '\0');
      for (const character of ['A', 'é', '\u{10ffff}', '😀', '\ud800']) {
        value.value = character;
        strictEqual(value.value, character);
      }
      for (const bad of ['', 'AB', 'e\u0301'])
        expect(() => make(type, bad)).toThrow(code('ERR_OUT_OF_RANGE'));
      for (const bad of [65, null, Buffer.from('A')])
        expect(() => make(type, bad)).toThrow(code('ERR_INVALID_ARG_TYPE'));
      strictEqual(value.value, '\ud800');
    });
  }
});

describe('the type of a value', () => {
  it('is kept for whoever opens it', () => {
    for (const type of 'cubBhHiIlLqQfd?') {
      const value = make(type);
      strictEqual(value.type.code, type);
      const other = ip.Value.open(value.name);
      strictEqual(other.type, value.type);
      other.close();
    }
  });

  it('has to be one that exists', () => {
    for (const bad of ['', 'x', 'int', 'c_longdouble', 'C_INT', '__proto__', 'constructor'])
      strictEqual(failure(() => make(bad))['code'], 'ERR_OUT_OF_RANGE');
    for (const bad of [undefined, null, 4, {}, [], Int32Array, Symbol('i')])
      strictEqual(failure(() => make(bad))['code'], 'ERR_INVALID_ARG_TYPE');
  });
});
