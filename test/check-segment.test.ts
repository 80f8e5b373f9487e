import { openSync, writeSync, closeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkSegment } from '../dist/check/check-segment.js';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Lock,
  Pipe,
  PriorityQueue,
  Queue,
  Value,
} from '../dist/index.js';
import { own, ownBoth } from './helpers/owned.js';
import { failure, nameFor, pathOf } from './helpers/segments.js';

function violations(object: { readonly name: string }): string[] {
  return checkSegment(object.name, { quiet: true });
}

it('finds nothing wrong in objects of every kind that were used', async () => {
  const queue = own(new Queue({ capacity: 65536 }));
  for (let i = 0; i < 100; i++) await queue.put({ i, text: 'x'.repeat(i) });
  await queue.put('y'.repeat(200_000));
  await queue.get();
  const priority = own(new PriorityQueue({ capacity: 65536 }));
  for (let i = 0; i < 100; i++) await priority.put(i, { priority: i % 7 });
  for (let i = 0; i < 50; i++) await priority.get();
  const [first, second] = ownBoth(Pipe());
  await first.send('x'.repeat(100_000));
  await second.recv();
  const lock = own(new Lock());
  await lock.acquire();
  const event = own(new Event());
  event.set();
  const condition = own(new Condition());
  const barrier = own(new Barrier(1));
  await barrier.wait();
  const semaphore = own(new BoundedSemaphore(2));
  await semaphore.acquire();
  const objects = [
    queue,
    priority,
    first,
    lock,
    event,
    condition,
    barrier,
    semaphore,
    own(new Value('i', 7)),
  ];
  for (const object of objects) expect(violations(object)).toEqual([]);
  lock.release();
});

it('says which rule a damaged segment breaks', () => {
  const event = own(new Event({ name: nameFor('damaged') }));
  const waiters = 256 + 256 * 64 + 64;
  const file = openSync(pathOf(event.name), 'r+');
  try {
    writeSync(file, Buffer.from([0, 0, 0, 0, 0, 0, 0, 128]), 0, 8, waiters + 8);
    expect(checkSegment(event.name)).toEqual([
      'the event: a slot that nobody ever had, 127, waits',
    ]);
  } finally {
    writeSync(file, Buffer.alloc(8), 0, 8, waiters + 8);
    closeSync(file);
  }
  expect(violations(event)).toEqual([]);
});

it('throws what opening would, where there is nothing to check', () => {
  expect(failure(() => checkSegment(nameFor('absent')))).toMatchObject({ code: 'ENOENT' });
});
