import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { isPending } from './helpers/time.js';

const MiB = 1024 * 1024;

/** Bytes whose place can be told from their value. */
function pattern(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++)
    bytes[index] = (index * 31 + (index >> 8) + seed) & 255;
  return bytes;
}

describe('an item of any size', () => {
  it('goes into an empty queue, however small its capacity, without a reader', () => {
    const queue = own(new Queue<Buffer>({ capacity: 4096, codec: 'raw' }));
    for (const size of [4096, 65_537, 64 * MiB]) {
      const item = pattern(size, size);
      queue.putNowait(item);
      expect(queue.qsize()).toBe(1);
      expect(queue.getNowait().equals(item)).toBe(true);
    }
  });

  it('arrives whole at every size around the limits of records and pages', async () => {
    const queue = own(new Queue<Buffer>({ capacity: 8192, codec: 'raw' }));
    const limits = [0, 8, 1024, 2048, 4096, 8192, 65_536, 131_072];
    for (const limit of limits) {
      for (let size = Math.max(0, limit - 17); size <= limit + 17; size++) {
        const item = pattern(size, limit);
        await queue.put(item);
        expect((await queue.get()).equals(item)).toBe(true);
      }
    }
  });

  it('waits while another large one is there, and comes behind it', async () => {
    const queue = own(new Queue<Buffer>({ capacity: 4096, codec: 'raw' }));
    const first = pattern(3 * MiB, 1);
    const second = pattern(4 * MiB, 2);
    queue.putSync(first);
    const put = queue.put(second);
    expect(await isPending(put)).toBe(true);
    expect((await queue.get()).equals(first)).toBe(true);
    await put;
    expect((await queue.get()).equals(second)).toBe(true);
  });

  it('keeps its place among small ones', async () => {
    const queue = own(new Queue<Buffer>({ capacity: 65_536, codec: 'raw' }));
    const items = Array.from({ length: 90 }, (_, n) => pattern(n % 9 === 4 ? 50_000 : n, n));
    const puts = items.map((item) => queue.put(item));
    for (const item of items) expect((await queue.get()).equals(item)).toBe(true);
    await Promise.all(puts);
  });

  it('may be an object of many parts', async () => {
    const queue = own(new Queue<unknown>({ capacity: 4096 }));
    const item = {
      text: 'x'.repeat(2 * MiB),
      list: Array.from({ length: 20_000 }, (_, n) => ({ n })),
    };
    await queue.put(item);
    const arrived = (await queue.get()) as typeof item;
    expect(arrived.text === item.text).toBe(true);
    expect(JSON.stringify(arrived.list) === JSON.stringify(item.list)).toBe(true);
  });

  it('does not change when its buffer is changed after a put that waits', async () => {
    const queue = own(new Queue<Buffer>({ maxsize: 1, codec: 'raw' }));
    queue.putSync(Buffer.from('first'));
    const bytes = Buffer.from('second');
    const put = queue.put(bytes);
    bytes.fill('x');
    expect(queue.getSync().toString()).toBe('first');
    await put;
    expect(queue.getSync().toString()).toBe('second');
  });
});
