import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Codec, createScratch, setSharedHooks } from '../dist/codec/codec.js';
import { jsonCodec } from '../dist/codec/json.js';
import { msgpackCodec } from '../dist/codec/msgpack.js';
import { v8Codec } from '../dist/codec/v8.js';
import { SerializationError } from '../dist/errors.js';
import { randomValue } from './helpers/codec-random.js';
import { damaged, fuzzed, fuzzTimeout } from './helpers/fuzz.js';

// A handle in a message is for attach() to judge (test/rights-names.test.ts, test/rights-owner.test.ts): here it is any object.
setSharedHooks({
  isShared: () => false,
  toHandle: (value) => value,
  fromHandle: (handle) => ({ handle }),
});

const scratch = createScratch();

function encoded(codec: Codec, value: unknown): Buffer | undefined {
  try {
    codec.encode(value, scratch);
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
  return Buffer.from(scratch.buffer.subarray(scratch.start, scratch.end));
}

/** V8 makes room for as many places as a sparse array is said to have, up to 32 M of 8 bytes: its own codec cannot know better. */
const sparseMost = 2 ** 25 * 8;
const sparseTag = 'a'.charCodeAt(0);

/** More than this no message may take, in bytes. */
function memoryFor(codec: Codec, bytes: Buffer): number {
  const sparse = codec === v8Codec ? bytes.filter((byte) => byte === sparseTag).length : 0;
  return 64e6 + sparse * sparseMost;
}

/** Decodes in bounded time and memory. What the bytes mean; nothing where they were refused. */
function decoded(codec: Codec, bytes: Buffer): { value: unknown } | undefined {
  const memory = process.memoryUsage();
  const began = performance.now();
  let result: { value: unknown } | undefined;
  try {
    result = { value: codec.decode(bytes, 0, bytes.length) };
  } catch (error) {
    if (!(error instanceof SerializationError)) {
      throw new Error(`${inspect(error)} of ${bytes.toString('hex')}`, { cause: error });
    }
  }
  const after = process.memoryUsage();
  // A garbage collection in between only lowers them.
  const grown = [after.heapUsed - memory.heapUsed, after.arrayBuffers - memory.arrayBuffers];
  const took = performance.now() - began;
  if (Math.max(...grown) > memoryFor(codec, bytes) || took > 5000)
    throw new Error(`${grown.join(' and ')} bytes in ${took} ms for ${bytes.toString('hex')}`);
  return result;
}

describe.each([msgpackCodec, v8Codec, jsonCodec])('the codec $name', (codec) => {
  it('makes a value or a SerializationError of any bytes, in bounded time and memory', {
    timeout: fuzzTimeout,
  }, () => {
    let whole = 0;
    let refused = 0;
    fuzzed(8000, (random) => {
      const bytes = encoded(codec, randomValue(random, 3));
      const other = encoded(codec, randomValue(random, 2)) ?? Buffer.of(0xdd, 0xff, 0xff, 0xff);
      if (bytes === undefined) return;
      const result = decoded(codec, damaged(random, bytes, other));
      if (result === undefined) {
        refused++;
        return;
      }
      whole++;
      // What came out is a value like any other.
      const again = encoded(codec, result.value);
      if (again !== undefined) expect(decoded(codec, again)).toBeDefined();
    });
    expect(Math.min(whole, refused)).toBeGreaterThan(100);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
