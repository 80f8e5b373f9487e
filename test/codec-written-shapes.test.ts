import { deepStrictEqual, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createScratch } from '../dist/codec/codec.js';
import { Encoder } from '../dist/codec/encoder.js';
import { msgpackCodec } from '../dist/codec/msgpack.js';
import { shapeLike } from '../dist/codec/written-shapes.js';
import { SerializationError } from '../dist/errors.js';
import { pick, randomFrom, randomValue } from './helpers/codec-random.js';
import { assertSame } from './helpers/codec-same.js';

// Objects whose keys came often are written by code made for these keys. Nobody may see that: an encoder that has met nothing yet
// goes the ordinary way, and both write the same bytes, or refuse the same part.

const scratch = createScratch();

function encode(value: unknown, to = scratch): Buffer {
  msgpackCodec.encode(value, to);
  return Buffer.from(to.buffer.subarray(to.start, to.end));
}

function encodeFresh(value: unknown): Buffer {
  const own = createScratch();
  new Encoder().encode(value, own);
  return own.buffer.subarray(own.start, own.end);
}

function decode(bytes: Buffer): unknown {
  return msgpackCodec.decode(bytes, 0, bytes.length);
}

/** More often than it takes to learn a shape and to make use of it, whatever came before. */
function teach(value: object): void {
  for (let i = 0; i < 6000; i++) encode(value);
  deepStrictEqual(shapeLike(value)?.keys, Object.keys(value));
}

function assertAsFresh(value: unknown): Buffer {
  const bytes = encode(value);
  strictEqual(bytes.toString('hex'), encodeFresh(value).toString('hex'));
  return bytes;
}

const usual = { id: 300, v: 0.5, s: 'hello' };

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('an object of a shape that was written often', () => {
  it('has the bytes that it had before', () => {
    const before = encodeFresh(usual).toString('hex');
    strictEqual(before, '83a26964cd012ca176cb3fe0000000000000a173a568656c6c6f');
    teach(usual);
    strictEqual(encode(usual).toString('hex'), before);
  });

  it('may hold values of any kind in any place', () => {
    teach(usual);
    teach({ inner: usual, n: 1 });
    const random = randomFrom(21);
    for (let i = 0; i < 2000; i++) {
      const met: object[] = [];
      const part = () => randomValue(random, 2, met);
      const value = { id: part(), v: part(), s: part() };
      met.push(value);
      const outer = { inner: value, n: part() };
      for (const one of [value, outer, [value, outer, value], new Map([['k', outer]])]) {
        assertSame(decode(assertAsFresh(one)), one);
      }
    }
  });

  it('may come between others of all kinds', () => {
    const random = randomFrom(22);
    const shapes: ((i: number) => object)[] = [
      (i) => ({ id: i, v: i / 2, s: `s${i % 7}` }),
      (i) => ({ id: i, v: i / 2, t: undefined }),
      (i) => ({ id: i, v: null }),
      (i) => ({ type: 'move', at: { x: i, y: -i }, tags: ['a', { x: 1, y: 2 }] }),
      (i) => ({ only: i % 2 === 0 }),
      (i) => ({ [`k${i % 100}`]: i, [`l${i % 30}`]: 'long'.repeat(i % 30) }),
    ];
    for (let i = 0; i < 30_000; i++) {
      const burst = i % 1000 < 500 ? Math.floor(i / 1000) : Math.floor(random() * 100);
      assertAsFresh(shapes[burst % shapes.length]?.(i));
    }
  });

  it('is told from others, whichever part differs', () => {
    class Record {
      id = 1;
      v = 2;
      s = 3;
    }
    const inherited = (own: object, from: object) => Object.assign(Object.create(from), own);
    const hidden = (key: string) =>
      Object.defineProperty({ id: 1, v: 2, s: 3 }, key, { enumerable: false });
    teach(usual);
    const others: object[] = [
      { ix: 1, v: 2, s: 3 },
      { id: 1, w: 2, s: 3 },
      { id: 1, v: 2, t: 3 },
      { id: 1, s: 2, v: 3 },
      { id: 1, v: 2 },
      { id: 1 },
      {},
      { id: 1, v: 2, s: 3, t: 4 },
      { id: 1, v: 2, s: 3, 5: 4 },
      { id: 1, v: undefined, s: undefined },
      { id: 1, v: 2, s: 3, [Symbol('s')]: 4 },
      JSON.parse('{"id": 1, "v": 2, "s": 3, "__proto__": 4}'),
      JSON.parse('{"id": 1, "v": 2, "__proto__": 3}'),
      inherited({ id: 1, v: 2, s: 3 }, Object.create(null)),
      inherited({ id: 1, v: 2 }, { s: 3 }),
      inherited({ v: 2, s: 3 }, { id: 1 }),
      inherited({}, usual),
      Object.assign(Object.create(null), { id: 1, v: 2, s: 3 }),
      hidden('id'),
      hidden('s'),
      new Record(),
      Object.assign(new Date(5), { id: 1, v: 2, s: 3 }),
      Object.assign([], { id: 1, v: 2, s: 3 }),
      Object.assign([7], { id: 1, v: 2, s: 3 }),
      Object.assign(new Map(), { id: 1, v: 2, s: 3 }),
      Object.assign(new Error('x'), { id: 1, v: 2, s: 3, stack: '' }),
      Object.freeze({ id: 1, v: 2, s: 3 }),
      new Proxy({ id: 1, v: 2, s: 3 }, {}),
      Object.fromEntries(['id', 'v', 's'].map((key) => [key, Buffer.from(key)])),
    ];
    for (let i = 0; i < 300; i++) {
      for (const other of others) {
        encode(usual);
        assertAsFresh(other);
        assertAsFresh({ usual, other, again: other });
      }
    }
  });

  it('has own properties only, also where the prototype of all objects has more', () => {
    teach({ id: 1, v: 2, s: 3 });
    const prototype = Object.prototype as { s?: number };
    try {
      prototype.s = 5;
      strictEqual(assertAsFresh({ id: 1, v: 2 }).toString('hex'), '82a2696401a17602');
      strictEqual(assertAsFresh({ id: 1, v: 2, s: 3 }).toString('hex'), '83a2696401a17602a17303');
    } finally {
      delete prototype.s;
    }
  });

  it('may be met again, or be a part of itself', () => {
    teach(usual);
    teach({ one: 1, other: 2 });
    for (let i = 0; i < 10; i++) {
      const cycle: Record<string, unknown> = { id: [], v: 2 };
      cycle['s'] = cycle;
      const pair = { one: usual, other: usual };
      const deep = { one: { one: pair, other: cycle }, other: pair };
      for (const value of [cycle, pair, deep, [pair, deep, cycle]]) {
        assertSame(decode(assertAsFresh(value)), value);
      }
    }
  });

  it('leaves nothing to the next message of a batch', () => {
    teach(usual);
    teach({ one: 1, other: 2 });
    const shared = { ...usual };
    const values = [shared, { one: shared, other: shared }, shared, { one: [], other: shared }, 7];
    const sizes = new Uint32Array(values.length);
    msgpackCodec.encodeMany?.(values, values.length, scratch, sizes);
    let at = scratch.start;
    for (const [i, value] of values.entries()) {
      const bytes = scratch.buffer.subarray(at, at + (sizes[i] as number));
      strictEqual(bytes.toString('hex'), encodeFresh(value).toString('hex'));
      at += bytes.length;
    }
    strictEqual(at, scratch.end);
  });

  it('is written where there is room for it, however full the buffer is', () => {
    const long = Object.fromEntries(
      Array.from({ length: 15 }, (_, i) => [`a_key_of_thirty_characters_no_${i}`.slice(0, 31), i]),
    );
    const values = [long, { text: 'é'.repeat(13), next: 'a'.repeat(20), last: 0.1 }, usual];
    for (const value of values) {
      teach(value);
      const expected = encodeFresh(value);
      for (let size = 33; size < 700; size++) {
        const narrow = createScratch(size);
        for (let i = 0; i < 2; i++) strictEqual(encode(value, narrow).equals(expected), true);
      }
    }
  });

  it('is refused at the same part, and as deep', () => {
    teach(usual);
    teach({ a: 1 });
    const nested = (depth: number) => {
      let value: object = { a: 1 };
      for (let i = 1; i < depth; i++) value = { a: value };
      return value;
    };
    const throwing = (error: unknown) => ({
      id: 1,
      get v() {
        throw error;
      },
      s: 3,
    });
    const values = [
      { id: 1, v: () => 1, s: 3 },
      { id: 1, v: 2, s: Symbol('s') },
      { id: { id: 1, v: 2, s: [() => 1] }, v: 2, s: 3 },
      throwing(new Error('mine')),
      { id: 1, v: throwing(new Error('mine')), s: 2 },
      nested(1001),
      nested(5000),
      new Proxy(usual, {
        ownKeys() {
          throw new Error('no keys');
        },
      }),
    ];
    for (const value of values) {
      const [here, fresh] = [encode, encodeFresh].map((one) => refusal(() => one(value)));
      deepStrictEqual(here, fresh);
      // Nothing of it is left behind.
      assertAsFresh({ one: usual, other: usual });
    }
    assertAsFresh(nested(1000));
  });
});

function refusal(act: () => unknown): unknown[] {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SerializationError);
    const { message, path, cause } = error as SerializationError;
    return [message, path, cause];
  }
  throw new Error('It was not refused');
}

describe('an object that changes while it is read', () => {
  it('is one whole message all the same', () => {
    teach(usual);
    const changing = [
      () => ({
        id: 1,
        get v() {
          Reflect.deleteProperty(this, 's');
          return 2;
        },
        s: 3,
      }),
      () => ({
        get id() {
          Object.assign(this, { more: 4, s: [] });
          return 1;
        },
        v: 2,
        s: 3,
      }),
      () => ({
        get id() {
          Object.defineProperty(this, 'id', { value: 1, enumerable: true });
          return 2;
        },
        v: 2,
        s: 3,
      }),
      () => new Proxy(usual, { get: (_, key) => (key === 'v' ? undefined : String(key)) }),
      () => new Proxy(usual, { getOwnPropertyDescriptor: () => undefined }),
      () => new Proxy(usual, { getPrototypeOf: () => Date.prototype }),
    ];
    for (const make of changing) {
      for (let i = 0; i < 300; i++) {
        encode(usual);
        // One for each: the first to read it changes it.
        deepStrictEqual(encode(make()), encodeFresh(make()));
        deepStrictEqual(encode({ usual, in: make() }), encodeFresh({ usual, in: make() }));
      }
    }
  });

  it('may encode others meanwhile, to the same place', () => {
    teach(usual);
    const inner: Buffer[] = [];
    const value = {
      id: 'b'.repeat(30),
      get v() {
        inner.push(encode({ id: 1, v: ['x'.repeat(50_000)], s: usual }));
        return 'n';
      },
      s: { id: 1, v: 2, s: 3 },
    };
    for (let i = 0; i < 10; i++) {
      deepStrictEqual(decode(encode(value)), { id: value.id, v: 'n', s: value.s });
    }
    for (const one of inner) {
      deepStrictEqual(decode(one), { id: 1, v: ['x'.repeat(50_000)], s: usual });
    }
  });
});

describe('shapes', () => {
  it('are learnt from so many objects only, and so many times only where they begin alike', () => {
    const real = Function;
    let made = 0;
    vi.stubGlobal('Function', function counting(...parts: string[]) {
      made++;
      return real(...parts);
    });
    // One place for all of them.
    const like = (key: string) => ({ first: 1, [key]: 2, middle: 3, last: 4 });
    for (const key of 'abcdefgh') {
      for (let i = 0; i < 6000; i++) encode(like(key));
      assertAsFresh(like(key));
    }
    const most = made;
    expect([1, 2, 3]).toContain(most);
    for (let i = 0; i < 20_000; i++) encode({ [`unseen${i}`]: i, [`other${i}`]: i });
    expect(made).toBe(most);
  });

  it('are not needed: where no code may be made, the bytes are the same', () => {
    const random = randomFrom(23);
    const part = () => pick(random, [null, 0, -5, 0.5, 70_000, 'text', 'é', {}, { id: 1 }, [1]]);
    const values = Array.from({ length: 3000 }, (_, i) =>
      i % 2 === 0 ? { id: i, v: part(), s: part() } : { type: 'b', at: { x: part(), y: i } },
    );
    const here = values.map((value) => encode(value).toString('hex'));
    const script = `
      import { msgpackCodec } from ${JSON.stringify(new URL('../dist/codec/msgpack.js', import.meta.url).href)};
      import { createScratch } from ${JSON.stringify(new URL('../dist/codec/codec.js', import.meta.url).href)};
      import { readFileSync } from 'node:fs';
      const scratch = createScratch();
      const encode = (value) => {
        msgpackCodec.encode(value, scratch);
        return scratch.buffer.toString('hex', scratch.start, scratch.end);
      };
      console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(encode)));`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module'];
    const output = execFileSync(process.execPath, [...flags, '--eval', script], {
      input: JSON.stringify(values),
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    deepStrictEqual(JSON.parse(output), here);
  });
});
