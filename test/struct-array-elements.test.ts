import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  attach,
  c_double,
  c_int,
  c_longlong,
  c_uint8,
  RawArray,
  SharedArray,
  struct,
} from '../dist/index.js';
import { kept } from './helpers/memory.js';
import { failure } from './helpers/segments.js';

const point = struct({ tag: c_uint8, x: c_int, y: c_double });
const nested = struct({ at: point, id: c_longlong });

describe('an array of structs', () => {
  test('has live views of its elements, which every handle shares', () => {
    const array = kept(new SharedArray(point, 3));
    expect(array.length).toBe(3);
    expect([...array].map((element) => ({ ...element }))).toEqual(
      Array(3).fill({ tag: 0, x: 0, y: 0 }),
    );
    array.get(1).x = 7;
    array.set(-1, { tag: 1, x: 2, y: 3.5 });
    const other = kept(attach(JSON.parse(JSON.stringify(array)))) as unknown as typeof array;
    expect([other.get(1).x, other.at(2).y, other.read(-1)]).toEqual([
      7,
      3.5,
      { tag: 1, x: 2, y: 3.5 },
    ]);
    const view = other.get(1);
    view.y = -1;
    expect(array.read(1)).toEqual({ tag: 0, x: 7, y: -1 });
    expectTypeOf(array.get(0).x).toEqualTypeOf<number>();
  });

  test('is made of values, as objects or as arrays of fields', () => {
    const array = kept(
      new SharedArray(nested, [[[1, 2, 3], 4n], { at: { tag: 5, x: 6, y: 7 }, id: 8 }]),
    );
    expect(array.read(0)).toEqual({ at: { tag: 1, x: 2, y: 3 }, id: 4n });
    expect(array.get(1).at.x).toBe(6);
    array.get(1).at = { tag: 0, x: -1, y: 0 };
    expect(array.get(1).at.x).toBe(-1);
  });

  test('lies in memory as C has it', () => {
    const array = kept(
      new SharedArray(point, [
        { tag: 1, x: 2, y: 0.5 },
        { tag: 3, x: 4, y: 1.5 },
      ]),
    );
    const bytes = kept(SharedArray.open(array.name)) as unknown as { getObj(): unknown };
    expect(bytes.getObj()).toBeDefined();
    expect(point.size).toBe(16);
    expect(array.read(1)).toEqual({ tag: 3, x: 4, y: 1.5 });
  });

  test('has a lock, a name and options as every array', async () => {
    const array = kept(new SharedArray(point, 1));
    const guard = array.acquireSync();
    expect(array.getLock().locked()).toBe(true);
    guard?.release();
    expect(array).toBeInstanceOf(SharedArray);
    const again = kept(SharedArray.openOrCreate(array.name, point, 1));
    expect(again.length).toBe(1);
    expect(failure(() => SharedArray.openOrCreate(array.name, point, 2)).code).toBe(
      'ERR_OPTIONS_MISMATCH',
    );
    expect(failure(() => SharedArray.openOrCreate(array.name, nested, 1)).code).toBe(
      'ERR_OPTIONS_MISMATCH',
    );
    expect(failure(() => kept(RawArray(point, 1)).getLock()).code).toBeDefined();
  });

  test('every use after close says so, of views too', () => {
    const array = new SharedArray(point, 1);
    const view = array.get(0);
    array.close();
    for (const use of [
      () => array.get(0),
      () => array.read(0),
      () => [...array],
      () => view.x,
      () => {
        view.x = 1;
      },
      () => array.set(0, { tag: 0, x: 0, y: 0 }),
    ]) {
      expect(failure(use).code).toBe('ERR_CLOSED');
    }
  });

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['a missing field', { tag: 1, x: 2 }, 'ERR_INVALID_ARG_TYPE'],
    ['a field too many', { tag: 1, x: 2, y: 3, z: 4 }, 'ERR_OUT_OF_RANGE'],
    ['a field out of range', { tag: 256, x: 2, y: 3 }, 'ERR_OUT_OF_RANGE'],
    ['too few values', [1, 2], 'ERR_OUT_OF_RANGE'],
    ['no object', 5, 'ERR_INVALID_ARG_TYPE'],
  ];
  test.each(wrong)('%s is refused, and nothing is written', (_what, value, code) => {
    const array = kept(new SharedArray(point, [{ tag: 9, x: 9, y: 9 }]));
    expect(failure(() => array.set(0, value as never)).code).toBe(code);
    expect(array.read(0)).toEqual({ tag: 9, x: 9, y: 9 });
    expect(failure(() => new SharedArray(point, [value])).code).toBe(code);
  });

  test('an index outside, and a misspelt field, are refused', () => {
    const array = kept(new SharedArray(point, 2));
    for (const index of [2, -3, 0.5])
      expect(failure(() => array.get(index)).code).toBe('ERR_OUT_OF_RANGE');
    expect(failure(() => kept(new SharedArray(point, 0)).get(0)).code).toBe('ERR_OUT_OF_RANGE');
    expect(() => {
      (array.get(0) as Record<string, unknown>)['z'] = 1;
    }).toThrow(TypeError);
    expect(failure(() => new SharedArray(point, -1)).code).toBe('ERR_OUT_OF_RANGE');
    expect(failure(() => new SharedArray(point, null as never)).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});
