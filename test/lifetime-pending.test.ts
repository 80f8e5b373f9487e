import { strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  type Connection,
  Lock,
  Pipe,
  Queue,
  SharedArray,
  Value,
} from '../dist/index.js';
import { present, rejection, run } from './helpers/segments.js';

describe('close()', () => {
  it('ends the pending waits of its handle with ERR_CLOSED', async () => {
    const queue = new Queue<Buffer>({ maxsize: 1 });
    const [a, b] = Pipe<Buffer>({ capacity: 4096 });
    const lock = new Lock();
    const value = new Value('i', 1);
    const array = new SharedArray('i', 1);
    // Somebody else holds the locks and fills the pipe.
    const [full, rest] = Pipe<Buffer>({ capacity: 4096 });
    while (
      await full.send(Buffer.alloc(1000), { timeout: 0 }).then(
        () => true,
        () => false,
      )
    );
    lock.acquireSync();
    value.acquireSync();
    array.acquireSync();

    const waits: Record<string, Promise<unknown>> = {
      'queue.get': queue.get(),
      'queue.getMany': queue.getMany(5),
      'queue.get, limited': queue.get({ timeout: 60_000 }),
      'connection.recv': a.recv(),
      'connection.recvBytes': a.recvBytes(),
      'connection.poll': a.poll(60_000),
      'connection.send': full.send(Buffer.alloc(1000)),
      'lock.acquire': lock.acquire(),
      'value.acquire': value.acquire(),
      'array.acquire': array.acquire(),
    };
    const ended = Object.entries(waits).map(
      async ([what, wait]) => [what, await rejection(wait)] as const,
    );
    for (const object of [queue, a, full, lock, value, array]) object.close();
    for (const [what, error] of await Promise.all(ended)) {
      strictEqual(error['code'], 'ERR_CLOSED', what);
      expect(error).toBeInstanceOf(ClosedError);
    }
    b.close();
    rest.close();
  });

  it('ends a wait for room, and the item is not queued', async () => {
    const queue = new Queue<number>({ maxsize: 1 });
    using other = Queue.open<number>(queue.name);
    await queue.put(1);
    const ended = [rejection(queue.put(2)), rejection(queue.putMany([3, 4]))];
    queue.close();
    for (const one of ended) strictEqual((await one)['code'], 'ERR_CLOSED');
    strictEqual(other.getNowait(), 1);
    strictEqual(other.empty(), true);
  });

  it('ends a loop over a queue and over a connection with an error, as it is no end of theirs', async () => {
    const queue = new Queue<number>();
    const [a, b] = Pipe();
    const loops = [queue, a].map(async (source) => {
      for await (const _ of source as Queue | Connection);
    });
    const ended = loops.map((loop) => rejection(loop));
    queue.close();
    a.close();
    for (const one of ended) strictEqual((await one)['code'], 'ERR_CLOSED');
    b.close();
  });

  it('lets the process end: nothing pending is left', async () => {
    const { code, stderr } = await run(
      `const queue = new ip.Queue();
       const [a, b] = ip.Pipe();
       const waits = [queue.get(), a.recv(), a.poll(Infinity)];
       for (const wait of waits) wait.catch(() => {});
       setImmediate(() => { queue.close(); a.close(); b.close(); });`,
    );
    strictEqual(code, 0, stderr);
  });
});

describe('an idle handle', () => {
  it('does not keep the process alive, and a pending wait does', async () => {
    const idle = await run(
      `globalThis.kept = [new ip.Queue(), new ip.Lock(), new ip.Value('i', 1), ...ip.Pipe()];
       await kept[0].get({ timeout: 5 }).catch(() => {});`,
    );
    strictEqual(idle.code, 0, idle.stderr);
    const pending = await run(
      `const queue = new ip.Queue();
       queue.get({ timeout: 300 }).catch((error) => console.log(error.code));`,
    );
    strictEqual(pending.stdout, 'ERR_QUEUE_EMPTY\n');
  });
});

describe('using and await using', () => {
  it('close what they declare, when the scope ends by whatever', async () => {
    const names: string[] = [];
    const scope = async (fail: boolean) => {
      using queue = new Queue();
      using value = new Value('i', 1);
      await using lock = new Lock();
      await using array = new SharedArray('i', 1);
      const ends = Pipe();
      using left = ends[0];
      using right = ends[1];
      names.push(...[queue, value, lock, array].map((object) => object.name));
      strictEqual(names.slice(-4).every(present) && !left.closed && !right.closed, true);
      if (fail) throw new Error('on purpose');
      return [queue, value, lock, array];
    };
    const objects = await scope(false);
    for (const object of objects) strictEqual(object.closed, true);
    strictEqual((await rejection(scope(true))).message, 'on purpose');
    strictEqual(names.length, 8);
    strictEqual(names.some(present), false);
  });

  it('can be called by hand, twice', async () => {
    for (const object of [new Queue(), new Value('i', 1), new Lock(), new SharedArray('i', 1)]) {
      object[Symbol.dispose]();
      strictEqual(object.closed, true);
      strictEqual(await object[Symbol.asyncDispose](), undefined);
    }
  });
});
