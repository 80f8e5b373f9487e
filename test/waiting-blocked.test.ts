import { describe, expect, it } from 'vitest';
import { Lock, Queue, Value } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { duration } from './helpers/time.js';

/** A blocked thread sleeps in slices of this length, in milliseconds, wherever the looks between them are made. */
const slice = 50;

const forms = ['one object', 'several objects'];

for (const form of forms) {
  describe(`a thread that is blocked in a wait for ${form}`, () => {
    it('leaves most looks between its slices to the addon on the main thread', async () => {
      const peer = new Peer('blocked', 'calls', { form, thread: 'main', milliseconds: 20 * slice });
      const { count } = await peer.event('calls');
      expect(count as number).toBeGreaterThan(0);
      expect(count as number).toBeLessThan(10);
      await peer.ended;
    });

    it('comes back to JavaScript after each slice in a worker, which terminate() may end', async () => {
      const peer = new Peer('blocked', 'calls', {
        form,
        thread: 'worker',
        milliseconds: 20 * slice,
      });
      const { count, longest } = await peer.event('calls');
      expect(longest as number).toBeLessThanOrEqual(slice);
      expect(count as number).toBeGreaterThan(5);
      await peer.ended;
    });

    it('calls the listener of a signal at once, time and again', async () => {
      const count = 40;
      const peer = new Peer('blocked', 'signals', { form, count });
      await peer.event('blocking');
      const took = await duration(async () => {
        for (let round = 1; round <= count; round++) {
          peer.kill('SIGUSR2');
          expect(await peer.event('signal')).toEqual({ event: 'signal', came: round });
        }
      });
      // Left to the end of each native call they would take twice as long.
      expect(took).toBeLessThan(count * 60);
      expect(await peer.event('over')).toMatchObject({ came: count });
      expect(await peer.ended).toEqual({ code: 0, signal: null });
    });

    it('notices within two slices that somebody died without a word', async () => {
      const late: number[] = [];
      for (let round = 0; round < 5; round++) {
        const lock = own(new Lock());
        const moment = own(new Value('d', 0, { lock: false }));
        const [end, order] = [own(new Queue()), own(new Queue())];
        const names = {
          lock: lock.name,
          moment: moment.name,
          end: end.name,
          order: order.name,
        };
        const heir = new Peer('blocked', 'heir', { form, ...names });
        await heir.event('ready');
        const holder = new Peer('blocked', 'holder', names);
        await holder.event('holding');
        heir.go();
        late.push((await heir.event('noticed'))['after'] as number);
        expect(await holder.ended).toEqual({ code: null, signal: 'SIGKILL' });
        await heir.ended;
      }
      // The middle one: a machine that is busy may hold anybody up once. Noticed at the end of a native call, each took 200 and more.
      expect(late.sort((a, b) => a - b)[2]).toBeLessThan(3 * slice);
    });
  });
}

describe('a blocked wait', () => {
  it('leaves what comes to the waits in promise form that came before', async () => {
    const queue = own(new Queue<number>());
    const peer = new Peer('blocked', 'order', { name: queue.name });
    await peer.event('blocking');
    queue.putManySync([1, 2]);
    expect(await peer.event('got')).toMatchObject({ first: 1, second: 2 });
    await peer.ended;
  });
});
