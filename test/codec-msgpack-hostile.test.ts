import { strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { createScratch } from '../dist/codec/codec.js';
import { msgpackCodec } from '../dist/codec/msgpack.js';
import { v8Codec } from '../dist/codec/v8.js';
import { SerializationError } from '../dist/errors.js';
import { randomFrom, randomValue } from './helpers/codec-random.js';

function decode(bytes: Buffer, codec = msgpackCodec): unknown {
  return codec.decode(bytes, 0, bytes.length);
}

/** Whether the bytes were refused; any other error than the one of our own fails. */
function refuses(bytes: Buffer, codec = msgpackCodec): boolean {
  try {
    decode(bytes, codec);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(SerializationError);
    return true;
  }
}

const hex: Record<string, string> = {
  'no bytes': '',
  'an unknown token': 'c1',
  'a float cut short': 'cb3ff0',
  'text that is cut short': 'a5616263',
  'a part that ends before its length says, where the rest could be the next value': '92d54f0708',
  'text longer than the message': 'dbffffffff61',
  'bytes longer than the message': 'c6ffffffff61',
  'an array longer than the message': 'ddffffffff01',
  'a map longer than the message': 'dfffffffff01',
  'an extension longer than the message': 'c9ffffffff4d80',
  'bytes after the value': '0102',
  'text that is no UTF-8': 'a2c328',
  'long text that is no UTF-8': `d964${'61'.repeat(98)}c328`,
  'an overlong form of a character': 'a2c0af',
  'a surrogate in UTF-8': 'a3eda080',
  'a pointer where none can be': 'd65000000000',
  'a pointer to what is not there': '92d4490091d65000000009',
  'a mark for pointers without a value': '92d44900',
  'a mark for pointers where none can be': '9192d4490001',
  'an unknown extension': 'd47f00',
  'an undefined of two bytes': 'd5000000',
  'a timestamp of two bytes': 'd5ff0000',
  'a bigint without bytes': 'c70042',
  'UTF-16 of an odd length': 'c7035561006200',
  'a binary of an unknown type': 'd5740d00',
  'a Float64Array of three bytes': 'd67408000102',
  'a Set of no array': 'd45301',
  'a Set longer than its extension': 'd553ddffffffff',
  'a Map of no map': 'd44d01',
  'a part shorter than its extension': 'd6539000000000',
  'a regular expression that is none': 'c7065292a25b28a0',
  'an error of an unknown class': 'c7084593a45f5f5f5f8080',
  'an error whose class is a property of every object': `c70f4593ab${Buffer.from('constructor').toString('hex')}8080`,
  'a boxed object': 'd54f9000',
  'a boxed null': 'd44fc0',
  'a handle that is no JSON': 'd4487b',
  'a handle that is no object': 'd44831',
  'a run of holes where no array is': 'd65600000001',
  'a run of holes past the longest array': '92d656ffffffffd656ffffffff',
  'an array with a second length': `c70c419081a6${Buffer.from('length').toString('hex')}05`,
};

describe('decoding msgpack', () => {
  for (const [name, text] of Object.entries(hex)) {
    it(`refuses ${name}`, () => {
      strictEqual(refuses(Buffer.from(text, 'hex')), true);
    });
  }

  it('believes no length that the message has no room for', () => {
    // Found before memory is set aside for it, not by what is left over afterwards.
    for (const lie of [
      'a161',
      'c4ff61',
      'c6ffffffff61',
      'd9ff61',
      'dbffffffff61',
      'dcffff01',
      'ddffffffff01',
      'deffff01',
      'dfffffffff01',
      'c7ff4d80',
      'c9ffffffff4d80',
    ]) {
      const bytes = Buffer.from(lie, 'hex');
      const larger = Buffer.concat([bytes, Buffer.alloc(100_000, 0xc0)]);
      const end = lie === 'a161' ? 1 : bytes.length;
      expect(() => msgpackCodec.decode(larger, 0, end)).toThrow(/too early/);
    }
  });

  it('reads nothing beyond the end that it was given', () => {
    const bytes = Buffer.from('a568656c6c6f', 'hex');
    for (let end = 0; end < bytes.length; end++) {
      expect(() => msgpackCodec.decode(bytes, 0, end)).toThrow(SerializationError);
    }
    strictEqual(msgpackCodec.decode(bytes, 0, bytes.length), 'hello');
  });

  it('refuses nesting that would exhaust the stack, in any form', () => {
    for (const layer of ['91', '81a161', 'c9ffffffff53', '92d44900', 'd84d81', '8101']) {
      expect(() => decode(Buffer.from(layer.repeat(200_000), 'hex'))).toThrow(
        layer.startsWith('c9') || layer === '92d44900' ? SerializationError : /too deeply/,
      );
    }
  });

  it('needs no more memory than the bytes are worth when headers lie', () => {
    // Each of the nested arrays claims all the bytes that are left.
    const bytes = Buffer.alloc(1 << 20, 0xc0);
    for (let at = 0, depth = 0; depth < 1500; depth++, at += 5) {
      bytes[at] = 0xdd;
      bytes.writeUInt32BE(bytes.length - at - 5 - 10, at + 1);
    }
    const before = process.memoryUsage().heapUsed;
    strictEqual(refuses(bytes), true);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
  });

  it('sets no memory aside for holes, however many there are said to be', () => {
    // An array of 200 arrays, each of a hundred million holes and a number.
    const one = Buffer.from('92d65605f5e10001', 'hex');
    const short = Buffer.from('92d656000003e801', 'hex');
    for (const part of [one, short]) {
      const count = part === one ? 200 : 65_535;
      const header = Buffer.of(0xdc, count >> 8, count & 255);
      const before = process.memoryUsage().heapUsed;
      const value = decode(
        Buffer.concat([header, ...Array<Buffer>(count).fill(part)]),
      ) as unknown[][];
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(100e6);
      const holes = part.readUInt32BE(3);
      strictEqual(value[7]?.length, holes + 1);
      strictEqual(value[7][holes], 1);
      strictEqual(0 in value[7], false);
    }
  });

  it('touches no prototype, whatever the keys are', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString']) {
      const name = Buffer.from([0xa0 + key.length, ...Buffer.from(key)]);
      const inner = Buffer.concat([
        Buffer.of(0x81),
        name,
        Buffer.from('81a868617361436f6f6b01', 'hex'),
      ]);
      const value = decode(inner) as Record<string, unknown>;
      strictEqual(Object.hasOwn(value, key), true);
      strictEqual(Object.getPrototypeOf(value), Object.prototype);
      // As a property of an error and of an array, where definition takes another way.
      decode(Buffer.concat([Buffer.from([0xc7, inner.length + 1, 0x41, 0x90]), inner]));
      const error = Buffer.concat([Buffer.from('93a54572726f7280', 'hex'), inner]);
      expect(
        decode(Buffer.concat([Buffer.from([0xc7, error.length, 0x45]), error])),
      ).toBeInstanceOf(Error);
    }
    strictEqual(Object.getOwnPropertyNames(Object.prototype).join(), before);
    strictEqual((Object.prototype as Record<string, unknown>)['hasCook'], undefined);
  });

  it('refuses or gives some value for random bytes', () => {
    const random = randomFrom(1);
    let refused = 0;
    for (let round = 0; round < 30_000; round++) {
      const length = 1 + Math.floor(random() * 60);
      const bytes = Buffer.from(Array.from({ length }, () => random() * 256));
      // Half of them begin with what leads somewhere.
      if (round % 2 === 0) bytes[0] = 0x80 + Math.floor(random() * 32);
      if (refuses(bytes)) refused++;
    }
    expect(refused).toBeGreaterThan(15_000);
  });

  it('refuses or gives some value for messages with damage', () => {
    const random = randomFrom(2);
    const scratch = createScratch();
    for (const codec of [msgpackCodec, v8Codec]) {
      let refused = 0;
      for (let round = 0; round < 3000; round++) {
        codec.encode(randomValue(random, 3), scratch);
        const bytes = Buffer.from(scratch.buffer.subarray(scratch.start, scratch.end));
        for (let i = 1 + Math.floor(random() * 4); i > 0; i--) {
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        }
        const cut = random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length;
        if (refuses(bytes.subarray(0, cut), codec)) refused++;
      }
      expect(refused).toBeGreaterThan(100);
    }
    strictEqual(Object.keys(Object.prototype).length, 0);
  });

  it('works as before after a message was refused', () => {
    refuses(Buffer.from('92d44900918191', 'hex'));
    refuses(Buffer.from('91'.repeat(5000), 'hex'));
    expect(decode(Buffer.from('9281a1610193010203', 'hex'))).toEqual([{ a: 1 }, [1, 2, 3]]);
  });
});
