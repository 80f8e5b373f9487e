import { describe, expect, it } from 'vitest';
import { PriorityQueue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { until } from './helpers/time.js';

describe('a process that uses a PriorityQueue and is killed', () => {
  it('leaves everything that it had put', async () => {
    const queue = own(new PriorityQueue<string>());
    const items = [
      ['b', 2],
      ['a', 1],
      ['c', 2],
    ];
    const peer = new Peer('priority', 'putAndDie', { name: queue.name, items });
    expect((await peer.ended).signal).toBe('SIGKILL');
    expect(queue.getManySync(10)).toEqual(['a', 'b', 'c']);
  });

  it('costs at most the item that it was taking, and every other item arrives once and whole', async () => {
    const queue = own(new PriorityQueue<unknown>({ capacity: 65_536 }));
    const producers = [0, 1].map(
      (id) => new Peer('priority', 'produceChecked', { name: queue.name, id }),
    );
    const consumers = [0, 1, 2].map(
      () => new Peer('priority', 'consumeChecked', { name: queue.name }),
    );
    const last = [-1, -1];
    const seen = new Map<string, number>();
    let wrong = 0;
    const listen = async (
      peer: Peer,
      event: string,
      note: (more: Record<string, unknown>) => void,
    ) => {
      try {
        for (;;) note(await peer.event(event));
      } catch {
        // The peer has ended.
      }
    };
    const listening = [
      ...producers.map((peer, id) =>
        listen(peer, 'in', ({ n }) => {
          last[id] = n as number;
        }),
      ),
      ...consumers.map((peer) =>
        listen(peer, 'out', ({ p, n, right }) => {
          if (right !== true) wrong++;
          const key = `${String(p)}:${String(n)}`;
          seen.set(key, (seen.get(key) ?? 0) + 1);
        }),
      ),
    ];
    await until(() => last.every((n) => n > 20));
    for (const victim of [consumers[0], producers[0], consumers[1], producers[1]]) {
      const before = seen.size;
      await until(() => seen.size > before + 100);
      victim?.kill();
      await victim?.ended;
    }
    await until(() => queue.empty());
    queue.shutdown();
    await consumers[2]?.ended;
    await Promise.all(listening);
    let lost = 0;
    for (const [p, most] of last.entries()) {
      for (let n = 0; n <= most; n++) if (!seen.has(`${p}:${n}`)) lost++;
    }
    expect(wrong).toBe(0);
    expect(Math.max(...seen.values())).toBe(1);
    // Each consumer that was killed had one in its hands, or one of which it had not said so.
    expect(lost).toBeLessThanOrEqual(2);
  });
});
