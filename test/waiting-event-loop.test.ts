import { setTimeout as delay } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { Lock, Pipe, Queue } from '../dist/index.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { duration, until } from './helpers/time.js';

/** Runs `act` and says how long the event loop was busy at the longest, in milliseconds. */
async function longestBlock(act: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 5 });
  histogram.enable();
  await act();
  histogram.disable();
  return histogram.max / 1e6;
}

describe('the event loop', () => {
  it('goes on while promises wait for everything that can be waited for', async () => {
    const empty = own(new Queue());
    const full = own(new Queue<number>(1));
    full.putSync(0);
    const [a] = ownBoth(Pipe());
    const lock = own(new Lock());
    const holder = new Peer('lock', 'hold', { name: lock.name, how: 'stay' });
    await holder.event('held');
    const waits = [empty.get(), full.put(1), a.recv(), a.poll(60_000), lock.acquire()];
    for (const wait of waits) wait.catch(() => {});
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const blocked = await longestBlock(() => delay(1000));
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(50);
    // A wait that blocked the loop would do so for a slice of 50 ms, twenty times in this second.
    expect(blocked).toBeLessThan(500);
  });

  it('goes on while another process is stopped, wherever it is stopped', async () => {
    const queue = own(new Queue<unknown>({ capacity: 4096 }));
    const peer = new Peer('queue', 'produce', {
      name: queue.name,
      id: 0,
      count: 1e9,
      form: 'sync',
    });
    await peer.event('ready');
    for (let round = 0; round < 20; round++) {
      await queue.get();
      peer.kill('SIGSTOP');
      let ticks = 0;
      const ticking = setInterval(() => ticks++, 1);
      const taking = (async () => {
        for (;;) await queue.get({ timeout: 30 });
      })().catch(() => {});
      await until(() => ticks >= 5, 5_000);
      clearInterval(ticking);
      await taking;
      peer.kill('SIGCONT');
    }
    expect(await queue.get()).toBeDefined();
  });

  it('serves other events while messages keep coming', async () => {
    const queue = own(new Queue<[number, number]>({ capacity: 4096 }));
    const peer = new Peer('queue', 'produce', {
      name: queue.name,
      id: 0,
      count: 1e9,
      form: 'sync',
    });
    await peer.event('ready');
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    const end = performance.now() + 1000;
    let taken = 0;
    // A turn of the loop now and then is the caller's to give, where items are there already.
    while (performance.now() < end) {
      await queue.get();
      if (++taken % 100 === 0) await new Promise(setImmediate);
    }
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(20);
    expect(taken).toBeGreaterThan(500);
  });
});

describe('timers of waits', () => {
  it('are precise within reason, many at once', async () => {
    const queue = own(new Queue());
    const times = [1, 10, 50, 100, 250, 400];
    await Promise.all(
      times.map(async (timeout) => {
        const took = await duration(() => queue.get({ timeout }).catch(() => {}));
        expect(took).toBeGreaterThan(timeout - 2);
        expect(took).toBeLessThan(timeout + 1000);
      }),
    );
    for (const timeout of times) {
      const took = await duration(() => {
        try {
          queue.getSync({ timeout });
        } catch {
          // Empty.
        }
      });
      expect(took).toBeGreaterThan(timeout - 1);
      expect(took).toBeLessThan(timeout + 1000);
    }
  });
});

describe('a wake-up', () => {
  it('comes by itself, not with the next look of a timer', async () => {
    const [request, answer] = [own(new Queue<number>()), own(new Queue<number>())];
    const peer = new Peer('waiting', 'pingPong', { request: request.name, answer: answer.name });
    await peer.event('ready');
    const rounds: number[] = [];
    for (let n = 0; n < 100; n++) {
      // Long enough for both sides to have fallen asleep.
      await delay(3);
      rounds.push(
        await duration(async () => {
          request.putSync(n);
          expect(await answer.get()).toBe(n);
        }),
      );
    }
    rounds.sort((one, other) => one - other);
    // Looks of a timer come every 50 ms: the median of two such would be near 50.
    expect(rounds[50]).toBeLessThan(15);
    request.shutdown();
  });
});
