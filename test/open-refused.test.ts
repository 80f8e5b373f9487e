import { deepStrictEqual, match } from 'node:assert';
import { readFileSync, rmSync } from 'node:fs';
import { describe, it } from 'vitest';
import {
  Barrier,
  BoundedSemaphore,
  c_double,
  c_int,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
  SimpleQueue,
  struct,
  Value,
} from '../dist/index.js';
import { failure, nameFor, pathOf } from './helpers/segments.js';

const Point = struct({ x: c_int, y: c_int });
const Other = struct({ x: c_double });
const mode = 0o640;

interface Kept {
  readonly name: string;
  readonly persist: true;
}

/** Objects that nobody uses and that persist: what a refused open leaves behind cannot be somebody else's. */
const make = {
  queue: (kept: Kept) => new Queue(kept),
  records: (kept: Kept) => new Queue({ ...kept, codec: Point }),
  priority: (kept: Kept) => new PriorityQueue(kept),
  value: (kept: Kept) => new Value('i', 1, kept),
  array: (kept: Kept) => new SharedArray('i', 3, kept),
  lock: (kept: Kept) => new Lock(kept),
  rlock: (kept: Kept) => new RLock(kept),
  event: (kept: Kept) => new Event(kept),
  condition: (kept: Kept) => new Condition(undefined, kept),
  barrier: (kept: Kept) => new Barrier(2, kept),
  semaphore: (kept: Kept) => new Semaphore(2, kept),
};

const refusals: [what: string, made: keyof typeof make, open: (name: string) => unknown][] = [
  ['a queue as a joinable one', 'queue', (name) => JoinableQueue.open(name)],
  ['a queue as a simple one', 'queue', (name) => SimpleQueue.open(name)],
  ['a queue as a lock', 'queue', (name) => Lock.open(name)],
  ['a queue with a struct', 'queue', (name) => Queue.open(name, { codec: Point })],
  ['records of another struct', 'records', (name) => Queue.open(name, { codec: Other })],
  [
    'a priority queue with a struct',
    'priority',
    (name) => PriorityQueue.open(name, { codec: Point }),
  ],
  ['another capacity', 'queue', (name) => Queue.openOrCreate(name, { capacity: 8192 })],
  ['another maxsize', 'queue', (name) => Queue.openOrCreate(name, { maxsize: 3 })],
  ['another maxBytes', 'queue', (name) => Queue.openOrCreate(name, { maxBytes: 100 })],
  ['another codec', 'queue', (name) => Queue.openOrCreate(name, { codec: 'json' })],
  [
    'a priority queue of another maxsize',
    'priority',
    (name) => PriorityQueue.openOrCreate(name, { maxsize: 3 }),
  ],
  ['an RLock as a Lock', 'rlock', (name) => Lock.open(name)],
  ['a Lock as an RLock', 'lock', (name) => RLock.open(name)],
  ['a lock of another mode', 'lock', (name) => Lock.openOrCreate(name, { mode })],
  ['an RLock of another mode', 'rlock', (name) => RLock.openOrCreate(name, { mode })],
  ['a value as an array', 'value', (name) => SharedArray.open(name)],
  ['an array as a value', 'array', (name) => Value.open(name)],
  ['a value of another type', 'value', (name) => Value.openOrCreate(name, 'd')],
  ['a value without a lock', 'value', (name) => Value.openOrCreate(name, 'i', 1, { lock: false })],
  ['an array of another length', 'array', (name) => SharedArray.openOrCreate(name, 'i', 4)],
  ['an event of another mode', 'event', (name) => Event.openOrCreate(name, { mode })],
  [
    'a condition of another mode',
    'condition',
    (name) => Condition.openOrCreate(name, undefined, { mode }),
  ],
  ['a barrier of more parties', 'barrier', (name) => Barrier.openOrCreate(name, 3)],
  ['a semaphore of another value', 'semaphore', (name) => Semaphore.openOrCreate(name, 3)],
  ['a semaphore as a bounded one', 'semaphore', (name) => BoundedSemaphore.open(name)],
];

describe('an open that is refused', () => {
  it.each(refusals)('leaves every byte as it was: %s', (_, made, open) => {
    const name = nameFor('refused');
    make[made]({ name, persist: true }).close();
    try {
      const before = readFileSync(pathOf(name));
      match(String(failure(() => open(name))['code']), /^ERR_(LAYOUT|OPTIONS)_MISMATCH$/);
      deepStrictEqual(readFileSync(pathOf(name)).equals(before), true);
    } finally {
      rmSync(pathOf(name));
      rmSync(`/dev/shm/sem.${name}`, { force: true });
    }
  });

  it('does no harm to a handle of the same thread', () => {
    const name = nameFor('refused');
    using queue = new Queue({ name });
    const before = readFileSync(pathOf(name));
    failure(() => JoinableQueue.open(name));
    deepStrictEqual(readFileSync(pathOf(name)).equals(before), true);
    queue.putNowait(1);
    deepStrictEqual(queue.getNowait(), 1);
  });
});
