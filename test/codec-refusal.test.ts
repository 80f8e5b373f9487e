import { strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { type Codec, createScratch } from '../dist/codec/codec.js';
import { resolveCodec } from '../dist/codec/resolve.js';
import { SerializationError } from '../dist/errors.js';

function refusal(value: unknown, codec: Codec): SerializationError {
  const scratch = createScratch();
  try {
    codec.encode(value, scratch);
  } catch (error) {
    expect(error).toBeInstanceOf(SerializationError);
    strictEqual((error as SerializationError).code, 'ERR_NOT_SERIALIZABLE');
    return error as SerializationError;
  }
  throw new Error('it was encoded');
}

const msgpack = resolveCodec('msgpack');
const fn = () => undefined;

describe('what cannot travel', () => {
  const never: Record<string, unknown> = {
    'a function': fn,
    'a class': class A {},
    'a symbol': Symbol('s'),
    'a boxed symbol': Object(Symbol('s')),
    'a promise': Promise.resolve(),
    'a WeakMap': new WeakMap(),
    'a WeakSet': new WeakSet(),
    'a WeakRef': new WeakRef({}),
    'a SharedArrayBuffer': new SharedArrayBuffer(8),
    'a generator': (function* () {
      yield 1;
    })(),
    'an iterator': [1][Symbol.iterator](),
    'a URL': new URL('http://localhost/'),
    'an AbortSignal': new AbortController().signal,
    'a formatter': new Intl.NumberFormat(),
  };
  for (const [name, value] of Object.entries(never)) {
    it(`is refused with its path: ${name}`, () => {
      strictEqual(refusal({ a: [1, { b: value }] }, msgpack).path, '$.a[1].b');
      strictEqual(refusal(value, msgpack).path, '$');
    });
  }

  it('is named by a path through every kind of container', () => {
    strictEqual(refusal({ a: [0, 0, 0, { fn }] }, msgpack).path, '$.a[3].fn');
    strictEqual(refusal({ 'odd key': { é: fn } }, msgpack).path, '$["odd key"].é');
    strictEqual(refusal(new Map([['k', [fn]]]), msgpack).path, '$.get("k")[0]');
    strictEqual(refusal(new Map([[{ f: fn }, 1]]), msgpack).path, '$.keys()[0].f');
    strictEqual(refusal([new Set([1, fn])], msgpack).path, '$[0].values()[1]');
    strictEqual(refusal({ e: new Error('x', { cause: { fn } }) }, msgpack).path, '$.e.cause.fn');
    const holes: unknown[] = [];
    holes[7] = fn;
    strictEqual(refusal({ holes }, msgpack).path, '$.holes[7]');
    strictEqual(refusal(Object.assign([1], { p: fn }), msgpack).path, '$.p');
  });

  it('has a detached buffer or view', () => {
    const buffer = new ArrayBuffer(8);
    const view = new DataView(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    strictEqual(refusal({ buffer }, msgpack).path, '$.buffer');
    strictEqual(refusal({ view }, msgpack).path, '$.view');
  });

  it('has a getter that throws, whose error is the cause', () => {
    const cause = new Error('mine');
    const value = {
      a: {
        get b() {
          throw cause;
        },
      },
    };
    for (const name of ['msgpack', 'json', 'v8']) {
      const error = refusal(value, resolveCodec(name));
      strictEqual(error.cause, cause);
      if (name !== 'v8') strictEqual(error.path, '$.a.b');
    }
  });

  it('is nested so deeply that no one could read it', () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = [value];
    const error = refusal(value, msgpack);
    expect(error.path.length).toBeLessThan(1000);
    expect(error.path).toMatch(/^\$\[0\]\[0\].*…/);
    refusal(value, resolveCodec('json'));
  });

  it('is a Map or Set that changes while it is read', () => {
    const map = new Map<string, unknown>();
    map.set('a', {
      get x() {
        map.delete('b');
        return 1;
      },
    });
    map.set('b', 1);
    refusal(map, msgpack);
    const set = new Set<unknown>();
    set.add({
      get x() {
        set.add({});
        return 1;
      },
    });
    refusal(set, msgpack);
  });

  it('leaves the codec as it was', () => {
    const scratch = createScratch();
    for (let i = 0; i < 20; i++) {
      refusal({ a: { b: [{}, {}, fn] } }, msgpack);
      msgpack.encode({ a: 1 }, scratch);
      expect(msgpack.decode(scratch.buffer, scratch.start, scratch.end)).toEqual({ a: 1 });
    }
  });

  it('is named by the v8 codec too', () => {
    const v8 = resolveCodec('v8');
    strictEqual(refusal({ a: [1, { fn }] }, v8).path, '$.a[1].fn');
    strictEqual(refusal(new Map([['k', Symbol('s')]]), v8).path, '$.get("k")');
    refusal(new SharedArrayBuffer(4), v8);
  });

  const json: Record<string, unknown> = {
    undefined: undefined,
    'not a number': Number.NaN,
    infinity: Infinity,
    'negative zero': -0,
    'a bigint': 1n,
    'a Date': new Date(0),
    'a Map': new Map(),
    'a Set': new Set(),
    'an array with holes': Object.assign(new Array(3), { 2: 1 }),
    'an array with properties': Object.assign([1], { a: 1 }),
    'a Buffer': Buffer.from('a'),
    'a boxed number': Object(1),
    'an error': new Error('x'),
    'a regular expression': /a/,
    'a function': fn,
    'an object with toJSON': { toJSON: () => 1 },
  };
  for (const [name, value] of Object.entries(json)) {
    it(`is refused by the json codec with its path: ${name}`, () => {
      expect(refusal({ a: [value] }, resolveCodec('json')).path).toMatch(/^\$\.a\[0\]/);
    });
  }

  it('is, for the json codec, a cycle', () => {
    const value: Record<string, unknown> = {};
    value['a'] = [value];
    strictEqual(refusal(value, resolveCodec('json')).path, '$.a[0]');
  });

  it('is, for the raw codec, all but bytes', () => {
    for (const value of [
      'text',
      1,
      null,
      undefined,
      {},
      [1],
      new Float64Array(1),
      new SharedArrayBuffer(1),
    ]) {
      refusal(value, resolveCodec('raw'));
    }
  });
});
