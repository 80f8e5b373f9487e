import { deepStrictEqual, strictEqual } from 'node:assert';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CorruptSegmentError, Pipe, Queue, SharedArray, Value } from '../dist/index.js';
import { answerOf, failure, pathOf, rejection } from './helpers/segments.js';

const file = new URL('fixtures/segment-hostile.mjs', import.meta.url);
const body = 256 + 256 * 64;

interface Seen {
  readonly seen: Record<string, number>;
  readonly unexpected: string[];
  readonly count: number;
}

/** The codes that a caller can meet in an object whose bytes somebody scribbles over. */
const expected = new Set([
  'ERR_CORRUPT_SEGMENT',
  'ERR_NOT_SERIALIZABLE',
  'ERR_QUEUE_EMPTY',
  'ERR_QUEUE_FULL',
  'ERR_QUEUE_SHUTDOWN',
  'ERR_TIMEOUT',
  'ERR_CLOSED',
  'ERR_EOF',
  'EPIPE',
  'ERR_BUFFER_TOO_SHORT',
  'ERR_NOT_READABLE',
  'ERR_LOCK_NOT_OWNED',
  'ERR_OUT_OF_RANGE',
  'abandoned',
]);

describe('an object whose bytes somebody scribbles over while it is used', () => {
  for (const [kind, rounds] of [
    ['queue', 250],
    ['pipe', 250],
    ['cell', 250],
  ] as const) {
    for (const seed of [1, 2, 3]) {
      it(`gives only errors with a code: ${kind}, seed ${seed}`, async () => {
        const { seen, unexpected, count } = await answerOf<Seen>('', {
          file,
          args: [kind, String(rounds), String(seed)],
          // What a length claims must not be allocated before it is checked.
          execArgv: ['--max-old-space-size=256'],
        });
        deepStrictEqual([count, unexpected], [0, []]);
        for (const what of Object.keys(seen)) expect(expected).toContain(what);
        // It was indeed disturbed.
        if (kind === 'cell') expect(seen['abandoned']).toBeGreaterThan(3);
        else expect(seen['ERR_CORRUPT_SEGMENT']).toBeGreaterThan(100);
      });
    }
  }
});

function readWord(name: string, at: number): bigint {
  const opened = openSync(pathOf(name), 'r');
  const eight = Buffer.alloc(8);
  readSync(opened, eight, 0, 8, at);
  closeSync(opened);
  return eight.readBigUInt64LE();
}

function writeWord(name: string, at: number, word: bigint): void {
  const opened = openSync(pathOf(name), 'r+');
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64LE(word);
  writeSync(opened, eight, 0, 8, at);
  closeSync(opened);
}

/** A reference to a large message: a record's header, its first page and number of pages, its length. */
const lengths = [1n << 20n, 0xffff_fff0n, 1n << 33n, 1n << 40n, (1n << 64n) - 1n];

describe('the length of a large message', () => {
  it('is not believed before it is checked, by any form of a queue', async () => {
    for (const length of lengths) {
      using queue = new Queue<Buffer>({ capacity: 4096, codec: 'raw' });
      queue.putSync(Buffer.alloc(100_000));
      const ring = Number(readWord(queue.name, body));
      strictEqual(readWord(queue.name, ring + 16), 100_000n);
      writeWord(queue.name, ring + 16, length);
      const { arrayBuffers } = process.memoryUsage();
      for (const call of [
        () => queue.getNowait(),
        () => queue.getSync(),
        () => queue.getManySync(5),
      ])
        expect(failure(call)).toBeInstanceOf(CorruptSegmentError);
      expect(await rejection(queue.get())).toBeInstanceOf(CorruptSegmentError);
      // No memory was made for it first: the system gives 4 GiB to whoever does not write there.
      expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1 << 20);
      // Nothing was taken: with its length put back the message is whole.
      writeWord(queue.name, ring + 16, 100_000n);
      strictEqual(queue.getSync().length, 100_000);
    }
  });

  it('is not believed before it is checked, by any form of a pipe', async () => {
    for (const length of lengths) {
      const [a, b] = Pipe<Buffer>({ capacity: 4096, codec: 'raw', duplex: false });
      b.sendSync(Buffer.alloc(100_000));
      const ring = Number(readWord(a.name, body + 896));
      strictEqual(readWord(a.name, ring + 16), 100_000n);
      writeWord(a.name, ring + 16, length);
      for (const call of [
        () => a.recvSync(),
        () => a.recvBytesSync(),
        () => a.recvBytesIntoSync(Buffer.alloc(10)),
        () => a.pollSync(),
      ])
        expect(failure(call)).toBeInstanceOf(CorruptSegmentError);
      for (const promise of [a.recv(), a.recvBytes(), a.poll()])
        expect(await rejection(promise)).toBeInstanceOf(CorruptSegmentError);
      writeWord(a.name, ring + 16, 100_000n);
      strictEqual(a.recvSync().length, 100_000);
      a.close();
      b.close();
    }
  });
});

describe('a value and an array', () => {
  it('live on their own memory whatever the header says meanwhile', () => {
    using value = new Value('i', 5);
    using array = new SharedArray('i', [1, 2]);
    for (const { name } of [value, array])
      for (const at of [0, 8, 32, 56, 64, body, body + 8]) writeWord(name, at, (1n << 64n) - 1n);
    strictEqual(value.add(1), 5);
    deepStrictEqual([...array], [1, 2]);
    // Closing them removes what was theirs, as ever.
  });
});
