import { describe, expect, it } from 'vitest';
import { Pipe, Queue, wait, waitSync } from '../dist/index.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { duration, isPending } from './helpers/time.js';

describe('a wait shares what it waits for', () => {
  it('with the gets of its own thread: each item goes to a get, and the wait learns of it', async () => {
    const queue = own(new Queue<number>());
    const looking = wait([queue]);
    const taking = queue.get();
    expect(await isPending(looking, 50)).toBe(true);
    queue.putManySync([1, 2]);
    expect(await taking).toBe(1);
    expect(await looking).toEqual([queue]);
    expect(queue.getNowait()).toBe(2);
  });

  it('and does not keep a getNowait from what is there', async () => {
    const queue = own(new Queue<number>());
    const looking = wait([queue]);
    queue.putSync(1);
    expect(queue.getNowait()).toBe(1);
    expect(await isPending(looking, 60)).toBe(true);
    queue.putSync(2);
    expect(await looking).toEqual([queue]);
  });

  it('with a getMany that met what cannot be decoded: what it left for later counts', async () => {
    const writer = own(new Queue<Buffer>({ codec: 'raw' }));
    const codec = {
      encode: (text: string) => Buffer.from(text),
      decode: (bytes: Uint8Array) => {
        if (bytes.length !== 4) throw new Error('not four bytes');
        return Buffer.from(bytes).toString();
      },
    };
    const reader = own(Queue.open<string>(writer.name, { codec }));
    for (const item of ['good', 'bad', 'last']) writer.putSync(Buffer.from(item));
    expect(await reader.getMany(3)).toEqual(['good']);
    expect(await wait([reader], { timeout: 0 })).toEqual([reader]);
    expect(() => reader.getNowait()).toThrow();
    expect(waitSync([reader], { timeout: 0 })).toEqual([reader]);
    expect(reader.getNowait()).toBe('last');
    expect(await wait([reader], { timeout: 0 })).toEqual([]);
  });

  it('with a get of another process: a wake-up that came to one who takes nothing is passed on', async () => {
    const queue = own(new Queue<number>());
    const peers = [0, 1, 2].map(
      () => new Peer('wait', 'looks', { names: [queue.name, own(new Queue()).name] }),
    );
    await Promise.all(peers.map((peer) => peer.event('waiting')));
    const getter = new Peer('queue', 'get', { name: queue.name, forEver: true });
    await getter.event('waiting');
    expect(await isPending(Promise.race([]), 300)).toBe(true);
    const took = await duration(async () => {
      queue.putSync(7);
      expect((await getter.event('got'))['value']).toBe(7);
    });
    expect(took).toBeLessThan(2_000);
    getter.kill();
  });

  it('with other waits for the same object: all of them end, however they were ended before', async () => {
    const [a, b] = ownBoth(Pipe());
    const queue = own(new Queue());
    const stop = new AbortController();
    const waits = [wait([a]), wait([queue, a]), wait([a, queue]), wait([a], { timeout: 30 })];
    const aborted = wait([a], { signal: stop.signal }).catch(() => 'aborted');
    expect(await waits[3]).toEqual([]);
    stop.abort();
    expect(await aborted).toBe('aborted');
    expect(await isPending(Promise.race(waits.slice(0, 3)), 120)).toBe(true);
    await b.send('one');
    expect(await Promise.all(waits.slice(0, 3))).toEqual([[a], [a], [a]]);
    expect(await a.recv()).toBe('one');
  });

  it('costs no thread and no timer for an object, and leaves nothing behind', async () => {
    const pipes = Array.from({ length: 100 }, () => ownBoth(Pipe({ capacity: 4096 })));
    const ends = pipes.map(([a]) => a);
    const resources = () => process.getActiveResourcesInfo();
    const before = resources().filter((what) => what === 'Timeout').length;
    for (let round = 0; round < 200; round++) {
      const index = (round * 37) % ends.length;
      const waiting = wait(ends);
      if (round % 50 === 0) {
        expect(await isPending(waiting, 30)).toBe(true);
        const timers = resources().filter((what) => what === 'Timeout').length;
        expect(timers - before).toBeLessThanOrEqual(1);
      }
      await pipes[index]![1].send(round);
      expect(await waiting).toEqual([ends[index]]);
      expect(await ends[index]!.recv()).toBe(round);
    }
  });

  it('and keeps the process alive only while it waits', async () => {
    const { start } = await import('./helpers/segments.js');
    const name = own(new Queue<number>());
    const waits = start(
      `const queue = ip.Queue.open(${JSON.stringify(name.name)});
       console.log('waiting'); await ip.wait([queue]); console.log('woken');`,
    );
    expect(await waits.line()).toBe('waiting');
    name.putSync(1);
    expect(await waits.line()).toBe('woken');
    expect((await waits.finished).code).toBe(0);
  });
});
