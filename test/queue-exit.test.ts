import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { until } from './helpers/time.js';

const items = Array.from({ length: 200 }, (_, n) => ({ n, text: 'x'.repeat(n) }));

describe('items outlive the process that put them', () => {
  const endings: [string, string, number | null, NodeJS.Signals | null][] = [
    ['calls process.exit in the same turn', 'putAndExit', 3, null],
    ['comes to the end of its script', 'putAndReturn', 0, null],
    ['dies of an uncaught error', 'putAndThrow', 1, null],
    ['is killed right after', 'putAndDie', null, 'SIGKILL'],
  ];
  for (const [how, action, code, signal] of endings) {
    it(`when it ${how}`, async () => {
      const queue = own(new Queue<unknown>());
      const peer = new Peer('queue', action, { name: queue.name, items, code });
      expect(await peer.ended).toEqual({ code, signal });
      expect(queue.qsize()).toBe(items.length);
      for (const item of items) expect(queue.getNowait()).toEqual(item);
      expect(queue.empty()).toBe(true);
    });
  }

  it('so that a producer does not wait for its readers', async () => {
    const queue = own(new Queue<unknown>({ capacity: 4 * 1024 * 1024 }));
    const large = [Buffer.alloc(1024 * 1024).toString('hex')];
    const peer = new Peer('queue', 'putAndExit', {
      name: queue.name,
      items: ['small', 7],
      code: 0,
    });
    expect(await peer.ended).toEqual({ code: 0, signal: null });
    queue.putSync(large);
    expect(queue.qsize()).toBe(3);
  });
});

describe('a queue that nobody else uses', () => {
  it('goes with its process, which closed nothing', async () => {
    const peer = new Peer('queue', 'closeNothing');
    const { name } = await peer.event('name');
    expect(await peer.ended).toEqual({ code: 0, signal: null });
    await until(() => !readdirSync('/dev/shm').includes(`interproc.${name as string}`), 2_000);
  });
});
