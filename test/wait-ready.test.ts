import { describe, expect, it } from 'vitest';
import {
  AbortError,
  ClosedError,
  Event,
  Pipe,
  Queue,
  SimpleQueue,
  wait,
  waitSync,
} from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { child } from './helpers/process-owned.js';
import { duration, isPending } from './helpers/time.js';
import * as targets from './fixtures/process-targets.mjs';

const late = 5_000;

describe('wait', () => {
  it('resolves at once to all that are ready, in the order given, and takes nothing', async () => {
    const [a, b] = ownBoth(Pipe());
    const [c] = ownBoth(Pipe());
    const queue = own(new Queue());
    const simple = own(new SimpleQueue());
    await b.send('message');
    queue.putSync('item');
    simple.putSync('simple');
    expect(await wait([simple, c, a, queue])).toEqual([simple, a, queue]);
    expect(await wait(new Set([a, c]))).toEqual([a]);
    expect(await wait([c, a, queue, simple], { timeout: 0 })).toEqual([a, queue, simple]);
    expect([await a.recv(), queue.getNowait(), simple.getNowait()]).toEqual([
      'message',
      'item',
      'simple',
    ]);
    expect(await wait([a, queue, simple], { timeout: 0 })).toEqual([]);
  });

  it('resolves to an empty list when its time is over, not sooner', async () => {
    const [a] = ownBoth(Pipe());
    const queue = own(new Queue());
    for (const list of [[a], [queue], [a, queue], []]) {
      let ready: unknown[] = [1];
      const took = await duration(async () => {
        ready = await wait(list, { timeout: 60 });
      });
      expect(ready).toEqual([]);
      expect(took).toBeGreaterThan(58);
      expect(took).toBeLessThan(late);
    }
  });

  it('looks once for a timeout of zero, a negative one and block: false', async () => {
    const queue = own(new Queue());
    const took = await duration(async () => {
      for (const options of [{ timeout: 0 }, { timeout: -3 }, { block: false, timeout: 60_000 }]) {
        expect(await wait([queue], options)).toEqual([]);
        expect(await wait([], options)).toEqual([]);
      }
    });
    expect(took).toBeLessThan(late);
  });

  it('is woken by a message, an item and the end of file, from this thread', async () => {
    const [a, b] = ownBoth(Pipe());
    const queue = own(new Queue());
    const simple = own(new SimpleQueue());
    const list = [a, queue, simple];
    let waiting = wait(list);
    expect(await isPending(waiting, 30)).toBe(true);
    await b.send(1);
    expect(await waiting).toEqual([a]);
    await a.recv();
    waiting = wait(list);
    expect(await isPending(waiting, 30)).toBe(true);
    await simple.put(2);
    expect(await waiting).toEqual([simple]);
    simple.getNowait();
    waiting = wait(list);
    queue.putSync(3);
    expect(await waiting).toEqual([queue]);
    queue.getNowait();
    waiting = wait(list);
    b.close();
    expect(await waiting).toEqual([a]);
    expect(await wait([a], { timeout: 0 })).toEqual([a]);
  });

  it('counts a queue that was shut down as ready once it is drained', async () => {
    const queue = own(new Queue());
    const waiting = wait([queue]);
    expect(await isPending(waiting, 30)).toBe(true);
    queue.shutdown();
    expect(await waiting).toEqual([queue]);
    expect(await wait([queue], { timeout: 0 })).toEqual([queue]);
  });

  it('is woken by an event that is set, and finds it ready for as long as it is', async () => {
    const event = own(new Event());
    const queue = own(new Queue());
    const waiting = wait([queue, event]);
    expect(await isPending(waiting, 30)).toBe(true);
    event.set();
    expect(await waiting).toEqual([event]);
    expect(await wait([event, queue], { timeout: 0 })).toEqual([event]);
    expect(waitSync([queue, event])).toEqual([event]);
    event.clear();
    expect(await wait([event, queue], { timeout: 0 })).toEqual([]);
    expect(waitSync([event], { timeout: 20 })).toEqual([]);
  });

  it('is woken by another process', async () => {
    const queue = own(new Queue<string>());
    const others = [own(new Queue()), own(new SimpleQueue())];
    const peer = new Peer('queue', 'putOnGo', { name: queue.name, items: ['from afar'] });
    await peer.event('ready');
    const waiting = wait([...others, queue]);
    expect(await isPending(waiting, 80)).toBe(true);
    peer.go();
    expect(await waiting).toEqual([queue]);
    expect(await queue.get()).toBe('from afar');
  });

  it('meets the end of file when the peer of a connection is killed, within the time for deaths', async () => {
    const hand = own(new Queue());
    const [mine, theirs] = Pipe();
    own(mine);
    const peer = new Peer('queue', 'keepConnection', { name: hand.name });
    hand.putSync(theirs);
    await peer.event('arrived');
    const waiting = wait([mine, own(new Queue())]);
    expect(await isPending(waiting, 100)).toBe(true);
    peer.kill();
    await peer.ended;
    const took = await duration(() => waiting);
    expect(await waiting).toEqual([mine]);
    expect(took).toBeLessThan(1_000);
  });

  it('waits for a process and its sentinel', async () => {
    const [from, to] = [own(new Queue()), own(new Queue())];
    const process = child(targets.forward, [from, to]).start();
    const queue = own(new Queue());
    expect(await wait([process, queue], { timeout: 0 })).toEqual([]);
    const waiting = wait([queue, process.sentinel]);
    expect(await isPending(waiting, 50)).toBe(true);
    from.putSync('go on');
    expect(await waiting).toEqual([process]);
    expect(process.exitcode).toBe(0);
    expect(await wait([process], { timeout: 0 })).toEqual([process]);
  });

  it('rejects when it is aborted, and leaves what it waited for as it was', async () => {
    const [a, b] = ownBoth(Pipe());
    const queue = own(new Queue());
    const stop = new AbortController();
    const waiting = wait([a, queue], { signal: stop.signal });
    const empty = wait([], { signal: stop.signal });
    expect(await isPending(waiting, 30)).toBe(true);
    const reason = new Error('enough');
    stop.abort(reason);
    for (const promise of [waiting, empty]) {
      const error = await rejects(promise, AbortError, 'ABORT_ERR');
      expect(error.cause).toBe(reason);
    }
    await b.send(1);
    queue.putSync(2);
    expect([await a.recv(), await queue.get()]).toEqual([1, 2]);
    await rejects(wait([a], { signal: stop.signal }), AbortError, 'ABORT_ERR');
  });

  it('rejects when one of the objects is closed meanwhile', async () => {
    const [a] = ownBoth(Pipe());
    const queue = own(new Queue());
    const waiting = wait([a, queue]);
    expect(await isPending(waiting, 30)).toBe(true);
    queue.close();
    await rejects(waiting, ClosedError, 'ERR_CLOSED');
    const again = wait([a]);
    a.close();
    await rejects(again, ClosedError, 'ERR_CLOSED');
  });
});
