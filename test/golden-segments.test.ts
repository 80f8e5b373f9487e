import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, it } from 'vitest';
import { checkSegment } from '../dist/check/check-segment.js';
import {
  attach,
  Barrier,
  BoundedSemaphore,
  Condition,
  type Connection,
  Event,
  ForeignSegmentError,
  LayoutMismatchError,
  Lock,
  NewerLayoutError,
  OlderLayoutError,
  PriorityQueue,
  Queue,
  Semaphore,
  SharedArray,
  Value,
} from '../dist/index.js';
import { failure, nameFor, pathOf } from './helpers/segments.js';

/** Where the body of every segment begins. */
const body = 256 + 256 * 64;

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

  it('a bounded semaphore is that of the POSIX one beside it, which it names by device and inode', () => {
    const name = put('semaphore');
    // Of the file that holds the permits no golden copy can say where it lies.
    rmSync(pathOf(name));
    new Semaphore(2, { name, persist: true }).close();
    const file = `/dev/shm/sem.${name}`;
    copies.push(file);
    const { dev, ino } = statSync(file, { bigint: true });
    const content = read('semaphore');
    content.writeBigUInt64LE(dev, body);
    content.writeBigUInt64LE(ino, body + 8);
    writeFileSync(pathOf(name), content);
    {
      using semaphore = BoundedSemaphore.open(name);
      strictEqual(semaphore.getValue(), 2);
      throws(() => semaphore.release(), { code: 'ERR_SEMAPHORE_BOUND' });
      ok(semaphore.acquireSync());
      strictEqual(semaphore.getValue(), 1);
      semaphore.release();
    }
    throws(() => Semaphore.open(name), LayoutMismatchError);
    deepStrictEqual(checkSegment(name, { quiet: true }), []);
    BoundedSemaphore.unlink(name);
    deepStrictEqual([existsSync(file), existsSync(pathOf(name))], [false, false]);
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
});

/** What each kind is opened by, all of which check the header before anything else. */
const openers: Record<string, (name: string) => { close(): void }> = {
  array: SharedArray.open,
  barrier: Barrier.open,
  condition: Condition.open,
  event: Event.open,
  lock: Lock.open,
  pipe: (name) => attach({ interproc: 1, kind: 'connection', name, end: 0 }) as Connection,
  'priority-queue': PriorityQueue.open,
  queue: Queue.open,
  semaphore: Semaphore.open,
  value: Value.open,
};

type Refused = [
  what: string,
  Class: typeof LayoutMismatchError,
  says: RegExp,
  at: number,
  byte: number,
];

const refused: Refused[] = [
  ['another magic', ForeignSegmentError, /is not an interproc object; remove it or/, 0, 0x3f],
  ['an older version', OlderLayoutError, /by an older version of interproc; use the same/, 8, 0],
  ['a newer version', NewerLayoutError, /by a newer version of interproc; update this one/, 8, 2],
  ['an unknown required feature', NewerLayoutError, /by a newer version/, 19, 0x80],
  ['the other byte order', LayoutMismatchError, /has the other byte order.*; remove it or/, 24, 1],
  ['another kind', LayoutMismatchError, /is another kind of object; open it with its own/, 12, 99],
];

describe.each(kinds)('a golden %s with', (kind) => {
  it.each(refused)('%s is refused by its own class', (_, Class, says, at, byte) => {
    const content = read(kind);
    content[at] = byte;
    const name = put(kind, content);
    const error = failure(() => openers[kind]?.(name));
    strictEqual(error.constructor, Class);
    strictEqual(error.name, Class.name);
    strictEqual(error['code'], 'ERR_LAYOUT_MISMATCH');
    strictEqual(error['path'], pathOf(name));
    ok(error instanceof LayoutMismatchError);
    match(error.message, says);
    ok(readFileSync(pathOf(name)).equals(content));
  });

  it('a feature that may be ignored is not refused', () => {
    if (kind === 'semaphore') return; // opened with the POSIX one beside it
    const content = read(kind);
    content[20] = 1;
    openers[kind]?.(put(kind, content)).close();
  });
});
