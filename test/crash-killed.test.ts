import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { checkSegment } from '../dist/check/check-segment.js';
import {
  Barrier,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  SharedArray,
} from '../dist/index.js';
import { Peer } from './helpers/peer.js';

/** A small generator, so that a failure can be run again with its seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Numbers in order from 0, each once: so many as were put, and perhaps one of which the dead one had not said so. */
function expectAll(got: readonly number[], put: number) {
  expect(got).toEqual(got.map((_, index) => index));
  expect(got.length - put).toBeGreaterThanOrEqual(0);
  expect(got.length - put).toBeLessThanOrEqual(1);
}

function drain<T>(queue: { empty(): boolean; getManySync(max: number): T[] }): T[] {
  const items: T[] = [];
  while (!queue.empty()) items.push(...queue.getManySync(1000));
  return items;
}

async function killOne(milliseconds: number): Promise<number> {
  const queue = new Queue<{ i: number }>({ capacity: 2 ** 22 });
  const joinable = new JoinableQueue<number>({ capacity: 2 ** 22 });
  const priority = new PriorityQueue<number>({ capacity: 2 ** 22 });
  const source = new Queue<number>({ capacity: 2 ** 20 });
  const [ours, theirs] = Pipe({ capacity: 2 ** 22 });
  const lock = new Lock();
  const rlock = new RLock();
  const condition = new Condition();
  const event = new Event();
  const barrier = new Barrier(2);
  const semaphore = new Semaphore(2);
  const done = new SharedArray('I', 5);
  const objects = {
    queue,
    joinable,
    priority,
    source,
    lock,
    rlock,
    condition,
    event,
    barrier,
    semaphore,
    done,
  };
  const filled = 20_000;
  source.putManySync(Array.from({ length: filled }, (_, index) => index));
  const names = Object.fromEntries(
    Object.entries(objects).map(([key, object]) => [key, object.name]),
  );
  const peer = new Peer('crash', 'useAll', { names, connection: theirs.handOver() });
  await peer.event('ready');
  await delay(milliseconds);
  peer.kill();
  await peer.ended;

  const died = performance.now();
  const timeout = 10_000;
  lock.acquireSync({ timeout });
  lock.release();
  rlock.acquireSync({ timeout });
  rlock.release();
  condition.acquireSync({ timeout });
  condition.notifyAll(); // nobody waits, and nobody dead is counted
  condition.release();
  event.set();
  expect(event.waitSync({ timeout })).toBe(true);
  semaphore.acquireSync({ timeout });
  semaphore.release();
  barrier.reset();
  queue.putSync({ i: -1 }, { timeout });
  const wentOn = performance.now() - died;
  for (const object of Object.values(objects))
    expect(checkSegment(object.name, { quiet: true })).toEqual([]);

  const [put, joined, ordered, sent, got] = [...done] as number[] as [
    number,
    number,
    number,
    number,
    number,
  ];
  const items = drain(queue).map(({ i }) => i);
  expect(items.pop()).toBe(-1);
  expectAll(items, put);
  const unjoined = drain(joinable);
  expectAll(unjoined, joined);
  for (const _ of unjoined) joinable.taskDone();
  joinable.joinSync({ timeout });
  expectAll(drain(priority), ordered);
  const received: number[] = [];
  for (;;) {
    const item = await ours.recv().catch((error: { code?: string }) => {
      expect(error.code).toBe('ERR_EOF');
      return undefined;
    });
    if (item === undefined) break;
    received.push(item as number);
  }
  expectAll(received, sent);
  // One may have been in the dead one's hands.
  const rest = drain(source);
  expect(rest).toEqual(
    Array.from({ length: rest.length }, (_, index) => filled - rest.length + index),
  );
  expect(filled - rest.length - got).toBeGreaterThanOrEqual(0);
  expect(filled - rest.length - got).toBeLessThanOrEqual(1);
  for (const object of Object.values(objects))
    expect(checkSegment(object.name, { quiet: true })).toEqual([]);
  ours.close();
  for (const object of Object.values(objects)) object.close();
  return wentOn;
}

it('leaves every object sound, whenever a process that uses them all is killed', async () => {
  const next = random(20_260);
  const times: number[] = [];
  for (let kill = 0; kill < 12; kill++) times.push(await killOne(1 + next() * 40));
  times.sort((a, b) => a - b);
  // From the death to the end of an operation on each object; each alone may have met a busy processor.
  expect(times[6]).toBeLessThan(100);
}, 60_000);

it('cannot be killed by name where it is released: there are no crash points in the addon', () => {
  const addon = fileURLToPath(new URL('../build/Release/interproc.node', import.meta.url));
  expect(readFileSync(addon).includes('INTERPROC_CRASH')).toBe(false);
});
