import { describe, expect, it } from 'vitest';
import { JoinableQueue, PriorityQueue, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { answerOf } from './helpers/segments.js';

const count = 100_000;
const capacity = 16 << 20;

/** Takes all in another process; says what came first and last, how many were in order, and what was left. */
const drain = `
  const queue = ip.attach(JSON.parse(process.argv[1]));
  const items = [];
  while (!queue.empty()) items.push(...queue.getManySync(1000));
  const inOrder = items.filter((item, index) => item.n === index).length;
  if (process.argv[2] === 'finish') for (const _ of items) queue.taskDone();
  console.log(JSON.stringify({ count: items.length, inOrder, left: queue.qsize() }));`;

describe('100,000 queued items', () => {
  it('wait in a queue, are counted, and come out in order in another process', async () => {
    const queue = own(new Queue<{ n: number }>({ capacity }));
    for (let n = 0; n < count; n++) queue.putNowait({ n });
    expect(queue.qsize()).toBe(count);
    expect(await answerOf(drain, { args: [JSON.stringify(queue)] })).toEqual({
      count,
      inOrder: count,
      left: 0,
    });
  });

  it('are as many as maxsize allows, and one more is refused', () => {
    const queue = own(new Queue<number>({ maxsize: count, capacity }));
    queue.putManySync(Array.from({ length: count }, (_, n) => n));
    expect(queue.full()).toBe(true);
    expect(() => queue.putNowait(1)).toThrow(expect.objectContaining({ code: 'ERR_QUEUE_FULL' }));
    expect(queue.getSync()).toBe(0);
    queue.putNowait(1);
    expect(queue.qsize()).toBe(count);
  });

  it('are each finished before join() of a joinable queue resolves', async () => {
    const queue = own(new JoinableQueue<{ n: number }>({ capacity }));
    await queue.putMany(Array.from({ length: count }, (_, n) => ({ n })));
    const joined = queue.join();
    const args = [JSON.stringify(queue), 'finish'];
    expect(await answerOf(drain, { args })).toEqual({ count, inOrder: count, left: 0 });
    await joined;
  });

  it('come out of a priority queue by priority, and in their order within one', () => {
    const queue = own(new PriorityQueue<number>({ capacity }));
    const priorityOf = (n: number) => (n * 7919) % 101;
    for (let n = 0; n < count; n++) queue.putNowait(n, { priority: priorityOf(n) });
    expect(queue.qsize()).toBe(count);
    let last = [-1, -1];
    let taken = 0;
    for (; !queue.empty(); taken++) {
      const n = queue.getNowait();
      const next = [priorityOf(n), n];
      if (next[0]! < last[0]! || (next[0] === last[0] && next[1]! <= last[1]!))
        throw new Error(`${next} after ${last}`);
      last = next;
    }
    expect(taken).toBe(count);
  });
});
