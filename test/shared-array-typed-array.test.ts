import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import * as ip from '../dist/index.js';

const { SharedArray } = ip;

const elementTypes = [
  ['b', Int8Array],
  ['B', Uint8Array],
  ['h', Int16Array],
  ['H', Uint16Array],
  ['i', Int32Array],
  ['I', Uint32Array],
  ['f', Float32Array],
  ['d', Float64Array],
  ['?', Uint8Array],
  ['c', Uint8Array],
  ['u', Uint32Array],
  ['l', BigInt64Array],
  ['L', BigUint64Array],
  ['q', BigInt64Array],
  ['Q', BigUint64Array],
] as const;

describe('a shared array', () => {
  for (const [type, Elements] of elementTypes) {
    it(`of type ${type} is a ${Elements.name}, and a SharedArray`, () => {
      using array = new SharedArray(type as ip.TypeOption, 4);
      expect(array).toBeInstanceOf(Elements);
      expect(array).toBeInstanceOf(SharedArray);
      expect(new Elements(4)).not.toBeInstanceOf(SharedArray);
      strictEqual(ArrayBuffer.isView(array), true);
      strictEqual(Object.prototype.toString.call(array), `[object ${Elements.name}]`);
      strictEqual(array.length, 4);
      strictEqual(array.byteLength, 4 * Elements.BYTES_PER_ELEMENT);
      strictEqual(array.BYTES_PER_ELEMENT, Elements.BYTES_PER_ELEMENT);
      expect([...(array as Iterable<unknown>)]).toEqual([
        ...(new Elements(4) as Iterable<unknown>),
      ]);
    });
  }

  it('has the methods of typed arrays, with their results', () => {
    using array = new SharedArray('i', [5, 3, 1]);
    array[1] = (array[1] ?? 0) * 2;
    deepStrictEqual([...array], [5, 6, 1]);
    array.set([7, 8], 1);
    deepStrictEqual(
      [...array.entries()],
      [
        [0, 5],
        [1, 7],
        [2, 8],
      ],
    );
    strictEqual(array.indexOf(8), 2);
    strictEqual(array.includes(9), false);
    strictEqual(array.at(-1), 8);
    strictEqual(
      array.reduce((sum, element) => sum + element, 0),
      20,
    );
    strictEqual(array.join('-'), '5-7-8');
    array.reverse();
    array.sort();
    array.fill(2, 0, 1);
    array.copyWithin(1, 0, 1);
    deepStrictEqual([...array], [2, 2, 8]);
    strictEqual(array[3], undefined);
    strictEqual(Object.keys(array).join(), '0,1,2');
  });

  it('wraps what is assigned by index, as every typed array does', () => {
    using array = new SharedArray('B', 1);
    array[0] = 300;
    strictEqual(array[0], 44);
  });

  it('gives plain typed arrays for its parts and copies', () => {
    using array = new SharedArray('i', [1, 2, 3, 4]);
    const results = {
      map: array.map((element) => element + 1),
      filter: array.filter((element) => element > 1),
      slice: array.slice(1, 3),
      subarray: array.subarray(1, 3),
    };
    for (const [method, part] of Object.entries(results)) {
      strictEqual(Object.getPrototypeOf(part), Int32Array.prototype, method);
      expect(part).not.toBeInstanceOf(SharedArray);
    }
    // Copies are copies, parts are parts.
    results.slice[0] = 50;
    results.map[0] = 50;
    strictEqual(array.join(), '1,2,3,4');
    results.subarray[0] = 20;
    strictEqual(array.join(), '1,20,3,4');
    array[2] = 30;
    strictEqual(results.subarray[1], 30);
  });

  it('takes part in Atomics', () => {
    using array = new SharedArray('i', 2);
    strictEqual(Atomics.add(array as unknown as Int32Array, 1, 5), 0);
    strictEqual(Atomics.load(array as unknown as Int32Array, 1), 5);
    using wide = new SharedArray('q', 1);
    strictEqual(Atomics.add(wide, 0, 2n ** 40n), 0n);
    strictEqual(wide[0], 2n ** 40n);
  });

  it('is also exported as Array, and leaves the language its own', () => {
    strictEqual(ip.Array, SharedArray);
    strictEqual(SharedArray.name, 'SharedArray');
    using array = new ip.Array('d', [0.5]);
    expect(array).toBeInstanceOf(Float64Array);
    strictEqual(array.constructor.name, 'SharedArray');
    strictEqual(Array.isArray(array), false);
  });

  it('is itself what getObj() gives, and has a name, a handle and no value', () => {
    using array = new SharedArray('i', 1);
    strictEqual(array.getObj(), array);
    deepStrictEqual(JSON.parse(JSON.stringify(array)), {
      interproc: 1,
      kind: 'array',
      name: array.name,
    });
    strictEqual(array.closed, false);
    strictEqual(array.value, undefined);
    strictEqual(array.raw, undefined);
  });

  it('has members that refuse another this', () => {
    using array = new SharedArray('i', 1);
    const { close } = array;
    expect(() => close.call(new Int32Array(1) as never)).toThrow(TypeError);
    expect(() => close.call(undefined as never)).toThrow(TypeError);
    strictEqual(array.closed, false);
  });
});
