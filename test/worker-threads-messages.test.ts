import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Lock, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { message, startWorker } from './helpers/threads.js';

interface Answer {
  item: number;
  double: number;
}

/** For blocking calls that a fault elsewhere would keep for ever: no test timeout ends those. */
const patience = { timeout: 30_000 };

describe('worker threads', () => {
  for (const sync of [true, false]) {
    it(`work for the main thread through queues, ${sync ? 'blocking' : 'waiting'}`, async () => {
      const requests = own(new Queue<number>());
      const answers = own(new Queue<Answer>());
      const data = { requests: requests.handle, answers: answers.handle, sync };
      const workers = [1, 2, 3].map(() => startWorker('answer', data));
      for (const worker of workers) expect(await message(worker)).toBe('ready');
      const count = 600;
      for (let n = 0; n < count; n++) requests.putSync(n);
      const seen = new Set<number>();
      for (let n = 0; n < count; n++) {
        const { item, double } = await answers.get();
        expect(double).toBe(item * 2);
        seen.add(item);
      }
      expect(seen.size).toBe(count);
      const ends = workers.map((worker) => message(worker));
      requests.shutdown();
      expect(await Promise.all(ends)).toEqual(workers.map(() => 'ERR_QUEUE_SHUTDOWN'));
    });
  }

  it('can be waited for by blocking the main thread', async () => {
    const requests = own(new Queue<number>());
    const answers = own(new Queue<Answer>());
    const data = { requests: requests.handle, answers: answers.handle, sync: true };
    await message(startWorker('answer', data));
    for (let n = 0; n < 300; n++) {
      requests.putSync(n);
      expect(answers.getSync(patience)).toEqual({ item: n, double: n * 2 });
    }
    requests.shutdown();
  });

  it('end by themselves although they have handles open', async () => {
    const queue = own(new Queue<number>());
    queue.putSync(1);
    const worker = startWorker('idle', { queue: queue.handle });
    const ended = once(worker, 'exit');
    expect(await message(worker)).toBe(1);
    expect(await ended).toEqual([0]);
    expect(queue.getNowait()).toBe(1);
  });

  it('are owners of their own: one may not release what another holds', async () => {
    const lock = own(new Lock());
    const guard = lock.acquireSync();
    expect(await message(startWorker('release', { lock: lock.name }))).toBe('ERR_LOCK_NOT_OWNED');
    expect(lock.locked()).toBe(true);
    const waiters = [true, false].map((sync) =>
      startWorker('acquire', { lock: lock.handle, sync }),
    );
    for (const worker of waiters) expect(await message(worker)).toBe('waiting');
    const acquired = waiters.map((worker) => message(worker));
    guard?.release();
    expect(await Promise.all(acquired)).toEqual([{ abandoned: false }, { abandoned: false }]);
  });
});
