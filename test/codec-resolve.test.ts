import { deepStrictEqual, strictEqual } from 'node:assert';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { type Codec, createScratch } from '../dist/codec/codec.js';
import { codecById, resolveCodec } from '../dist/codec/resolve.js';
import { SerializationError } from '../dist/errors.js';
import { assertSame } from './helpers/codec-same.js';

const scratch = createScratch(16);

function bytesOf(value: unknown, codec: Codec = resolveCodec(undefined)): Buffer {
  codec.encode(value, scratch);
  return Buffer.from(scratch.buffer.subarray(scratch.start, scratch.end));
}

describe('a codec', () => {
  it('is found by its name and by its id', () => {
    deepStrictEqual(
      ['raw', 'msgpack', 'v8', 'json'].map((name) => [
        resolveCodec(name).id,
        resolveCodec(name).name,
      ]),
      [
        [0, 'raw'],
        [1, 'msgpack'],
        [2, 'v8'],
        [3, 'json'],
      ],
    );
    for (const id of [0, 1, 2, 3]) strictEqual(codecById(id)?.id, id);
    strictEqual(codecById(255), undefined);
    strictEqual(codecById(4), undefined);
    strictEqual(resolveCodec(undefined).name, 'msgpack');
  });

  it('of another name is a RangeError, and what is none a TypeError', () => {
    expect(() => resolveCodec('pickle')).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
    for (const codec of [1, null, {}, { encode() {} }, () => 1]) {
      expect(() => resolveCodec(codec)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      );
    }
  });

  it('of the caller gets and gives bytes of its own', () => {
    const kept: Uint8Array[] = [];
    const codec = resolveCodec({
      encode: (value: string) => Buffer.from(value, 'latin1'),
      decode: (bytes: Uint8Array) => {
        kept.push(bytes);
        return Buffer.from(bytes).toString('latin1');
      },
    });
    strictEqual(codec.id, 255);
    codec.encode('héllo', scratch);
    strictEqual(codec.decode(scratch.buffer, scratch.start, scratch.end), 'héllo');
    scratch.buffer.fill(0);
    strictEqual(Buffer.from(kept[0] as Uint8Array).toString('latin1'), 'héllo');
  });

  it('of the caller that fails is a SerializationError with its error as cause', () => {
    const cause = new Error('mine');
    const codec = resolveCodec({
      encode() {
        throw cause;
      },
      decode() {
        throw cause;
      },
    });
    expect(() => codec.encode(1, scratch)).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SERIALIZABLE', cause }),
    );
    expect(() => codec.decode(Buffer.alloc(1), 0, 1)).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SERIALIZABLE', cause }),
    );
    const wrong = resolveCodec({ encode: () => 'text' as never, decode: () => 1 });
    expect(() => wrong.encode(1, scratch)).toThrow(SerializationError);
  });

  it('named raw gives a Buffer for every kind of bytes', () => {
    const raw = resolveCodec('raw');
    const bytes = Uint8Array.of(1, 2, 3, 4);
    for (const value of [bytes, Buffer.from(bytes), bytes.buffer, new DataView(bytes.buffer)]) {
      raw.encode(value, scratch);
      const result = raw.decode(scratch.buffer, scratch.start, scratch.end);
      deepStrictEqual(result, Buffer.from([1, 2, 3, 4]));
    }
    deepStrictEqual(bytesOf(new Uint8Array(bytes.buffer, 1, 2), raw), Buffer.from([2, 3]));
    deepStrictEqual(bytesOf(Buffer.alloc(100_000, 5), raw), Buffer.alloc(100_000, 5));
    strictEqual(bytesOf(Buffer.alloc(0), raw).length, 0);
  });

  it('named json keeps what JSON can say, and calls no toJSON', () => {
    const json = resolveCodec('json');
    class Point {
      x = 1;
      toJSON() {
        return 'never';
      }
    }
    const value = { a: [1, 'é\ud800', null, true], __proto__x: {}, p: new Point() };
    const own = JSON.parse('{"__proto__": {"a": 1}}');
    deepStrictEqual(json.decode(bytesOf(value, json), 0, scratch.end), { ...value, p: { x: 1 } });
    deepStrictEqual(json.decode(bytesOf(own, json), 0, scratch.end), own);
    expect(() => json.decode(Buffer.from('{"a":'), 0, 5)).toThrow(SerializationError);
  });
});

describe('the bytes of msgpack', () => {
  const plain = {
    id: 1,
    v: 2.5,
    s: 'hello',
    list: [1, -1, 300, -300, 1e5, -1e5, 4e9, 1e300, null, true],
    nested: { é: '☃'.repeat(60) },
    b: Buffer.from([1, 2]),
    n: 2n ** 63n,
    d: new Date(1234567890123),
  };

  it('are plain MessagePack that others read, where the value allows', () => {
    assertSame(new Unpackr({ useRecords: false }).unpack(bytesOf(plain)), plain);
  });

  it('may come from another writer', () => {
    const bytes = new Packr({ useRecords: false }).pack(plain);
    assertSame(resolveCodec(undefined).decode(bytes, 0, bytes.length), plain);
  });

  it('are those of the specification', () => {
    const vectors: [unknown, string][] = [
      [null, 'c0'],
      [false, 'c2'],
      [true, 'c3'],
      [0, '00'],
      [127, '7f'],
      [128, 'cc80'],
      [-1, 'ff'],
      [-32, 'e0'],
      [-33, 'd0df'],
      [256, 'cd0100'],
      [65536, 'ce00010000'],
      [-129, 'd1ff7f'],
      [-32769, 'd2ffff7fff'],
      [1.5, 'cb3ff8000000000000'],
      [-0, 'cb8000000000000000'],
      ['', 'a0'],
      ['abc', 'a3616263'],
      [Buffer.from('a'), 'c40161'],
      [[], '90'],
      [[1, 2], '920102'],
      [{}, '80'],
      [{ a: 1 }, '81a16101'],
      [5n, 'd30000000000000005'],
      [undefined, 'd40000'],
      [new Date(1000), 'd6ff00000001'],
      [new Map([[1, 2]]), '810102'],
    ];
    for (const [value, hex] of vectors) strictEqual(bytesOf(value).toString('hex'), hex);
  });

  it('of a map with other keys than strings become a Map, of strings an object', () => {
    const { decode } = resolveCodec(undefined);
    const from = (hex: string) => decode(Buffer.from(hex, 'hex'), 0, hex.length / 2);
    deepStrictEqual(
      from('8201a16102a162'),
      new Map([
        [1, 'a'],
        [2, 'b'],
      ]),
    );
    deepStrictEqual(
      from('82a1610102a162'),
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 'b'],
      ]),
    );
    deepStrictEqual(from('819201020a'), new Map([[[1, 2], 10]]));
    deepStrictEqual(from('81d901610a'), { a: 10 });
    deepStrictEqual(from('ca3fc00000'), 1.5);
  });
});
