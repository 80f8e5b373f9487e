import { describe, expect, it } from 'vitest';
import { Lock, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { duration, isPending } from './helpers/time.js';

describe('a queue whose readers are killed while they wait', () => {
  for (const action of ['getSync', 'get']) {
    it(`goes on for the others (${action})`, async () => {
      const queue = own(new Queue<string>());
      const victims = Array.from(
        { length: 3 },
        () => new Peer('queue', action, { name: queue.name, forEver: true }),
      );
      for (const victim of victims) await victim.event('waiting');
      const survivors = ['getSync', 'get'].map(
        (form) => new Peer('queue', form, { name: queue.name }),
      );
      for (const peer of survivors) await peer.event('waiting');
      const here = queue.get();
      expect(await isPending(here)).toBe(true);
      for (const victim of victims) victim.kill();
      for (const victim of victims) await victim.ended;
      for (const item of ['one', 'two', 'three']) queue.putSync(item);
      const got = [await here];
      for (const peer of survivors) got.push((await peer.event('got'))['value'] as string);
      expect(got.sort()).toEqual(['one', 'three', 'two']);
      expect(queue.empty()).toBe(true);
    });
  }

  it('loses no item to a dead reader that was about to be woken', async () => {
    const queue = own(new Queue<number>());
    for (let round = 0; round < 10; round++) {
      const victim = new Peer('queue', 'getSync', { name: queue.name });
      await victim.event('waiting');
      victim.kill('SIGSTOP');
      const here = queue.get();
      queue.putSync(round);
      victim.kill();
      expect(await here).toBe(round);
      await victim.ended;
    }
    expect(queue.empty()).toBe(true);
  });
});

describe('a queue whose writers are killed', () => {
  it('keeps what was put, in order, and takes from others', async () => {
    const queue = own(new Queue<[number, number]>({ capacity: 4096 }));
    for (let round = 0; round < 6; round++) {
      const victim = new Peer('queue', 'produce', {
        name: queue.name,
        id: round,
        count: 1e9,
        form: round % 2 === 0 ? 'sync' : 'promise',
      });
      await victim.event('ready');
      let next = 0;
      for (; next < 300 + round * 37; next++) expect(await queue.get()).toEqual([round, next]);
      victim.kill();
      await victim.ended;
      while (!queue.empty()) expect(await queue.get({ timeout: 5_000 })).toEqual([round, next++]);
    }
    queue.putSync([9, 9]);
    expect(queue.getSync()).toEqual([9, 9]);
  });

  it('leaves the room that a dead writer waited for to the living', async () => {
    const queue = own(new Queue<unknown>(1));
    queue.putSync('first');
    const victims = [true, false].map(
      (sync) => new Peer('queue', 'put', { name: queue.name, item: 'never', sync }),
    );
    for (const victim of victims) await victim.event('waiting');
    const put = queue.put('second');
    expect(await isPending(put, 300)).toBe(true);
    for (const victim of victims) {
      victim.kill();
      await victim.ended;
    }
    expect(queue.getSync()).toBe('first');
    await put;
    expect(queue.getSync()).toBe('second');
  });
});

describe('a signal without a handler', () => {
  const forms = ['getSync', 'getManySync', 'putSync', 'recvSync', 'sendSync', 'pollSync'];
  for (const form of forms) {
    it(`ends a process that is blocked in ${form}`, async () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        const peer = new Peer('waiting', 'block', { form });
        await peer.event('waiting');
        expect(await isPending(peer.ended, 120)).toBe(true);
        const took = await duration(async () => {
          peer.kill(signal);
          expect(await peer.ended).toEqual({ code: null, signal });
        });
        expect(took).toBeLessThan(3_000);
      }
    });
  }

  it('ends a process that is blocked in acquireSync', async () => {
    const lock = own(new Lock());
    const guard = lock.acquireSync();
    const peer = new Peer('waiting', 'blockOnLock', { name: lock.name });
    await peer.event('waiting');
    expect(await isPending(peer.ended, 120)).toBe(true);
    peer.kill('SIGTERM');
    expect(await peer.ended).toEqual({ code: null, signal: 'SIGTERM' });
    guard?.release();
    expect(lock.acquireSync({ timeout: 0 })?.abandoned).toBe(false);
  });
});
