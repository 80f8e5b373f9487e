import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Pipe, Queue, SimpleQueue, waitSync } from '../dist/index.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { child } from './helpers/process-owned.js';
import { duration } from './helpers/time.js';
import * as targets from './fixtures/process-targets.mjs';

describe('waitSync', () => {
  it('gives at once all that are ready, and takes nothing', () => {
    const [a, b] = ownBoth(Pipe());
    const queue = own(new Queue());
    const simple = own(new SimpleQueue());
    b.sendSync(1);
    simple.putSync(2);
    expect(waitSync([queue, a, simple])).toEqual([a, simple]);
    expect(waitSync([queue, a, simple])).toEqual([a, simple]);
    b.close();
    a.recvSync();
    expect(waitSync([queue, a], { timeout: 0 })).toEqual([a]);
  });

  it('gives an empty list when its time is over, not sooner', async () => {
    const lists = [[own(new Queue()), ownBoth(Pipe())[0]], []];
    for (const list of lists) {
      const took = await duration(() => expect(waitSync(list, { timeout: 120 })).toEqual([]));
      expect(took).toBeGreaterThan(119);
      expect(took).toBeLessThan(5_000);
    }
    expect(waitSync([], { timeout: -1 })).toEqual([]);
  });

  it('is woken by whichever of many comes first, from other processes', async () => {
    const queues = Array.from({ length: 40 }, () => own(new Queue<number>()));
    const connections = Array.from({ length: 20 }, () => ownBoth(Pipe())[0]);
    const target = queues[33] as Queue<number>;
    const answers = own(new Queue<number>({ name: `${target.name}.back` }));
    const peer = new Peer('wait', 'answer', { from: target.name, count: 300 });
    await peer.event('ready');
    for (let round = 0; round < 300; round++) {
      answers.putSync(round);
      expect(waitSync([...connections, ...queues], { timeout: 20_000 })).toEqual([target]);
      expect(target.getNowait()).toBe(round);
    }
    await peer.ended;
  });

  it('is woken, not left to its slices: hundreds of rounds take far less than a slice each', async () => {
    const queue = own(new Queue<number>());
    const other = own(new Queue());
    const answers = own(new Queue<number>({ name: `${queue.name}.back` }));
    const peer = new Peer('wait', 'answerSlowly', { from: queue.name, count: 60 });
    await peer.event('ready');
    const took = await duration(() => {
      for (let round = 0; round < 60; round++) {
        answers.putSync(round);
        waitSync([other, queue]);
        queue.getNowait();
      }
    });
    // The peer takes 3 ms for each answer, longer than anybody polls.
    expect(took).toBeGreaterThan(150);
    expect(took).toBeLessThan(60 * 25);
    await peer.ended;
  });

  it('serves the promises of this thread that wait for the same queue meanwhile', async () => {
    const queue = own(new Queue<number>());
    const other = own(new Queue<number>());
    const answers = own(new Queue<number>({ name: `${queue.name}.back` }));
    const promised = queue.get();
    const peer = new Peer('wait', 'answerSlowly', { from: queue.name, count: 2 });
    await peer.event('ready');
    answers.putManySync([1, 2]);
    expect(waitSync([other, queue], { timeout: 20_000 })).toEqual([queue]);
    expect(queue.getNowait()).toBe(2);
    expect(await promised).toBe(1);
    await peer.ended;
  });

  it('notices that a process has ended', () => {
    const [from, to] = [own(new Queue()), own(new Queue())];
    const process = child(targets.forward, [from, to]).start();
    expect(waitSync([process, to], { timeout: 0 })).toEqual([]);
    from.putSync('go on');
    expect(waitSync([process], { timeout: 20_000 })).toEqual([process]);
    expect(process.exitcode).toBe(0);
    expect(to.getNowait()).toBe('go on');
  });

  it('meets the end of file when the peer of a connection was killed', async () => {
    const hand = own(new Queue());
    const [mine, theirs] = Pipe();
    own(mine);
    const peer = new Peer('queue', 'keepConnection', { name: hand.name });
    hand.putSync(theirs);
    await peer.event('arrived');
    peer.kill();
    const took = await duration(() => expect(waitSync([mine, hand])).toEqual([mine]));
    expect(took).toBeLessThan(1_000);
  });

  it('lets a worker be terminated that blocks in it', async () => {
    const queue = own(new Queue());
    const worker = new Worker(new URL('fixtures/wait-worker.mjs', import.meta.url), {
      workerData: { name: queue.name },
      execArgv: [],
    });
    expect(await once(worker, 'message')).toEqual(['waiting']);
    const took = await duration(() => worker.terminate());
    expect(took).toBeLessThan(1_000);
  });
});
