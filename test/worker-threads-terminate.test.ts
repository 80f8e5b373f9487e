import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { BrokenPipeError, EOFError, Lock, Pipe, Queue } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { message, startWorker } from './helpers/threads.js';
import { duration, until } from './helpers/time.js';

const soon = 3_000;
const forms = [
  'getSync',
  'getManySync',
  'get',
  'putSync',
  'put',
  'acquireSync',
  'acquire',
  'recvSync',
  'recv',
  'sendSync',
  'send',
  'pollSync',
];

describe('terminate() of a worker', () => {
  for (const form of forms) {
    it(`ends its ${form} within a second, time and again, and harms nobody`, async () => {
      const queue = own(new Queue<string>());
      const full = own(new Queue<string>(1));
      full.putSync('first');
      const lock = own(new Lock());
      const guard = lock.acquireSync();
      for (let round = 0; round < 8; round++) {
        const data = { form, queue: queue.handle, full: full.handle, lock: lock.handle };
        const pipe = /recv|send|poll/.test(form) ? ownBoth(Pipe<unknown>({ capacity: 4096 })) : [];
        const [here, there] = pipe;
        if (form.startsWith('send')) there?.sendSync(Buffer.alloc(100_000));
        // Only to a worker that takes it: an end on its way keeps its pipe.
        const end = there?.handOver();
        const worker = startWorker('wait', { ...data, end });
        expect(await message(worker)).toBe('waiting');
        // Sometimes just when it begins to wait, sometimes when it sleeps.
        if (round % 2 === 1) await new Promise((resolve) => setTimeout(resolve, 60));
        expect(await duration(() => worker.terminate())).toBeLessThan(soon);
        here?.close();
      }
      queue.putSync('for us');
      expect(await queue.get()).toBe('for us');
      const put = full.put('second');
      expect(full.getSync()).toBe('first');
      await put;
      guard?.release();
      expect(lock.acquireSync({ timeout: 0 })?.abandoned).toBe(false);
    });
  }

  it('counts as its death: its lock is abandoned and its end of a pipe is gone', async () => {
    const lock = own(new Lock());
    for (const how of ['stay', 'busy']) {
      const [here, there] = ownBoth(Pipe<string>());
      const worker = startWorker('hold', { lock: lock.handle, end: there.handOver(), how });
      expect(await here.recv()).toBe('last words');
      if (how === 'stay') expect(await message(worker)).toEqual({ abandoned: false });
      const waits = lock.acquire();
      const ended = rejects(here.recv(), EOFError, 'ERR_EOF');
      await worker.terminate();
      const took = await duration(async () => {
        await ended;
        const guard = await waits;
        expect(guard?.abandoned).toBe(true);
        guard?.release();
      });
      expect(took).toBeLessThan(soon);
      throws(() => here.sendSync('nobody'), BrokenPipeError, 'EPIPE');
    }
  });

  it('is noticed by another thread that is blocked', async () => {
    const lock = own(new Lock());
    const holder = startWorker('hold', { lock: lock.handle, how: 'stay' });
    await message(holder);
    const waiter = startWorker('acquire', { lock: lock.handle, sync: true });
    expect(await message(waiter)).toBe('waiting');
    const acquired = message(waiter);
    await holder.terminate();
    expect(await acquired).toEqual({ abandoned: true });
  });
});

describe('a worker that ends', () => {
  for (const [how, abandoned] of [
    ['return', false],
    ['exit', false],
    ['throw', true],
  ] as const) {
    it(`by ${how} leaves its lock free and ${abandoned ? '' : 'not '}abandoned`, async () => {
      const lock = own(new Lock());
      const [here, there] = ownBoth(Pipe<string>());
      const worker = startWorker('hold', { lock: lock.handle, end: there.handOver(), how });
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      await message(worker);
      const waits = lock.acquire();
      worker.postMessage('go on');
      await ended;
      const guard = await waits;
      expect(guard?.abandoned).toBe(abandoned);
      guard?.release();
      expect(await here.recv()).toBe('last words');
      await rejects(here.recv(), EOFError, 'ERR_EOF');
    });
  }
});

describe('process.exit from a signal', () => {
  it('ends a process whose worker is blocked', async () => {
    const peer = new Peer('waiting', 'exitFromSignal');
    await peer.event('waiting');
    const took = await duration(async () => {
      peer.kill('SIGTERM');
      expect(await peer.ended).toEqual({ code: 7, signal: null });
    });
    expect(took).toBeLessThan(soon);
  });
});

describe('many workers at once', () => {
  it('make, share and close objects without an end in a crash or a left-over', async () => {
    const shared = own(new Queue({ capacity: 4096 }));
    const workers = [1, 2, 3, 4].map(() =>
      startWorker('storm', { rounds: 150, shared: shared.name }),
    );
    const ends = workers.map((worker) => once(worker, 'exit'));
    expect(await Promise.all(workers.map((worker) => message(worker)))).toEqual(
      workers.map(() => 'done'),
    );
    expect((await Promise.all(ends)).flat()).toEqual([0, 0, 0, 0]);
    expect(shared.empty()).toBe(true);
  });

  it('may be terminated amid all that, and the others go on', async () => {
    const shared = own(new Queue<number>({ capacity: 4096 }));
    for (let round = 0; round < 5; round++) {
      const workers = [1, 2, 3].map(() =>
        startWorker('storm', { rounds: 1_000_000, shared: shared.name }),
      );
      await Promise.all(workers.map((worker) => once(worker, 'online')));
      await until(() => shared.qsize() > 0 || round > 0, 5_000).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 120 + round * 13));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    while (!shared.empty()) shared.getNowait();
    shared.putSync(1);
    expect(await shared.get()).toBe(1);
  });
});
