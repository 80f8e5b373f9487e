import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { checkSegment } from '../dist/check/check-segment.js';
import {
  attach,
  Barrier,
  Condition,
  type Connection,
  Event,
  Lock,
  PriorityQueue,
  Queue,
  SharedArray,
  Value,
} from '../dist/index.js';
import { nameFor, pathOf } from './helpers/segments.js';

const folder = new URL('../golden/v1/', import.meta.url);
const kinds = readdirSync(folder)
  .filter((file) => file.endsWith('.hex'))
  .map((file) => file.slice(0, -4));

/** The bytes of a golden segment (golden/segments.py says how they are written). */
function read(kind: string): Buffer {
  const [head = '', ...lines] = readFileSync(new URL(`${kind}.hex`, folder), 'utf8')
    .trimEnd()
    .split('\n');
  const content = Buffer.alloc(Number(/ (\d+) bytes$/.exec(head)?.[1]));
  for (const line of lines) {
    content.write(line.slice(9).replaceAll(' ', ''), Number.parseInt(line.slice(0, 8), 16), 'hex');
  }
  return content;
}

const copies: string[] = [];
afterEach(() => {
  for (const path of copies.splice(0)) rmSync(path, { force: true });
});

/** A copy of a golden segment, by its name, for the one test. */
function put(kind: string, content = read(kind)): string {
  const name = nameFor(`golden-${kind}`);
  writeFileSync(pathOf(name), content, { mode: 0o600 });
  copies.push(pathOf(name));
  return name;
}

describe('the golden segment of', () => {
  // A semaphore is opened with the POSIX one beside it, which no file can have in it.
  it.each(kinds.filter((kind) => kind !== 'semaphore'))('a %s breaks no rule', (kind) => {
    deepStrictEqual(checkSegment(put(kind), { quiet: true }), []);
  });

  it('a queue has two items and a loan in it, and goes on', () => {
    using q = Queue.open<Buffer>(put('queue'));
    strictEqual(q.getSync().toString(), 'one');
    strictEqual(q.getSync().length, 0);
    const loan = q.getLoanSync();
    strictEqual(loan.buffer.toString(), 'lent bytes');
    deepStrictEqual(loan.meta, { k: 1 });
    loan.release();
    q.putSync(Buffer.from('goes on'));
    strictEqual(q.getSync().toString(), 'goes on');
  });

  it('a priority queue has its items in their order', () => {
    using q = PriorityQueue.open<Buffer>(put('priority-queue'));
    strictEqual(q.getSync().toString(), 'first'.repeat(20));
    strictEqual(q.getSync().toString(), 'last');
  });

  it('a pipe has a message each way', () => {
    const name = put('pipe');
    const ends = [0, 1].map(
      (end) => attach({ interproc: 1, kind: 'connection', name, end }) as Connection,
    );
    deepStrictEqual(
      ends.map((end) => String(end.recvSync())),
      ['to the first', 'to the second'],
    );
    for (const end of ends) end.close();
  });

  it('a value and an array have their numbers', () => {
    using value = Value.open(put('value'));
    strictEqual(value.value, -42);
    using array = SharedArray.open(put('array'));
    deepStrictEqual([...array], [1.5, -2, 0]);
  });

  it('a lock that a dead process held is free, and says so', () => {
    using lock = Lock.open(put('lock'));
    const guard = lock.acquireSync({ timeout: 60_000 });
    ok(guard?.abandoned);
    guard.release();
  });

  it('an event is set, a condition can be notified, a barrier is broken', () => {
    using event = Event.open(put('event'));
    ok(event.isSet());
    using condition = Condition.open(put('condition'));
    condition.acquireSync();
    condition.notify();
    condition.release();
    using barrier = Barrier.open(put('barrier'));
    deepStrictEqual([barrier.parties, barrier.broken], [3, true]);
  });

  it('a newer version is refused, and left as it was', () => {
    const content = read('queue');
    content[8] = 2;
    const name = put('queue', content);
    expect(() => Queue.open(name)).toThrow(
      expect.objectContaining({ code: 'ERR_LAYOUT_MISMATCH' }),
    );
    ok(readFileSync(pathOf(name)).equals(content));
  });
});
