import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

describe('a thousand gets that wait in one process', () => {
  it('are served in their order, each with one item', async () => {
    const queue = own(new Queue<number>());
    const waiting = Array.from({ length: 1000 }, () => queue.get());
    const sender = new Peer('queue', 'produce', {
      name: queue.name,
      id: 0,
      count: 1000,
      form: 'mixed',
    });
    const items = (await Promise.all(waiting)) as unknown as [number, number][];
    expect(items.map(([, n]) => n)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    expect(await sender.ended).toEqual({ code: 0, signal: null });
  });

  it('let as many puts wait in another', async () => {
    const queue = own(new Queue<number>(3));
    const puts = Array.from({ length: 1000 }, (_, n) => queue.put(n));
    const peer = new Peer('queue', 'consumeMixed', { name: queue.name });
    await Promise.all(puts);
    queue.shutdown();
    expect((await peer.event('end'))['items']).toEqual(puts.map((_, n) => n));
  });
});

describe('four producing and four consuming processes', () => {
  for (const [capacity, maxsize] of [
    [4096, 0],
    [65_536, 5],
  ] as const) {
    it(`lose, double and spoil nothing with ${capacity} bytes and maxsize ${maxsize}`, async () => {
      const queue = own(new Queue({ capacity, maxsize }));
      const count = 1500;
      const forms = ['sync', 'promise', 'many', 'sync'];
      const consumers = forms.map(
        (form) => new Peer('queue', 'consumeChecked', { name: queue.name, form }),
      );
      const producers = forms.map(
        (form, id) => new Peer('queue', 'produceChecked', { name: queue.name, id, count, form }),
      );
      for (const peer of [...consumers, ...producers]) await peer.event('ready');
      for (const peer of producers) peer.go();
      for (const peer of producers) expect((await peer.ended).code).toBe(0);
      queue.shutdown();
      const seen = producers.map(() => new Array<number>(count).fill(0));
      for (const peer of consumers) {
        const end = await peer.event('end');
        expect(end['wrong']).toBe(0);
        expect(end['error']).toEqual({ class: 'ShutDown', code: 'ERR_QUEUE_SHUTDOWN' });
        const last = producers.map(() => -1);
        for (const [p, n] of end['seen'] as [number, number][]) {
          expect(n).toBeGreaterThan(last[p]!);
          last[p] = n;
          seen[p]![n]!++;
        }
      }
      expect(seen.flat().every((times) => times === 1)).toBe(true);
    });
  }
});
