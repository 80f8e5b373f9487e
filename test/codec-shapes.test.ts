import { deepStrictEqual, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createScratch } from '../dist/codec/codec.js';
import { msgpackCodec } from '../dist/codec/msgpack.js';
import { SerializationError } from '../dist/errors.js';
import { randomFrom, randomValue } from './helpers/codec-random.js';
import { assertSame } from './helpers/codec-same.js';
import { damaged } from './helpers/fuzz.js';

// Objects whose keys came often are read by code made for these keys, and written with the keys' bytes as they were before. Nobody
// may see that: any bytes mean what they mean to a decoder that has met nothing yet, and any object has the bytes that it had.

const scratch = createScratch();

function encode(value: unknown): Buffer {
  msgpackCodec.encode(value, scratch);
  return Buffer.from(scratch.buffer.subarray(scratch.start, scratch.end));
}

function decode(bytes: Buffer, end = bytes.length): unknown {
  return msgpackCodec.decode(bytes, 0, end);
}

/** More often than it takes to learn a shape, whatever came before. */
function teach(value: unknown): void {
  const bytes = encode(value);
  for (let i = 0; i < 2000; i++) decode(bytes);
}

const hex = (text: string) => Buffer.from(text, 'hex');

describe('an object of a shape that came often', () => {
  const usual = { id: 300, v: 0.5, s: 'hello' };

  it('is an ordinary object each time', () => {
    teach(usual);
    const bytes = encode(usual);
    const [one, other] = [decode(bytes), decode(bytes)] as Record<string, unknown>[];
    strictEqual(Object.getPrototypeOf(one), Object.prototype);
    deepStrictEqual(Object.getOwnPropertyDescriptors(one), Object.getOwnPropertyDescriptors(usual));
    deepStrictEqual(Object.keys(one ?? {}), ['id', 'v', 's']);
    Object.assign(one ?? {}, { id: 'changed', more: 1 });
    delete one?.['v'];
    deepStrictEqual(other, usual);
    deepStrictEqual(decode(bytes), usual);
  });

  it('may hold values of any kind in any place', () => {
    teach(usual);
    const random = randomFrom(11);
    for (let i = 0; i < 500; i++) {
      const value = {
        id: randomValue(random, 2),
        v: randomValue(random, 2),
        s: randomValue(random, 2),
      };
      assertSame(decode(encode(value)), value);
      assertSame(decode(encode([value, { ...value }])), [value, { ...value }]);
    }
  });

  it('does not lend its keys to others, whichever of them differs', () => {
    teach(usual);
    const others: Record<string, unknown>[] = [
      { ix: 1, v: 2, s: 3 },
      { id: 1, w: 2, s: 3 },
      { id: 1, v: 2, t: 3 },
      { id: 1, s: 2, v: 3 },
      { id: 1, v: 2 },
      { id: 1, v: 2, s: 3, t: 4 },
      { id: 1, v: 2, longer: 3 },
      { id: 1, 7: 2, s: 3 },
      { id: 1, é: 2, s: 3 },
      { id: 1, ['k'.repeat(50)]: 2, s: 3 },
      { id: { id: 1, v: { id: 2 }, s: { w: 3 } }, w: [], s: 3 },
      JSON.parse('{"id": 1, "__proto__": {"x": 2}, "s": 3}') as Record<string, unknown>,
      JSON.parse('{"id": 1, "v": 2, "__proto__": null}') as Record<string, unknown>,
    ];
    for (const other of others) {
      const result = decode(encode(other)) as object;
      deepStrictEqual(result, other);
      deepStrictEqual(Object.keys(result), Object.keys(other));
      strictEqual(Object.getPrototypeOf(result), Object.prototype);
      deepStrictEqual(decode(encode(usual)), usual);
    }
  });

  it('is known again after others have had its place for long', () => {
    const shapes = [usual, { id: 1, v: 2, x: 3 }, { id: 1, y: 2, s: 3 }, { ie: 1, v: 2, s: 3 }];
    for (let round = 0; round < 3; round++) {
      for (const shape of shapes) {
        teach(shape);
        for (const other of shapes) deepStrictEqual(decode(encode(other)), other);
      }
    }
  });

  it('has keys of any length, which may differ in any place', () => {
    for (const length of [1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 30, 31, 32]) {
      const name = 'abcdefghijklmnopqrstuvwxyzabcdefg'.slice(0, length);
      teach({ [name]: 1, last: 2 });
      teach({ first: 1, [name]: 2 });
      for (let at = 0; at < length; at++) {
        const other = `${name.slice(0, at)}_${name.slice(at + 1)}`;
        deepStrictEqual(decode(encode({ [other]: 1, last: 2 })), { [other]: 1, last: 2 });
        deepStrictEqual(decode(encode({ first: 1, [other]: 2 })), { first: 1, [other]: 2 });
      }
    }
  });

  it('may come thousands of times in one message', () => {
    teach(usual);
    const many = Array.from({ length: 5000 }, (_, id) => ({ id, v: 1, s: id % 3 ? 's' : { id } }));
    deepStrictEqual(decode(encode(many)), many);
  });

  it('keeps its keys in the order in which they came', () => {
    teach({ a: 1, b: 2 });
    teach({ b: 1, a: 2 });
    deepStrictEqual(Object.keys(decode(encode({ a: 1, b: 2 })) as object), ['a', 'b']);
    deepStrictEqual(Object.keys(decode(encode({ b: 1, a: 2 })) as object), ['b', 'a']);
  });

  it('may be met twice, or be a part of itself', () => {
    teach(usual);
    teach({ usual, more: usual });
    const cycle: Record<string, unknown> = { id: 1, v: 2 };
    cycle['s'] = cycle;
    const value = { usual, more: usual, cycle };
    const result = decode(encode(value)) as typeof value;
    strictEqual(result.usual, result.more);
    strictEqual(result.cycle['s'], result.cycle);
    deepStrictEqual(decode(encode([usual, { ...usual }])), [usual, usual]);
  });

  it('with names that would be code, or another object, is what it was', () => {
    for (const key of [
      '__proto__',
      'constructor',
      'toString',
      'a"b',
      "a'b",
      'a\\b',
      'a`$b',
      'a\nb',
      '0',
      '-1',
      '',
      ' ',
      '\u2028',
      'var',
      'reader',
      'v0',
    ]) {
      const value = JSON.parse(`{${JSON.stringify(key)}: 1, "b": {"x": 2}}`) as object;
      teach(value);
      const result = decode(encode(value)) as object;
      deepStrictEqual(result, value);
      deepStrictEqual(Object.keys(result), Object.keys(value));
      strictEqual(Object.getPrototypeOf(result), Object.prototype);
    }
    strictEqual(({} as Record<string, unknown>)['x'], undefined);
  });

  it('of a dictionary, of which there is no end, is read as well', () => {
    for (let i = 0; i < 20_000; i++) {
      const value = { [`k${i % 700}`]: i, [`l${i % 300}`]: 1 };
      deepStrictEqual(decode(encode(value)), value);
    }
  });
});

describe('bytes that begin as a shape that came often', () => {
  it('are refused wherever they end too early, and nothing behind their end is read', () => {
    const value = { id: 300, v: 0.5, name: 'hello', nested: { id: 1, v: 2, s: 3 } };
    teach(value);
    const bytes = encode(value);
    const more = Buffer.concat([bytes, bytes]);
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decode(more, end)).toThrow(SerializationError);
      expect(() => decode(Buffer.from(bytes.subarray(0, end)))).toThrow(SerializationError);
    }
    deepStrictEqual(decode(bytes), value);
  });

  it('may name a key twice, or have one that is no string', () => {
    teach({ a: 1, b: 2 });
    deepStrictEqual(decode(hex('82a16101a16102')), { a: 2 });
    deepStrictEqual(
      decode(hex('82a161010502')),
      new Map<unknown, unknown>([
        ['a', 1],
        [5, 2],
      ]),
    );
    for (let i = 0; i < 2000; i++) deepStrictEqual(decode(hex('82a16301a16302')), { c: 2 });
  });

  it('nest no deeper than others', () => {
    teach({ a: { a: 1 } });
    expect(() => decode(hex('81a161'.repeat(100_000)))).toThrow(/too deeply/);
    deepStrictEqual(decode(hex('81a16181a16105')), { a: { a: 5 } });
  });

  it('mean what they mean where no code may be made', () => {
    // Some good, most of them damaged. The other process knows no shape and cannot learn one.
    const random = randomFrom(3);
    const shapes = [
      (i: number) => ({ id: i, v: i / 2, s: `s${i % 7}` }),
      (i: number) => ({ id: i, v: i / 2, t: i }),
      (i: number) => ({ type: 'move', at: { x: i, y: -i }, tags: ['a', 'b'] }),
    ];
    for (const shape of shapes) teach(shape(5));
    const messages = Array.from({ length: 3000 }, (_, i) => {
      const [one, other] = [shapes[i % 3]?.(i), shapes[(i + 1) % 3]?.(i)];
      return i % 10 === 0 ? encode(one) : damaged(random, encode(one), encode(other));
    });
    const here = messages.map(meaning);
    const script = `
      import { msgpackCodec } from ${JSON.stringify(new URL('../dist/codec/msgpack.js', import.meta.url).href)};
      import { inspect } from 'node:util';
      import { readFileSync } from 'node:fs';
      ${meaning.toString()}
      const decode = (bytes) => msgpackCodec.decode(bytes, 0, bytes.length);
      const messages = JSON.parse(readFileSync(0, 'utf8')).map((text) => Buffer.from(text, 'hex'));
      console.log(JSON.stringify(messages.map(meaning)));`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module'];
    const output = execFileSync(process.execPath, [...flags, '--eval', script], {
      input: JSON.stringify(messages.map((bytes) => bytes.toString('hex'))),
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    deepStrictEqual(here, JSON.parse(output));
    expect(here.filter((text) => text.startsWith('refused')).length).toBeGreaterThan(300);
    expect(here.filter((text) => !text.startsWith('refused')).length).toBeGreaterThan(300);
  });
});

function meaning(bytes: Buffer): string {
  try {
    const value = decode(bytes);
    return `${JSON.stringify(value)} ${String(value)}`;
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

describe('the keys of an object', () => {
  /** What a flat object of small numbers is in MessagePack, written down here once more. */
  function plainly(value: Readonly<Record<string, number>>): Buffer {
    const parts = [Buffer.of(0x80 | Object.keys(value).length)];
    for (const [key, number] of Object.entries(value)) {
      const text = Buffer.from(key);
      parts.push(Buffer.of(...(text.length < 32 ? [0xa0 | text.length] : [0xd9, text.length])));
      parts.push(text, Buffer.of(number));
    }
    return Buffer.concat(parts);
  }

  it('have the same bytes however often they came, and whatever came between', () => {
    const random = randomFrom(8);
    const letters = ['a', 'b', 'é', '☃', '😀', '0'];
    const key = () => {
      const length = Math.floor(random() * 20);
      let text = '';
      // Many share their length, their first character and their last one.
      for (let i = 0; i < length; i++) {
        const edge = i === 0 || i === length - 1;
        text += edge || random() < 0.8 ? 'a' : letters[Math.floor(random() * letters.length)];
      }
      return text;
    };
    const names = Array.from({ length: 60 }, key);
    for (let round = 0; round < 20_000; round++) {
      const count = Math.floor(random() * 6);
      const first = Math.floor(random() * names.length);
      const picked = Array.from({ length: count }, (_, i) =>
        random() < 0.7 ? names[(first + i) % names.length] : names[Math.floor(random() * 60)],
      );
      const value = Object.fromEntries(picked.map((name, i) => [name, i]));
      expect(encode(value).equals(plainly(value))).toBe(true);
    }
  });

  it('are its own ones only, in their order, also where it changes while it is read', () => {
    const inherited = Object.create({ inherited: 1 }) as Record<string, unknown>;
    Object.assign(inherited, { a: 1, b: 2 });
    const changing = {
      a: 1,
      get b() {
        delete (this as Record<string, unknown>)['c'];
        return 2;
      },
      c: 3,
      toJSON: 4,
    };
    for (let i = 0; i < 300; i++) {
      deepStrictEqual(decode(encode({ a: 1, b: 2, c: undefined })), { a: 1, b: 2, c: undefined });
      deepStrictEqual(decode(encode(inherited)), { a: 1, b: 2 });
      deepStrictEqual(decode(encode({ b: 1, 5: 2, a: 3 })), { 5: 2, b: 1, a: 3 });
      deepStrictEqual(
        decode(encode(Object.create(null, { a: { value: 1, enumerable: true }, b: { value: 2 } }))),
        { a: 1 },
      );
    }
    deepStrictEqual(decode(encode(changing)), { a: 1, b: 2, toJSON: 4 });
    deepStrictEqual(decode(encode({ ...changing, c: 3 })), { a: 1, b: 2, c: 3, toJSON: 4 });
  });

  it('are written where there is room for them, however full the buffer is', () => {
    const value = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`key of ${i}`, i]));
    const expected = plainly(value);
    for (let size = 33; size < 300; size++) {
      const narrow = createScratch(size);
      for (let i = 0; i < 3; i++) {
        msgpackCodec.encode(value, narrow);
        expect(narrow.buffer.subarray(narrow.start, narrow.end).equals(expected)).toBe(true);
      }
    }
  });
});
