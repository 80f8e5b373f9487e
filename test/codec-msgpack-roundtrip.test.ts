import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { createScratch } from '../dist/codec/codec.js';
import { msgpackCodec } from '../dist/codec/msgpack.js';
import { v8Codec } from '../dist/codec/v8.js';
import { randomFrom, randomValue } from './helpers/codec-random.js';
import { assertSame } from './helpers/codec-same.js';

const scratch = createScratch(64);

function through<T>(value: T, codec = msgpackCodec): T {
  codec.encode(value, scratch);
  // At an odd place in a larger buffer that is dirty before and after the message.
  const length = scratch.end - scratch.start;
  const bytes = Buffer.alloc(length + 40, 0xa5);
  scratch.buffer.copy(bytes, 13, scratch.start, scratch.end);
  const result = codec.decode(bytes, 13, 13 + length);
  bytes.fill(0xee);
  return result as T;
}

function sparse(length: number, parts: object): unknown[] {
  return Object.assign(new Array(length), parts);
}

const cases: Record<string, () => unknown> = {
  undefined: () => undefined,
  'undefined in an object': () => ({ a: undefined, b: [undefined] }),
  null: () => null,
  booleans: () => [true, false],
  'negative zero': () => [-0, { z: -0 }, 0],
  'not a number and infinities': () => [Number.NaN, Infinity, -Infinity],
  'integers at every edge of the format': () =>
    [0, 1, 31, 32, 127, 128, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32]
      .flatMap((n) => [n, -n, n + 1, -n - 1])
      .concat([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 53, 2 ** 64, 1e300, 5e-324]),
  fractions: () => [0.1, -2.5, 1 / 3, Number.EPSILON],
  'bigints at every edge of the format': () =>
    [
      0n,
      1n,
      5n,
      2n ** 31n,
      2n ** 32n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n,
      2n ** 127n,
      2n ** 128n,
      10n ** 500n,
    ].flatMap((n) => [n, -n, n - 1n, -n - 1n, n + 1n]),
  'a bigint of thousands of digits': () => 7n ** 20_000n,
  "strings of every length around the format's edges": () =>
    [0, 1, 15, 16, 31, 32, 39, 40, 41, 63, 64, 65, 255, 256, 257, 65535, 65536, 70000].flatMap(
      (n) => ['a'.repeat(n), 'é'.repeat(n), '☃'.repeat(n), '😀'.repeat(n), `${'x'.repeat(n)}ü`],
    ),
  'lone surrogates': () => [
    '\ud800',
    '\udc00',
    'a\ud800b',
    '\udfff\ud800',
    '\ud83d',
    `${'x'.repeat(100)}\ud83d`,
    '\ud83d\ude00\ude00',
  ],
  'the replacement character': () => [
    '\ufffd',
    `${'\ufffd'.repeat(50)}`,
    `a\ufffd${'b'.repeat(80)}`,
  ],
  'text with nul and byte order mark': () => [
    '\0',
    '\ufeffabc',
    `\ufeff${'a'.repeat(100)}`,
    'a\0b',
  ],
  'keys that are odd': () => ({
    '': 1,
    ' ': 2,
    'a.b': 3,
    '1': 4,
    '01': 5,
    '-1': 6,
    é: 7,
    '\ud800': 8,
    ['k'.repeat(50)]: 9,
    ['ü'.repeat(50)]: 10,
    constructor: 11,
    toString: 12,
    hasOwnProperty: 13,
    length: 14,
    toJSON: 15,
    // biome-ignore lint/suspicious/noThenProperty: what looks like a promise is data here.
    then: 16,
    valueOf: 17,
  }),
  'numeric keys': () => ({ 3: 'c', 1: 'a', 4294967295: 'z', 1e21: 'y' }),
  dates: () =>
    [
      0,
      1,
      -1,
      999,
      1000,
      -1000,
      -1001,
      1.7e12,
      4294967295000,
      4294967296000,
      17179869183999,
      17179869184000,
      8.64e15,
      -8.64e15,
      Number.NaN,
    ].map((t) => new Date(t)),
  // biome-ignore lint/complexity/useRegexLiterals: the compiler's target knows no flag v.
  'regular expressions': () => [/a/, /[/]\n/dgimsuy, new RegExp('(?<x>é)', 'v'), /(?:)/],
  'a Map': () =>
    new Map<unknown, unknown>([
      ['a', 1],
      [2, 'b'],
      [null, undefined],
      [{ k: 1 }, [1]],
      [Number.NaN, 1],
    ]),
  'a Map whose first key is a number': () =>
    new Map<unknown, unknown>([
      [1, 'a'],
      ['b', 2],
      ['__proto__', 3],
    ]),
  'a Map whose first key is a boolean': () =>
    new Map([
      [true, { a: 1 }],
      [false, { a: 2 }],
    ]),
  'large Maps and Sets': () => [
    new Map(Array.from({ length: 70_000 }, (_, i) => [i, i])),
    new Set(Array.from({ length: 70_000 }, (_, i) => `m${i}`)),
  ],
  'empty containers': () => [
    {},
    [],
    new Map(),
    new Set(),
    new Uint8Array(0),
    new ArrayBuffer(0),
    Buffer.alloc(0),
    '',
  ],
  'a Set': () => new Set<unknown>([1, 'a', new Set([2]), { a: 1 }]),
  'boxed primitives': () => [
    Object(1),
    Object(-0),
    Object('s'),
    Object(''),
    Object(true),
    Object(5n),
  ],
  'typed arrays of every kind': () => [
    Int8Array.of(-1, 127),
    Uint8Array.of(0, 255),
    Uint8ClampedArray.of(1, 255),
    Int16Array.of(-300),
    Uint16Array.of(65535),
    Int32Array.of(-1e9),
    Uint32Array.of(4e9),
    Float32Array.of(1.5, Number.NaN),
    Float64Array.of(-0, 1e300),
    BigInt64Array.of(-(2n ** 63n)),
    BigUint64Array.of(2n ** 64n - 1n),
  ],
  'views of a part of a buffer': () => {
    const { buffer } = Uint8Array.from({ length: 32 }, (_, i) => i);
    return [
      new Uint8Array(buffer, 3, 5),
      new Uint16Array(buffer, 2, 4),
      new DataView(buffer, 1, 7),
      new Float64Array(buffer, 8, 2),
    ];
  },
  'an ArrayBuffer': () => Uint8Array.of(1, 2, 3).buffer,
  'Buffers of every length of header': () =>
    [0, 1, 255, 256, 65535, 65536].map((n) => Buffer.alloc(n, 7)),
  'sparse arrays': () => [
    sparse(2, { 1: 1 }),
    sparse(5, { 0: 1, 2: 3 }),
    new Array(3),
    sparse(100_001, { 1000: 'x', 100000: undefined }),
    sparse(3, { 0: undefined, 2: undefined }),
    sparse(20, { 5: 1 }),
  ],
  'an array of four thousand million holes': () =>
    Object.assign(new Array(4294967295), { 4294967294: 'last' }),
  'arrays with properties': () => [
    'xaby'.match(/(a)(b)/),
    Object.assign([1, 2], { extra: { deep: [1] }, '-1': 0 }),
    Object.assign(
      Array.from({ length: 100 }, (_, i) => i),
      { note: 'n' },
    ),
    Object.assign([], { only: 1 }),
    sparse(2, { 1: 1, more: 1 }),
  ],
  "objects of every size around the format's edges": () =>
    [15, 16, 17, 255, 65535, 65536, 65537].map((n) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i])),
    ),
  "arrays of every length around the format's edges": () =>
    [15, 16, 65535, 65536, 200_000].map((n) => Array.from({ length: n }, (_, i) => i)),
  'data that looks like a handle': () => ({ interproc: 1, kind: 'queue', name: 'x', toJSON: 1 }),
  'data that looks like our own marks': () => [
    { type: 'Buffer', data: [1] },
    { $ref: 0 },
    [0x92, 0xd4],
  ],
};

describe('a value that went through msgpack', () => {
  for (const [name, make] of Object.entries(cases)) {
    it(`is equal to what was sent: ${name}`, () => {
      const value = make();
      assertSame(through(value), value);
    });
  }

  it('has own properties named __proto__, and no prototype is touched', () => {
    const value = JSON.parse('{"__proto__": {"polluted": 1}, "a": {"__proto__": null}}');
    const result = through(value) as Record<string, unknown>;
    deepStrictEqual(Object.keys(result), ['__proto__', 'a']);
    strictEqual(Object.getPrototypeOf(result), Object.prototype);
    deepStrictEqual(result, value);
    strictEqual(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('keeps cycles and objects that are met twice', () => {
    const shared = { s: 1 };
    const date = new Date(5);
    const value: Record<string, unknown> = { a: shared, b: [shared, date, date] };
    value['self'] = value;
    value['map'] = new Map<unknown, unknown>([
      ['me', value],
      [shared, shared],
    ]);
    value['set'] = new Set([value, shared]);
    const bytes = Uint8Array.of(1, 2);
    value['views'] = [bytes, bytes, Buffer.from('x')];
    const result = through(value) as typeof value & {
      a: object;
      b: unknown[];
      map: Map<unknown, unknown>;
      set: Set<unknown>;
      views: unknown[];
    };
    strictEqual(result['self'], result);
    strictEqual(result.b[0], result.a);
    strictEqual(result.b[1], result.b[2]);
    strictEqual(result.map.get('me'), result);
    strictEqual(result.map.get(result.a), result.a);
    deepStrictEqual([...result.set], [result, result.a]);
    strictEqual(result.views[0], result.views[1]);
    deepStrictEqual(result.b, value['b']);
  });

  it('keeps a Map that is a part of its own first key', () => {
    const key: { map?: unknown } = {};
    const map = new Map([[key, 1]]);
    key.map = map;
    const result = through(map);
    const [arrived] = result.keys();
    strictEqual(arrived?.map, result);
  });

  it('keeps cycles through errors, arrays with properties and hundreds of objects', () => {
    const error = new Error('x');
    error.cause = { error };
    const list = Object.assign([error], { self: undefined as unknown });
    list.self = list;
    const many = Array.from({ length: 300 }, (_, i) => ({ i, next: undefined as unknown }));
    for (const [i, one] of many.entries()) one.next = many[(i * 7 + 1) % 300];
    const result = through({ list, many });
    strictEqual(result.list.self, result.list);
    strictEqual(result.list.length, 1);
    const cause = result.list[0]?.cause as { error: unknown } | undefined;
    strictEqual(cause?.error, result.list[0]);
    for (const [i, one] of result.many.entries())
      strictEqual(one.next, result.many[(i * 7 + 1) % 300]);
  });

  it('keeps errors of every class, with what they carry', () => {
    class Custom extends TypeError {
      override name = 'Custom';
      code = 'ERR_X';
    }
    const errors = [
      new Error('a', { cause: { b: 1 } }),
      new RangeError('r'),
      new Custom('c'),
      new AggregateError([new Error('i')], 'agg'),
      Object.assign(new Error('sys'), { code: 'ENOENT', errno: -2 }),
      new Error(),
      new Error('u', { cause: undefined }),
    ];
    for (const error of errors) {
      const result = through(error);
      deepStrictEqual({ ...result }, { ...error });
      strictEqual(result.message, error.message);
      strictEqual(result.name, error.name);
      strictEqual(result.stack, error.stack);
      strictEqual('cause' in result, 'cause' in error);
      deepStrictEqual(result.cause, error.cause);
      strictEqual(Object.hasOwn(result, 'message'), Object.hasOwn(error, 'message'));
      if (error instanceof AggregateError)
        deepStrictEqual((result as AggregateError).errors[0].message, 'i');
    }
    expect(through(new Custom('c'))).toBeInstanceOf(TypeError);
    const aborted = through(new DOMException('stop', 'AbortError'));
    strictEqual(aborted.name, 'AbortError');
    strictEqual(aborted.message, 'stop');
  });

  it('becomes a plain object where it was an instance of a class, its getters evaluated', () => {
    class Point {
      x = 1;
      #hidden = 2;
      get sum() {
        return this.#hidden;
      }
      toJSON() {
        return 'never';
      }
    }
    const own = Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: () => 'got' });
    const result = through<unknown>([
      new Point(),
      own,
      Object.assign(Object.create(null), { n: 1 }),
      Object.create({ inherited: 1 }),
    ]);
    deepStrictEqual(result, [{ x: 1 }, { a: 1, b: 'got' }, { n: 1 }, {}]);
  });

  it('keeps what a subclass of a built-in holds', () => {
    class MyMap extends Map<string, number> {}
    class MyArray extends Array<number> {}
    deepStrictEqual(through(new MyMap([['a', 1]])), new Map([['a', 1]]));
    deepStrictEqual(through(MyArray.from([1, 2])), [1, 2]);
  });

  it('does not share memory with the buffer it was read from', () => {
    const sent = {
      b: Buffer.from('abc'),
      u: Uint8Array.of(1),
      a: Uint8Array.of(2).buffer,
      s: 'text',
      l: 'x'.repeat(300),
    };
    // `through` overwrites the buffer once it has decoded.
    deepStrictEqual(through(sent), sent);
  });

  it('is equal for thousands of random values, and as a structured clone would have it', () => {
    const random = randomFrom(20261122);
    for (let round = 0; round < 4000; round++) {
      const value = randomValue(random, 5);
      const result = through(value);
      assertSame(result, value);
      assertSame(result, structuredClone(value));
    }
  });

  it('is equal for random values through v8 too', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 500; round++) {
      const value = randomValue(random, 4);
      assertSame(through(value, v8Codec), value);
    }
  });

  it('may be as deep as can be received again', () => {
    let value: unknown = 'end';
    for (let i = 0; i < 990; i++) value = i % 2 === 0 ? [value] : { v: value };
    let arrived: unknown = through(value);
    for (let i = 989; i >= 0; i--)
      arrived = i % 2 === 0 ? (arrived as unknown[])[0] : (arrived as { v: unknown }).v;
    strictEqual(arrived, 'end');
  });
});
