import { strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { Value } from '../dist/index.js';
import { failure } from './helpers/segments.js';

const outOfRange = expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' });
const wrongType = expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' });

describe('an atomic operation on an integer', () => {
  for (const type of ['b', 'B', 'h', 'H', 'i', 'I'] as const) {
    it(`of type ${type} gives the value from before`, () => {
      using value = new Value(type, 5);
      strictEqual(value.add(3), 5);
      strictEqual(value.sub(2), 8);
      strictEqual(value.or(9), 6);
      strictEqual(value.and(11), 15);
      strictEqual(value.xor(2), 11);
      strictEqual(value.exchange(100), 9);
      strictEqual(value.compareExchange(99, 1), 100);
      strictEqual(value.value, 100);
      strictEqual(value.compareExchange(100, 1), 100);
      strictEqual(value.value, 1);
      strictEqual(value.add(-1), 1);
      strictEqual(value.sub(-4), 0);
      strictEqual(value.value, 4);
    });
  }

  for (const type of ['l', 'L', 'q', 'Q'] as const) {
    it(`of type ${type} does so with bigints, and takes safe integers as operands`, () => {
      using value = new Value(type, 2n ** 40n);
      strictEqual(value.add(2n ** 41n), 2n ** 40n);
      strictEqual(value.sub(2n ** 41n), 3n * 2n ** 40n);
      strictEqual(value.add(1), 2n ** 40n);
      strictEqual(value.or(6n), 2n ** 40n + 1n);
      strictEqual(value.and(15n), 2n ** 40n + 7n);
      strictEqual(value.xor(2n), 7n);
      strictEqual(value.exchange(100n), 5n);
      strictEqual(value.compareExchange(1n, 2n), 100n);
      strictEqual(value.compareExchange(100n, 2n), 100n);
      strictEqual(value.value, 2n);
      expect(() => value.add(2 ** 53)).toThrow(outOfRange);
      expect(() => value.add(0.5)).toThrow(outOfRange);
      expect(() => value.add('1' as never)).toThrow(wrongType);
    });
  }

  it('whose result is out of range is a RangeError, and the value stays', () => {
    const cases = [
      ['b', 127, 1, -128],
      ['B', 255, 1, 0],
      ['h', 32767, 1, -32768],
      ['H', 65535, 1, 0],
      ['i', 2 ** 31 - 1, 1, -(2 ** 31)],
      ['I', 2 ** 32 - 1, 1, 0],
    ] as const;
    for (const [type, max, one, min] of cases) {
      using value = new Value(type, max);
      for (const operand of [one, 2 ** 40, Number.MAX_SAFE_INTEGER])
        expect(() => value.add(operand)).toThrow(outOfRange);
      expect(() => value.sub(-1)).toThrow(outOfRange);
      strictEqual(value.value, max);
      value.value = min;
      for (const operand of [one, 2 ** 40]) expect(() => value.sub(operand)).toThrow(outOfRange);
      expect(() => value.add(-1)).toThrow(outOfRange);
      for (const operation of ['and', 'or', 'xor', 'exchange'] as const) {
        expect(() => value[operation](max + 1)).toThrow(outOfRange);
        expect(() => value[operation](min - 1)).toThrow(outOfRange);
      }
      expect(() => value.compareExchange(max + 1, 0)).toThrow(outOfRange);
      expect(() => value.compareExchange(min, max + 1)).toThrow(outOfRange);
      strictEqual(value.value, min);
    }
    for (const [type, max, min] of [
      ['q', 2n ** 63n - 1n, -(2n ** 63n)],
      ['L', 2n ** 64n - 1n, 0n],
    ] as const) {
      using value = new Value(type, max);
      expect(() => value.add(1n)).toThrow(outOfRange);
      expect(() => value.add(2n ** 70n)).toThrow(outOfRange);
      strictEqual(value.value, max);
      value.value = min;
      expect(() => value.sub(1n)).toThrow(outOfRange);
      expect(() => value.exchange(max + 1n)).toThrow(outOfRange);
      strictEqual(value.value, min);
    }
  });

  it('adds the whole width of a type', () => {
    using value = new Value('b', -128);
    strictEqual(value.add(255), -128);
    strictEqual(value.value, 127);
    strictEqual(value.sub(255), 127);
    strictEqual(value.value, -128);
  });

  it('refuses what is no integer', () => {
    using value = new Value('i', 1);
    for (const operand of [0.5, Number.NaN, Infinity])
      expect(() => value.add(operand)).toThrow(outOfRange);
    for (const operand of ['1', null, undefined, {}, true])
      expect(() => value.add(operand as never)).toThrow(wrongType);
    expect(() => value.exchange(1n as never)).toThrow(wrongType);
    expect(failure(() => value.add('7' as never)).message).toMatch(/'7'/);
    strictEqual(value.value, 1);
  });

  it('never makes a negative zero', () => {
    using value = new Value('i', 0);
    for (const before of [value.add(-0), value.sub(0), value.exchange(-0), value.value])
      strictEqual(Object.is(before, 0), true);
  });
});

describe('an atomic operation on a floating-point number', () => {
  for (const type of ['d', 'f'] as const) {
    it(`of type ${type} gives the value from before`, () => {
      using value = new Value(type, 1.5);
      strictEqual(value.add(0.25), 1.5);
      strictEqual(value.sub(1), 1.75);
      strictEqual(value.exchange(-0), 0.75);
      strictEqual(Object.is(value.value, -0), true);
      // Bit by bit: 0 is not -0, and NaN is NaN.
      strictEqual(Object.is(value.compareExchange(0, 5), -0), true);
      strictEqual(Object.is(value.value, -0), true);
      value.compareExchange(-0, Number.NaN);
      strictEqual(value.value, Number.NaN);
      value.compareExchange(Number.NaN, 2);
      strictEqual(value.value, 2);
      strictEqual(value.add(Infinity), 2);
      strictEqual(value.value, Infinity);
    });

    it(`of type ${type} has no bits to combine`, () => {
      using value = new Value(type, 1);
      for (const operation of ['and', 'or', 'xor'] as const)
        expect(() => value[operation](1)).toThrow(wrongType);
      expect(() => value.add(1n as never)).toThrow(wrongType);
      strictEqual(value.value, 1);
    });
  }

  it('of 32 bits refuses a sum that would become infinite', () => {
    using value = new Value('f', 3e38);
    const before = value.value;
    expect(() => value.add(3e38)).toThrow(outOfRange);
    expect(() => value.exchange(1e39)).toThrow(outOfRange);
    strictEqual(value.value, before);
  });
});

describe('an atomic operation on a boolean', () => {
  it('is one of logic; sums are refused', () => {
    using value = new Value('?', true);
    strictEqual(value.and(false), true);
    strictEqual(value.or(true), false);
    strictEqual(value.xor(true), true);
    strictEqual(value.exchange(true), false);
    strictEqual(value.compareExchange(true, false), true);
    strictEqual(value.value, false);
    expect(() => value.add(true)).toThrow(wrongType);
    expect(() => value.sub(true)).toThrow(wrongType);
  });
});

describe('an atomic operation on a character', () => {
  it('is refused, and names the type', () => {
    using byte = new Value('c', Buffer.from('a'));
    using letter = new Value('u', 'a');
    for (const operation of ['add', 'exchange'] as const) {
      expect(() => byte[operation](Buffer.from('b'))).toThrow(/c_char/);
      expect(() => letter[operation]('b')).toThrow(/c_wchar/);
    }
    strictEqual(letter.value, 'a');
  });
});
