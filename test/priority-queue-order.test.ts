import { describe, expect, it } from 'vitest';
import { PriorityQueue } from '../dist/index.js';
import { randomFrom } from './helpers/codec-random.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

function drain<T>(queue: PriorityQueue<T>): T[] {
  const items: T[] = [];
  while (!queue.empty()) items.push(queue.getNowait());
  return items;
}

describe('the order of a PriorityQueue', () => {
  it('is by priority, the lowest first, in whatever form items are put', async () => {
    const queue = own(new PriorityQueue<string>());
    await queue.put('ten', { priority: 10 });
    queue.putSync('minus two', { priority: -2 });
    queue.putNowait('a half', { priority: 0.5 });
    await queue.putMany(['one', 'one again'], { priority: 1 });
    queue.putManySync(['zero'], { priority: 0 });
    expect(drain(queue)).toEqual(['minus two', 'zero', 'a half', 'one', 'one again', 'ten']);
  });

  it('takes every finite number for what it is, and -0 for 0', () => {
    const queue = own(new PriorityQueue<number>());
    const sorted = [
      -Number.MAX_VALUE,
      -1e9,
      -1.5,
      -1,
      -Number.MIN_VALUE,
      Number.MIN_VALUE,
      0.1,
      1,
      2 ** 53,
      1e300,
    ];
    const shuffled = [4, 9, 0, 7, 2, 5, 8, 1, 6, 3].map((index) => sorted[index] as number);
    for (const priority of shuffled) queue.putSync(priority, { priority });
    expect(drain(queue)).toEqual(sorted);
    for (const [index, priority] of [0, -0, 0, -0].entries()) queue.putSync(index, { priority });
    expect(drain(queue)).toEqual([0, 1, 2, 3]);
  });

  it('is that of the puts among equals, and 0 is where no priority is given', async () => {
    const queue = own(new PriorityQueue<number>());
    for (let n = 0; n < 100; n++) {
      if (n % 2 === 0) queue.putSync(n);
      else await queue.put(n, { priority: 0 });
    }
    expect(await queue.getMany(100)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it('is that of the puts among equals of several processes', async () => {
    const queue = own(new PriorityQueue<string>());
    const peer = new Peer('priority', 'putOnGo', {
      name: queue.name,
      items: [
        ['peer 1', 5],
        ['peer 2', 5],
        ['peer first', 4],
      ],
    });
    await peer.event('ready');
    for (let n = 1; n <= 3; n++) {
      queue.putSync(`own ${n}`, { priority: 5 });
      peer.go();
      await peer.event('put');
    }
    expect(drain(queue)).toEqual(['peer first', 'own 1', 'peer 1', 'own 2', 'peer 2', 'own 3']);
  });

  it('holds for 100,000 items of random priorities', () => {
    const queue = own(new PriorityQueue<number>({ capacity: 16 * 1024 * 1024 }));
    const random = randomFrom(1);
    const wanted: { priority: number; n: number }[] = [];
    for (let n = 0; n < 100_000; n++) {
      const priority = Math.floor(random() * 5000) - 2500;
      queue.putSync(n, { priority });
      wanted.push({ priority, n });
    }
    expect(queue.qsize()).toBe(100_000);
    wanted.sort((a, b) => a.priority - b.priority || a.n - b.n);
    const got: number[] = [];
    while (!queue.empty()) got.push(...queue.getManySync(1000));
    expect(got).toEqual(wanted.map(({ n }) => n));
  });

  it('is kept by an item whose getter puts other items', () => {
    const queue = own(new PriorityQueue<unknown>());
    const nosy = {
      get n() {
        queue.putSync('inner', { priority: -1 });
        return 1;
      },
    };
    queue.putManySync([nosy, 'second'], { priority: -5 });
    expect(drain(queue)).toEqual([{ n: 1 }, 'second', 'inner']);
  });
});
