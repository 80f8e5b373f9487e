import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { readFileSync, statSync, utimesSync } from 'node:fs';
import { describe, it } from 'vitest';
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
  SharedMemory,
  Value,
} from '../dist/index.js';
import { interproc, statOf, statUntil } from './helpers/cli.js';
import { memoryName } from './helpers/memory.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { nameFor, pathOf } from './helpers/segments.js';

describe('interproc stat', () => {
  it('counts what is queued, in the ring and in large messages', async () => {
    const queue = own(new Queue<unknown>({ name: nameFor('queue'), maxsize: 10, capacity: 4096 }));
    queue.putManySync([1, 2, Buffer.alloc(100_000)]);
    const seen = await statOf(queue.name);
    strictEqual(seen.kind, 'queue');
    strictEqual(seen.state, 'ok');
    const [channel] = seen.channels;
    strictEqual(channel?.messages, 3);
    strictEqual(channel.capacity, 4096);
    strictEqual(channel.maxItems, 10);
    strictEqual(channel.largeBytes, 131_072);
    strictEqual(channel.shutDown, false);
    deepStrictEqual(
      seen.participants.map(({ pid }) => pid),
      [process.pid],
    );
    queue.shutdown();
    strictEqual((await statOf(queue.name)).channels[0]?.shutDown, true);
  });

  it('says who has items of a joinable queue, and who waits for them', async () => {
    const queue = own(new JoinableQueue<number>({ name: nameFor('joinable') }));
    queue.putManySync([1, 2]);
    queue.getSync();
    const joined = queue.join();
    const seen = await statUntil(queue.name, ({ waiters }) => waiters.length > 0);
    strictEqual(seen.kind, 'joinable-queue');
    deepStrictEqual(seen.unfinished, [{ slot: 0, pid: process.pid, alive: true, count: 1 }]);
    strictEqual(seen.waiters[0]?.for, 'joined');
    queue.taskDone();
    queue.getSync();
    queue.taskDone();
    await joined;
  });

  it('names the holder of a lock and since when, and who waits for it', async () => {
    const lock = own(new Lock({ name: nameFor('lock') }));
    const holder = new Peer('lock', 'hold', { name: lock.name, how: 'stay' });
    await holder.event('held');
    const waiting = lock.acquire();
    const seen = await statUntil(lock.name, ({ waiters }) => waiters.length > 0);
    strictEqual(seen.locks[0]?.holder?.pid, holder.pid);
    strictEqual(seen.waiters[0]?.pid, process.pid);
    const first = seen.locks[0].heldMs;
    const later = (await statOf(lock.name)).locks[0]?.heldMs;
    ok(typeof first === 'number' && typeof later === 'number' && later >= first, `${later}`);
    ok(later < 60_000, `${later}`);
    holder.kill('SIGSTOP');
    await statUntil(lock.name, ({ participants }) =>
      participants.some((one) => one.pid === holder.pid && one.processState === 'stopped'),
    );
    holder.kill('SIGKILL');
    await holder.ended;
    (await waiting)?.release();
    const free = await statOf(lock.name);
    deepStrictEqual(
      [free.locks[0]?.holder, free.locks[0]?.heldMs, free.participants.length],
      [null, null, 1],
    );
  });

  it('says that a killed holder is dead', async () => {
    const lock = own(new RLock({ name: nameFor('dead') }));
    lock.acquireSync();
    lock.acquireSync();
    strictEqual((await statOf(lock.name)).locks[0]?.depth, 2);
    lock.release();
    lock.release();
    const plain = own(new Lock({ name: nameFor('dead') }));
    const holder = new Peer('lock', 'hold', { name: plain.name, how: 'stay' });
    await holder.event('held');
    holder.kill();
    await holder.ended;
    deepStrictEqual((await statOf(plain.name)).locks[0]?.holder, {
      slot: 1,
      pid: null,
      alive: false,
    });
  });

  it('describes each of the other kinds', async () => {
    const [a, b] = ownBoth(Pipe<string>({ name: nameFor('pipe') }));
    a.sendSync('x');
    const pipe = await statOf(a.name);
    deepStrictEqual(
      pipe.channels.map(({ messages }) => messages),
      [1, 0],
    );
    deepStrictEqual(
      [pipe.kind, pipe.details['end 0'], pipe.details['end 1 owner']],
      ['pipe', 'owned', process.pid],
    );
    b.close();
    strictEqual((await statOf(a.name)).details['end 1'], 'closed');

    const value = own(new Value('i', 5, { name: nameFor('value') }));
    deepStrictEqual(
      [(await statOf(value.name)).kind, (await statOf(value.name)).details['bytes']],
      ['value', 4],
    );
    const array = own(new SharedArray('d', 3, { name: nameFor('array') }));
    deepStrictEqual(
      [(await statOf(array.name)).kind, (await statOf(array.name)).details['bytes']],
      ['array', 24],
    );

    const priority = own(new PriorityQueue<number>({ name: nameFor('priority') }));
    priority.putSync(1, { priority: 2 });
    const queued = await statOf(priority.name);
    deepStrictEqual([queued.kind, queued.channels[0]?.messages], ['priority-queue', 1]);

    const semaphore = own(new Semaphore(3, { name: nameFor('semaphore') }));
    semaphore.acquireSync();
    const permits = await statOf(semaphore.name);
    deepStrictEqual(
      [permits.kind, permits.details['value'], permits.details['initial']],
      ['semaphore', 2, 3],
    );

    const event = own(new Event({ name: nameFor('event') }));
    event.set();
    deepStrictEqual((await statOf(event.name)).details, { set: true, timesSet: 1 });
  });

  it('counts who waits at a condition and at a barrier', async () => {
    const condition = own(new Condition(undefined, { name: nameFor('condition') }));
    await condition.acquire();
    const notified = condition.wait();
    const asleep = await statUntil(condition.name, ({ waiters }) => waiters.length > 0);
    deepStrictEqual(asleep.waiters, [{ for: 'waiting', slot: 0, pid: process.pid, count: 1 }]);
    strictEqual(asleep.locks[0]?.holder, null);
    await condition.acquire();
    condition.notify();
    condition.release();
    await notified;
    condition.release();

    const barrier = own(new Barrier(3, { name: nameFor('barrier') }));
    const waits = [barrier.wait(), barrier.wait()];
    const filling = await statUntil(barrier.name, ({ details }) => details['arrived'] === 2);
    deepStrictEqual([filling.details['parties'], filling.details['state']], [3, 'filling']);
    deepStrictEqual(filling.waiters, [{ for: 'waiting', slot: 0, pid: process.pid, count: 2 }]);
    barrier.abort();
    await Promise.allSettled(waits);
    strictEqual((await statOf(barrier.name)).details['state'], 'broken');
  });

  it('says of bare memory whether it is ours and attached', async () => {
    const memory = own(new SharedMemory({ name: memoryName(), create: true, size: 100 }));
    const seen = await statOf(memory.name);
    deepStrictEqual([seen.kind, seen.details], ['memory', { marked: true, attached: true }]);
  });

  it('changes no byte and no time of what it looks at', async () => {
    const queue = own(new Queue<number>({ name: nameFor('quiet'), capacity: 4096 }));
    queue.putSync(1);
    const before = readFileSync(pathOf(queue.name));
    // Most mounts note a reading only where the one before is older than the last change (relatime).
    utimesSync(pathOf(queue.name), new Date(0), new Date());
    const then = statSync(pathOf(queue.name), { bigint: true });
    for (const args of [
      ['stat', queue.name],
      ['ls', '--all'],
      ['top', '--count', '1'],
      ['clean', '--dry-run'],
    ])
      strictEqual((await interproc(args)).code, 0);
    const now = statSync(pathOf(queue.name), { bigint: true });
    deepStrictEqual(
      [now.atimeNs, now.mtimeNs, now.ctimeNs],
      [then.atimeNs, then.mtimeNs, then.ctimeNs],
    );
    ok(readFileSync(pathOf(queue.name)).equals(before));
  });

  it('prints for people what it knows', async () => {
    const queue = own(new Queue<number>({ name: nameFor('text') }));
    queue.putSync(1);
    const { code, stdout } = await interproc(['stat', queue.name]);
    strictEqual(code, 0);
    ok(/^kind +queue$/m.test(stdout) && /^items +1 queued, \d+ B of 1 MiB$/m.test(stdout), stdout);
    ok(new RegExp(`^ +0 +${process.pid} `, 'm').test(stdout), stdout);
  });
});
