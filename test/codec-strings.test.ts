import { deepStrictEqual, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { createScratch } from '../dist/codec/codec.js';
import { msgpackCodec } from '../dist/codec/msgpack.js';

const scratch = createScratch();

function encode(value: unknown): Buffer {
  msgpackCodec.encode(value, scratch);
  return Buffer.from(scratch.buffer.subarray(scratch.start, scratch.end));
}

/** MessagePack's form of a string, written down here once more. */
function plainly(text: string): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  return Buffer.concat([Buffer.of(...(length < 32 ? [0xa0 | length] : [0xd9, length])), bytes]);
}

/** Of every length, with one character of every width at every place. */
function* texts(): Generator<string> {
  const ascii = 'abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (let length = 0; length <= ascii.length; length++) {
    const text = ascii.slice(0, length);
    yield text;
    for (const other of ['\0', '\x7f', '\x80', 'é', 'ā', '☃', '😀']) {
      for (let at = 0; at < length; at++) yield text.slice(0, at) + other + text.slice(at + 1);
    }
  }
}

describe('a string', () => {
  it('is UTF-8 with its length, whatever its length and its characters are', () => {
    for (const text of texts()) {
      const expected = plainly(text);
      deepStrictEqual(encode(text), expected);
      // With nothing behind it, and with something.
      strictEqual(msgpackCodec.decode(expected, 0, expected.length), text);
      const more = Buffer.concat([Buffer.alloc(3, 0xff), expected, Buffer.alloc(40, 0xff)]);
      strictEqual(msgpackCodec.decode(more, 3, 3 + expected.length), text);
    }
  });

  it('arrives where no code may be made', () => {
    const some = [...texts()].filter((_, i) => i % 7 === 0);
    const script = `
      import { msgpackCodec } from ${JSON.stringify(new URL('../dist/codec/msgpack.js', import.meta.url).href)};
      import { readFileSync } from 'node:fs';
      const decode = (hex) => msgpackCodec.decode(Buffer.from(hex, 'hex'), 0, hex.length / 2);
      console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(decode)));`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module'];
    const output = execFileSync(process.execPath, [...flags, '--eval', script], {
      input: JSON.stringify(some.map((text) => encode(text).toString('hex'))),
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    deepStrictEqual(JSON.parse(output), some);
  });
});

describe('a small buffer', () => {
  it('is a copy, whatever its length is', () => {
    for (let length = 0; length < 80; length++) {
      const value = Buffer.from(Array.from({ length }, (_, i) => 255 - i));
      const bytes = encode([value]);
      const [read] = msgpackCodec.decode(bytes, 0, bytes.length) as [Buffer];
      bytes.fill(0);
      deepStrictEqual(read, value);
    }
  });
});

describe('a timestamp', () => {
  it('has 34 bits of seconds and 30 of nanoseconds, to the last of them', () => {
    const times = [1, 999, 1001, 2 ** 32 * 1000 - 1, 2 ** 32 * 1000, 2 ** 32 * 1000 + 1];
    times.push(2 ** 33 * 1000 + 999, (2 ** 34 - 1) * 1000, (2 ** 34 - 1) * 1000 + 999);
    for (const time of times) {
      const expected = Buffer.from('d7ff0000000000000000', 'hex');
      const nanoseconds = BigInt(time % 1000) * 1_000_000n;
      expected.writeBigUInt64BE((nanoseconds << 34n) | BigInt(Math.floor(time / 1000)), 2);
      const date = new Date(time);
      deepStrictEqual(encode(date), expected);
      deepStrictEqual(msgpackCodec.decode(expected, 0, expected.length), date);
    }
  });
});
