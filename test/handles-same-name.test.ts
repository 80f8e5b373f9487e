import { deepStrictEqual, strictEqual } from 'node:assert';
import { openSync, readSync, closeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Lock, Queue, SharedArray, Value } from '../dist/index.js';
import { failure, nameFor, pathOf, present, rejection } from './helpers/segments.js';

/** Slots of the participants' table that were ever claimed: their generation is not 0. */
function claimed(name: string): number {
  const file = openSync(pathOf(name), 'r');
  const table = Buffer.alloc(256 * 64);
  readSync(file, table, 0, table.length, 256);
  closeSync(file);
  let count = 0;
  for (let slot = 0; slot < 256; slot++) if (table.readUInt32LE(slot * 64) !== 0) count++;
  return count;
}

describe('handles on one object in one thread', () => {
  it('share one participant, however many there are', () => {
    using queue = new Queue<number>();
    const others = Array.from({ length: 300 }, () => Queue.open<number>(queue.name));
    strictEqual(claimed(queue.name), 1);
    others[299]?.putNowait(1);
    strictEqual(others[0]?.getNowait(), 1);
    for (const other of others) other.close();
    queue.putNowait(2);
    strictEqual(queue.getNowait(), 2);
  });

  it('own a lock together, as their thread does', () => {
    using lock = new Lock();
    using other = Lock.open(lock.name);
    using guard = lock.acquireSync();
    strictEqual(guard !== null, true);
    strictEqual(failure(() => other.acquireSync())['code'], 'ERR_DEADLOCK');
    other.release();
    strictEqual(lock.locked(), false);
    lock.acquireSync();
  });

  it('are closed one by one, and only the last one removes the object', async () => {
    const first = new Queue<number>();
    const second = Queue.open<number>(first.name);
    const pending = second.get();
    const ended = rejection(first.get());
    first.close();
    strictEqual((await ended)['code'], 'ERR_CLOSED');
    strictEqual(present(second.name), true);
    strictEqual(failure(() => first.putNowait(1))['code'], 'ERR_CLOSED');
    second.putNowait(7);
    strictEqual(await pending, 7);
    first.close();
    strictEqual(present(second.name), true);
    second.close();
    strictEqual(present(second.name), false);
  });

  it('release the lock of a value only with the last of them', () => {
    using value = new Value('i', 1);
    const other = Value.open(value.name);
    other.acquireSync();
    other.close();
    strictEqual(value.getLock().locked(), true);
    value.release();
  });
});

describe('a name that was unlinked', () => {
  it('leads to a new object, and the old one goes on with those who have it', () => {
    const name = nameFor('again');
    using old = new Value('i', 1, { name });
    old.unlink();
    strictEqual(present(name), false);
    strictEqual(failure(() => Value.open(name))['code'], 'ENOENT');
    strictEqual(failure(() => old.unlink())['code'], 'ENOENT');
    using fresh = new Value('i', 2, { name });
    using opened = Value.open<'i'>(name);
    old.value = 10;
    deepStrictEqual([old.value, fresh.value, opened.value], [10, 2, 2]);
    opened.value = 20;
    deepStrictEqual([old.value, fresh.value], [10, 20]);
    // The end of the old one does not take the new one's name along.
    old.close();
    strictEqual(present(name), true);
    using again = Value.open<'i'>(name);
    strictEqual(again.value, 20);
  });

  it('can become another kind of object', () => {
    const name = nameFor('kind');
    using value = new Value('i', 1, { name });
    Value.unlink(name);
    using array = new SharedArray('i', 3, { name });
    strictEqual(failure(() => Value.open(name))['code'], 'ERR_LAYOUT_MISMATCH');
    using other = SharedArray.open(name);
    strictEqual(other.length, array.length);
    strictEqual(value.value, 1);
  });

  it('is removed by the class of any object, and only once', () => {
    const name = nameFor('static');
    using queue = new Queue({ name });
    Queue.unlink(name);
    for (const Class of [Queue, Value, SharedArray, Lock]) {
      const error = failure(() => Class.unlink(name));
      strictEqual(error['code'], 'ENOENT');
      strictEqual(error['syscall'], 'open');
      expect(error.message).toContain(name);
    }
    strictEqual(queue.qsize(), 0);
  });

  it('is not unlinked by a handle on the object that it led to before', () => {
    const name = nameFor('stale');
    using old = new Value('i', 1, { name });
    old.unlink();
    using fresh = new Value('i', 2, { name });
    strictEqual(failure(() => old.unlink())['code'], 'ENOENT');
    strictEqual(present(name), true);
    fresh.unlink();
    strictEqual(present(name), false);
  });
});
