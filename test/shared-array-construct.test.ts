import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { c_int, SharedArray, struct, type TypeOption } from '../dist/index.js';
import { failure, nameFor, present } from './helpers/segments.js';

/** The elements of an array made from something. */
function elements(type: TypeOption, from: unknown): unknown[] {
  using array = new SharedArray(type, from as never);
  return [...(array as Iterable<unknown>)];
}

function refused(type: TypeOption, from: unknown): [code: unknown, message: string] {
  const name = nameFor('refused');
  const error = failure(() => new SharedArray(type, from as never, { name }));
  strictEqual(present(name), false);
  return [error['code'], error.message];
}

describe('the elements of a shared array', () => {
  it('are zero for a length', () => {
    deepStrictEqual(elements('i', 3), [0, 0, 0]);
    deepStrictEqual(elements('Q', 2), [0n, 0n]);
  });

  it('can come from whatever can be iterated, once', () => {
    deepStrictEqual(elements('i', [1, 2]), [1, 2]);
    deepStrictEqual(elements('i', new Set([3, 4])), [3, 4]);
    deepStrictEqual(
      elements(
        'h',
        (function* () {
          yield 5;
          yield -5;
        })(),
      ),
      [5, -5],
    );
    deepStrictEqual(elements('d', new Map([[1, 2]]).values()), [2]);
    deepStrictEqual(elements('i', []), []);
    const name = nameFor('generator');
    const once = (function* () {
      yield 1;
      yield 2;
    })();
    using array = SharedArray.openOrCreate(name, 'i', once);
    deepStrictEqual([...array], [1, 2]);
  });

  it('can come from typed arrays, of the same type or another that fits', () => {
    deepStrictEqual(elements('i', Int32Array.of(1, -2)), [1, -2]);
    deepStrictEqual(elements('i', new Int32Array([9, 1, 2, 9]).subarray(1, 3)), [1, 2]);
    deepStrictEqual(elements('B', Int32Array.of(255)), [255]);
    deepStrictEqual(elements('d', Float32Array.of(0.5)), [0.5]);
    deepStrictEqual(elements('q', BigUint64Array.of(7n)), [7n]);
    deepStrictEqual(elements('B', Buffer.from('AB')), [65, 66]);
    using other = new SharedArray('i', [4, 5]);
    deepStrictEqual(elements('i', other), [4, 5]);
  });

  it('take what the type takes', () => {
    deepStrictEqual(elements('?', [true, 0, 1, false]), [1, 0, 1, 0]);
    deepStrictEqual(elements('f', [0.1, Number.NaN]), [Math.fround(0.1), Number.NaN]);
    deepStrictEqual(elements('q', [1, 2n]), [1n, 2n]);
  });

  it('are checked, each with its place, before anything is created', () => {
    const outside: [TypeOption, unknown, number][] = [
      ['B', [0, 256], 1],
      ['B', [-1], 0],
      ['b', Uint8Array.of(1, 200), 1],
      ['i', [1, 2, 2 ** 31], 2],
      ['i', [0.5], 0],
      ['i', Float64Array.of(1, Number.NaN), 1],
      ['I', Int32Array.of(-1), 0],
      ['f', [1e300], 0],
      ['q', [2n ** 63n], 0],
      ['Q', BigInt64Array.of(-1n), 0],
      ['?', [2], 0],
      ['u', ['ab'], 0],
      ['c', [256], 0],
    ];
    for (const [type, from, place] of outside) {
      const [code, message] = refused(type, from);
      strictEqual(code, 'ERR_OUT_OF_RANGE', message);
      expect(message).toContain(`Value ${place}`);
    }
    for (const [type, from] of [
      ['i', ['1']],
      ['i', [1n]],
      ['i', [null]],
      ['i', [undefined]],
      ['i', '12'],
      ['u', [65]],
      ['c', 'text'],
      ['q', [true]],
    ] as [TypeOption, unknown][]) {
      strictEqual(refused(type, from)[0], 'ERR_INVALID_ARG_TYPE');
    }
  });

  it('are asked for by a length or an iterable, and by nothing else', () => {
    for (const from of [undefined, null, true, 4n, {}, new ArrayBuffer(4), () => 4, Symbol('4')])
      strictEqual(refused('i', from)[0], 'ERR_INVALID_ARG_TYPE');
    for (const from of [-1, 1.5, Number.NaN, Infinity, -Infinity])
      strictEqual(refused('i', from)[0], 'ERR_OUT_OF_RANGE');
  });

  it('are checked in the same way where they are structs', () => {
    const point = struct({ x: c_int });
    strictEqual(refused(point, [{ x: 1 }, { x: 2 ** 31 }])[0], 'ERR_OUT_OF_RANGE');
    strictEqual(refused(point, [{ x: 1 }, { x: '1' }])[0], 'ERR_INVALID_ARG_TYPE');
    strictEqual(refused(point, [1])[0], 'ERR_INVALID_ARG_TYPE');
    strictEqual(refused(point, -1)[0], 'ERR_OUT_OF_RANGE');
  });

  it('are not created where the iteration fails', () => {
    const name = nameFor('thrower');
    const thrower = {
      *[Symbol.iterator]() {
        yield 1;
        throw new Error('no more');
      },
    };
    expect(() => new SharedArray('i', thrower, { name })).toThrow('no more');
    strictEqual(present(name), false);
  });
});

describe('the size of a shared array', () => {
  it('can be zero', () => {
    for (const type of ['b', 'c', 'u', 'd', 'Q'] as const) {
      using array = new SharedArray(type as TypeOption, 0);
      strictEqual(array.length, 0);
      using other = SharedArray.open(array.name);
      strictEqual(other.length, 0);
      deepStrictEqual([...(other as Iterable<unknown>)], []);
    }
    using text = new SharedArray('c', 0);
    deepStrictEqual(text.value, Buffer.alloc(0));
    text.value = Buffer.alloc(0);
    strictEqual(failure(() => (text.value = Buffer.of(1)))['code'], 'ERR_OUT_OF_RANGE');
  });

  it('is exact, not rounded to pages', () => {
    using array = new SharedArray('B', 12_345);
    using other = SharedArray.open(array.name);
    strictEqual(other.length, 12_345);
    strictEqual(other.byteLength, 12_345);
  });

  it('beyond what the machine has is an error, and nothing is left', () => {
    // More than a buffer can have, more than an integer can count, and more than there is memory.
    for (const [type, length] of [
      ['B', 2 ** 32],
      ['d', 2 ** 32 - 1],
      ['d', 2 ** 30],
      ['i', 2 ** 53],
      ['i', Number.MAX_VALUE],
    ] as [TypeOption, number][])
      strictEqual(refused(type, length)[0], 'ERR_OUT_OF_RANGE');
  });
});
