import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { SharedArray } from '../dist/index.js';
import { failure } from './helpers/segments.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("a 'c' array", () => {
  it('begins as bytes, or as zeros', () => {
    using bytes = new SharedArray('c', Buffer.from('hello'));
    strictEqual(bytes.length, 5);
    deepStrictEqual(bytes.value, Buffer.from('hello'));
    deepStrictEqual(bytes.raw, Buffer.from('hello'));
    using zeros = new SharedArray('c', 3);
    deepStrictEqual(zeros.value, Buffer.alloc(0));
    deepStrictEqual(zeros.raw, Buffer.alloc(3));
    using listed = new SharedArray('c_char', [65, Buffer.from('B')]);
    deepStrictEqual(listed.value, Buffer.from('AB'));
    using viewed = new SharedArray('c', new Uint16Array([0x4241]));
    deepStrictEqual(viewed.raw, Buffer.from('AB'));
  });

  it('has a value up to the first NUL, and raw bytes behind it', () => {
    using array = new SharedArray('c', 8);
    array.value = Buffer.from('abcdef');
    deepStrictEqual(array.value, Buffer.from('abcdef'));
    // As in Python: a shorter value ends with one NUL, what is behind stays.
    array.value = Buffer.from('xy');
    deepStrictEqual(array.value, Buffer.from('xy'));
    deepStrictEqual(array.raw, Buffer.from('xy\0def\0\0'));
    array.value = Buffer.alloc(0);
    deepStrictEqual(array.raw, Buffer.from('\0y\0def\0\0'));
    array.value = Buffer.from('a\0b');
    deepStrictEqual(array.value, Buffer.from('a'));
    deepStrictEqual(array.raw, Buffer.from('a\0b\0ef\0\0'));
  });

  it('takes a value of exactly its length, without a NUL, and none longer', () => {
    using array = new SharedArray('c', 3);
    array.value = Buffer.from('abc');
    deepStrictEqual(array.value, Buffer.from('abc'));
    expect(() => (array.value = Buffer.from('abcd'))).toThrow(code('ERR_OUT_OF_RANGE'));
    expect(() => (array.raw = Buffer.from('abcd'))).toThrow(code('ERR_OUT_OF_RANGE'));
    strictEqual(failure(() => (array.value = Buffer.alloc(9))).message.includes('3 bytes'), true);
    deepStrictEqual(array.raw, Buffer.from('abc'));
  });

  it('takes raw bytes as they are, and leaves what lies behind them', () => {
    using array = new SharedArray('c', Buffer.from('abcdef'));
    array.raw = Buffer.from('x\0');
    deepStrictEqual(array.raw, Buffer.from('x\0cdef'));
    array.raw = new Uint8Array([1]) as Buffer;
    strictEqual(array[0], 1);
  });

  it('takes bytes and no text', () => {
    using array = new SharedArray('c', 4);
    for (const bad of ['text', 5, null, undefined, [65], {}]) {
      expect(() => (array.value = bad as never)).toThrow(code('ERR_INVALID_ARG_TYPE'));
      expect(() => (array.raw = bad as never)).toThrow(code('ERR_INVALID_ARG_TYPE'));
    }
    array.value = new DataView(new ArrayBuffer(1)) as never;
    deepStrictEqual(array.value, Buffer.alloc(0));
  });

  it('gives copies', () => {
    using array = new SharedArray('c', Buffer.from('abc'));
    (array.value as Buffer)[0] = 0;
    (array.raw as Buffer)[0] = 0;
    deepStrictEqual(array.raw, Buffer.from('abc'));
  });

  it('survives being assigned a part of itself', () => {
    using array = new SharedArray('c', Buffer.from('abcdef'));
    array.value = array.subarray(2, 5) as never;
    deepStrictEqual(array.raw, Buffer.from('cde\0ef'));
  });
});

describe("a 'u' array", () => {
  it('is text, one element for each code point', () => {
    using array = new SharedArray('u', 'hé😀');
    strictEqual(array.length, 3);
    strictEqual(array.value, 'hé😀');
    strictEqual(array[2] as unknown, 0x1f600);
    array.value = 'x';
    strictEqual(array.value, 'x');
    strictEqual(array[1] as unknown, 0);
    array.value = '😀😀😀';
    strictEqual(array.value, '😀😀😀');
    expect(() => (array.value = 'four')).toThrow(code('ERR_OUT_OF_RANGE'));
    expect(() => (array.value = Buffer.from('x'))).toThrow(code('ERR_INVALID_ARG_TYPE'));
    strictEqual(array.raw, undefined);
    expect(() => (array.raw = Buffer.from('x'))).toThrow(code('ERR_INVALID_ARG_TYPE'));
    strictEqual(array.value, '😀😀😀');
  });

  it('reads what is no code point as the replacement character', () => {
    using array = new SharedArray('u', 2);
    (array as unknown as Uint32Array).set([0x110000, 65]);
    strictEqual(array.value, '\ufffdA');
  });
});

describe('an array of another type', () => {
  it('has no value and no raw bytes, and refuses their assignment', () => {
    using array = new SharedArray('i', 1);
    strictEqual(array.value, undefined);
    strictEqual(array.raw, undefined);
    expect(() => (array.value = Buffer.of(1))).toThrow(code('ERR_INVALID_ARG_TYPE'));
    expect(() => (array.raw = Buffer.of(1))).toThrow(code('ERR_INVALID_ARG_TYPE'));
    strictEqual(array[0], 0);
  });
});
