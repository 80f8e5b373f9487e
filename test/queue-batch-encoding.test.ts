import { deepStrictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { createScratch } from '../dist/codec/codec.js';
import { resolveCodec } from '../dist/codec/resolve.js';
import {
  type CodecOption,
  c_double,
  c_int32,
  Queue,
  SerializationError,
  struct,
} from '../dist/index.js';
import { randomFrom, randomValue } from './helpers/codec-random.js';
import { assertSame } from './helpers/codec-same.js';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';

// A batch is encoded one message straight behind the other, and bare bytes are copied for many messages at a time. Nobody may see
// that: every message has the bytes that it has alone.

const random = randomFrom(5);
const bytesOf = (length: number) => Buffer.alloc(length, random() * 256);

/** Each loses nothing of what it is given here. */
const codecs: Readonly<Record<string, { codec: CodecOption; values(count: number): unknown[] }>> = {
  msgpack: {
    codec: 'msgpack',
    values: (count) => Array.from({ length: count }, () => twice(randomValue(random, 3))),
  },
  v8: {
    codec: 'v8',
    values: (count) => Array.from({ length: count }, (_, n) => twice({ n, s: 'x'.repeat(n % 50) })),
  },
  json: {
    codec: 'json',
    values: (count) => Array.from({ length: count }, (_, n) => ({ n, s: 'ä€' })),
  },
  raw: {
    codec: 'raw',
    values: (count) => Array.from({ length: count }, () => bytesOf(random() * 300)),
  },
  struct: {
    codec: struct({ n: c_int32, x: c_double }),
    values: (count) => Array.from({ length: count }, (_, n) => ({ n, x: n / 3 })),
  },
  custom: {
    codec: {
      encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
      decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as unknown,
    },
    values: (count) => Array.from({ length: count }, (_, n) => [n, 'own']),
  },
};

/** Some of the values hold an object twice, which a message marks at its very beginning. */
function twice(value: unknown): unknown {
  return random() < 0.3 ? [value, [value]] : value;
}

describe('a batch of messages', () => {
  for (const [name, { codec: option, values }] of Object.entries(codecs)) {
    it(`has the bytes that each of them has alone, with ${name}`, () => {
      const codec = resolveCodec(option);
      const alone = createScratch();
      const batch = createScratch(64);
      const expected: Buffer[] = [];
      for (const value of values(200)) {
        codec.encode(value, alone);
        expected.push(Buffer.from(alone.buffer.subarray(alone.start, alone.end)));
        codec.encode(value, batch);
        expect(batch.start).toBe(batch.from);
        batch.from = batch.end;
      }
      expect(Buffer.concat(expected).equals(batch.buffer.subarray(0, batch.end))).toBe(true);
    });

    it(`arrives as what was put, however it is taken, with ${name}`, async () => {
      const queue = own(new Queue<unknown>({ codec: option, capacity: 4 << 20 }));
      for (const portion of [1, 2, 7, 100]) {
        const items = values(250);
        await queue.putMany(items);
        const taken: unknown[] = [];
        while (taken.length < items.length) taken.push(...(await queue.getMany(portion)));
        assertSame(taken, items);
      }
    });
  }

  it('that one of its items refuses leaves nothing behind for the next', async () => {
    const queue = own(new Queue<unknown>());
    await rejects(
      queue.putMany(['x'.repeat(100_000), { f: () => 1 }]),
      SerializationError,
      'ERR_NOT_SERIALIZABLE',
    );
    await queue.putMany([1, 2]);
    expect(await queue.getMany(3)).toEqual([1, 2]);
  });

  for (const codec of ['msgpack', 'json', 'v8'] as const) {
    it(`whose items put batches themselves spoils neither, with ${codec}`, async () => {
      const queue = own(new Queue<unknown>({ codec }));
      const other = own(new Queue<unknown>({ codec }));
      const item = (n: number) => ({
        n,
        get nested() {
          other.putManySync(Array.from({ length: 5 }, (_, k) => `${n}-${k}-${'y'.repeat(n * 10)}`));
          other.putSync('alone');
          return other.getManySync(3).length;
        },
      });
      await queue.putMany(Array.from({ length: 20 }, (_, n) => item(n)));
      deepStrictEqual(
        await queue.getMany(100),
        Array.from({ length: 20 }, (_, n) => ({ n, nested: 3 })),
      );
      // A codec may read a getter more than once.
      expect(other.qsize()).toBeGreaterThanOrEqual(60);
    });
  }
});

describe('a batch', () => {
  it('holds what the array held when it was given, though a getter makes the array longer', async () => {
    const queue = own(new Queue<unknown>());
    const items: object[] = [{ n: 1 }, { n: 3 }];
    items.splice(1, 0, {
      get n() {
        items.push({ n: 4 });
        return 2;
      },
    });
    await queue.putMany(items);
    deepStrictEqual(await queue.getMany(10), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('whose codec receives other messages while it decodes loses none of its own', async () => {
    const other = own(new Queue<unknown>());
    const codec = {
      encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
      decode(bytes: Uint8Array): unknown {
        other.putManySync(['x'.repeat(50), 'y'.repeat(70)]);
        deepStrictEqual(other.getManySync(2), ['x'.repeat(50), 'y'.repeat(70)]);
        const value: unknown = JSON.parse(Buffer.from(bytes).toString());
        if (value === 'bad') throw new Error('bad');
        return value;
      },
    };
    const queue = own(new Queue<unknown>({ codec }));
    const items = Array.from({ length: 20 }, (_, n) => `item ${n}`);
    await queue.putMany(items);
    deepStrictEqual(await queue.getMany(30), items);
    await queue.putMany(['one', 'bad', 'two', 'three']);
    deepStrictEqual(await queue.getMany(10), ['one']);
    await rejects(queue.get(), SerializationError, 'ERR_NOT_SERIALIZABLE');
    deepStrictEqual([await queue.get(), await queue.get()], ['two', 'three']);
  });

  for (const codec of ['msgpack', struct({ n: c_int32 })] as const) {
    const name = typeof codec === 'string' ? codec : 'a struct';
    it(`in which one is no message of ${name} gives what is before it`, () => {
      const good = createScratch();
      const resolved = resolveCodec(codec);
      resolved.encode({ n: 7 }, good);
      const bytes = Buffer.from(good.buffer.subarray(good.start, good.end));
      const items: unknown[] = new Array(4);
      const batch = Buffer.concat([bytes, bytes, Buffer.of(0xc1), bytes]);
      const sizes = Uint32Array.of(bytes.length, bytes.length, 1, bytes.length);
      expect(() => resolved.decodeMany?.(batch, sizes, 4, items)).toThrow(
        /is no record|are no MessagePack/,
      );
      deepStrictEqual(items, [{ n: 7 }, { n: 7 }]);
    });
  }
});

describe('bare bytes that came together', () => {
  it('are buffers of their own: who writes into one changes no other', async () => {
    const queue = own(new Queue<Buffer>({ codec: 'raw' }));
    const sent = [3, 0, 5000, 5000, 64, 20_000, 1].map((length, n) => Buffer.alloc(length, n + 1));
    await queue.putMany(sent);
    const taken = await queue.getMany(10);
    deepStrictEqual(taken, sent);
    for (const [n, one] of taken.entries()) {
      one.fill(255);
      deepStrictEqual(taken.slice(n + 1), sent.slice(n + 1));
    }
    await queue.putMany(sent);
    deepStrictEqual(await queue.getMany(10), sent);
  });

  it('keep no more memory alive than those of a pool of Node.js do', async () => {
    const queue = own(new Queue<Buffer>({ codec: 'raw' }));
    await queue.putMany(Array.from({ length: 500 }, () => Buffer.alloc(100)));
    for (const one of await queue.getMany(500))
      expect(one.buffer.byteLength).toBeLessThanOrEqual(8192);
  });
});
