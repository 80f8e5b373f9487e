import { describe, expect, it } from 'vitest';
import {
  AbortError,
  BrokenBarrierError,
  InterprocError,
  LockNotOwnedError,
} from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { asAnotherClient, managerForAll, references } from './helpers/managers.js';
import { Peer } from './helpers/peer.js';

const manager = managerForAll();

describe("a manager's lock", () => {
  it('belongs to one client, and only that one releases it', async () => {
    const lock = await manager().Lock();
    const other = asAnotherClient(lock);
    const guard = await lock.acquire();
    expect([guard?.abandoned, await other.locked()]).toEqual([false, true]);
    expect(await other.acquire({ timeout: 20 })).toBeNull();
    expect(await other.acquire({ block: false })).toBeNull();
    await rejects(other.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
    const next = other.acquire();
    await other.locked();
    await guard?.release();
    await guard?.release();
    await (await next)?.release();
    expect(await lock.locked()).toBe(false);
    await rejects(lock.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
  });

  it('is released at the end of a scope and of a function, whatever happens there', async () => {
    const lock = await manager().Lock();
    {
      await using _guard = await lock.acquire();
      expect(await lock.locked()).toBe(true);
    }
    expect(await lock.locked()).toBe(false);
    const failing = lock.run(async () => {
      expect(await lock.locked()).toBe(true);
      throw new RangeError('inside');
    });
    await expect(failing).rejects.toThrow('inside');
    expect(await lock.locked()).toBe(false);
    expect(
      await manager()
        .Lock()
        .run(() => 'ran'),
    ).toBe('ran');
    const bad = lock as unknown as { run(body: unknown): Promise<unknown> };
    await rejects(bad.run(1), TypeError, 'ERR_INVALID_ARG_TYPE');
    expect(await lock.locked()).toBe(false);
  });

  it('is not taken by a wait that was aborted', async () => {
    const lock = await manager().Lock();
    const other = asAnotherClient(lock);
    const guard = await lock.acquire();
    const controller = new AbortController();
    const waiting = other.acquire({ signal: controller.signal });
    await other.locked();
    controller.abort();
    await rejects(waiting, AbortError, 'ABORT_ERR');
    await guard?.release();
    expect(await lock.locked()).toBe(false);
  });

  it('is free at once when its holder is killed, and the next one is told', async () => {
    for (const lock of [await manager().Lock(), await manager().RLock()]) {
      const peer = new Peer('manager', 'call', { handle: lock.handle, calls: [['acquire']] });
      await peer.event('called');
      const next = lock.acquire();
      expect(await lock.locked()).toBe(true);
      peer.kill();
      const guard = await next;
      expect(guard?.abandoned).toBe(true);
      await guard?.release();
      expect((await lock.acquire())?.abandoned).toBe(false);
      await lock.release();
    }
  });

  it('can be taken again by its holder where it is recursive, however many wait', async () => {
    const lock = await manager().RLock();
    const other = asAnotherClient(lock);
    await lock.acquire();
    const next = other.acquire();
    await other.locked();
    await lock.acquire();
    await lock.release();
    expect(await lock.locked()).toBe(true);
    await rejects(other.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
    await lock.release();
    expect((await next)?.abandoned).toBe(false);
    await other.release();
  });
});

describe("a manager's semaphore", () => {
  it('has its permits, and as many more as are given', async () => {
    const semaphore = await manager().Semaphore(1);
    expect((await semaphore.acquire())?.abandoned).toBe(false);
    expect(await semaphore.acquire({ timeout: 20 })).toBeNull();
    const waiting = [semaphore.acquire(), asAnotherClient(semaphore).acquire()];
    await semaphore.getValue();
    await semaphore.release(3);
    await Promise.all(waiting);
    expect(await semaphore.getValue()).toBe(1);
    expect(await semaphore.run(() => semaphore.getValue())).toBe(0);
    expect(await semaphore.getValue()).toBe(1);
    await rejects(semaphore.release(0), RangeError, 'ERR_OUT_OF_RANGE');
    await rejects(semaphore.release(2 ** 31 - 1), InterprocError, 'EOVERFLOW');
    await rejects(manager().Semaphore(-1), RangeError, 'ERR_OUT_OF_RANGE');
  });

  it('never has more than at first where it is bounded', async () => {
    const semaphore = await manager().BoundedSemaphore(2);
    await semaphore.acquire();
    await rejects(semaphore.release(2), InterprocError, 'ERR_SEMAPHORE_BOUND');
    expect(await semaphore.getValue()).toBe(1);
    await semaphore.release();
    await rejects(semaphore.release(), InterprocError, 'ERR_SEMAPHORE_BOUND');
  });

  it('keeps the permits of the dead taken', async () => {
    const semaphore = await manager().Semaphore(1);
    const calls = [['acquire']];
    const peer = new Peer('manager', 'call', { handle: semaphore.handle, calls });
    await peer.event('called');
    peer.kill();
    await peer.ended;
    expect(await semaphore.acquire({ timeout: 100 })).toBeNull();
  });
});

describe("a manager's event", () => {
  it('wakes everybody who waits, even where it is cleared at once', async () => {
    const event = await manager().Event();
    const waits = [event.wait(), asAnotherClient(event).wait({ timeout: 60_000 })];
    expect(await event.wait({ timeout: 20 })).toBe(false);
    await manager().batch(() => Promise.all([event.set(), event.clear()]));
    expect(await Promise.all(waits)).toEqual([true, true]);
    expect(await event.isSet()).toBe(false);
    await event.set();
    expect(await event.wait({ block: false })).toBe(true);
    await rejects(event.wait({ signal: AbortSignal.abort() }), AbortError, 'ABORT_ERR');
    await rejects(
      manager().create('Event', { set: 1 }) as Promise<unknown>,
      TypeError,
      'ERR_UNKNOWN_OPTION',
    );
  });
});

describe("a manager's condition", () => {
  it('wakes as many as are notified, once they have the lock', async () => {
    const lock = await manager().Lock();
    const condition = await manager().Condition(lock);
    const other = asAnotherClient(condition);
    let woken = 0;
    const waiting = [condition, condition, other].map((each) =>
      each.run(async () => {
        expect(await each.wait()).toBe(true);
        woken++;
      }),
    );
    // Whoever has the lock after all three of them finds them waiting.
    await other.run(() => other.notify(2));
    await other.run(() => undefined);
    await Promise.race(waiting);
    await other.run(() => other.notifyAll());
    await Promise.all(waiting);
    expect(woken).toBe(3);
    lock.dispose();
    await condition.run(() => undefined);
  });

  it('has the lock again after a timeout and an abort', async () => {
    const condition = await manager().Condition();
    await condition.acquire();
    expect(await condition.wait({ timeout: 20 })).toBe(false);
    const controller = new AbortController();
    const waiting = condition.wait({ signal: controller.signal });
    controller.abort();
    await rejects(waiting, AbortError, 'ABORT_ERR');
    await condition.release();
    await rejects(condition.wait(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
    await rejects(condition.notify(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
    await rejects(
      manager().create('Condition', 1) as Promise<unknown>,
      TypeError,
      'ERR_INVALID_ARG_TYPE',
    );
  });

  it('waits for what a function of the client says', async () => {
    const condition = await manager().Condition();
    const other = asAnotherClient(condition);
    let state = 0;
    const seen = other.run(() => other.waitFor(() => state > 1 && 'seen'));
    for (let step = 0; step < 2; step++) {
      await condition.run(async () => {
        state++;
        await condition.notifyAll();
      });
    }
    expect(await seen).toBe('seen');
    expect(await other.run(() => other.waitFor(() => false, { timeout: 20 }))).toBe(false);
  });

  it('gives no notification to a client that was killed', async () => {
    const condition = await manager().Condition(await manager().Lock());
    const peer = new Peer('manager', 'waitForCondition', { handle: condition.handle });
    await peer.event('waiting');
    peer.kill();
    await references(manager(), condition, 1);
    const other = asAnotherClient(condition);
    const waiting = other.run(() => other.wait());
    await other.acquire();
    await other.release();
    await condition.run(() => condition.notify());
    expect(await waiting).toBe(true);
  });
});

describe("a manager's barrier", () => {
  it('lets all go when all are there, round after round', async () => {
    const barrier = await manager().Barrier(3);
    const other = asAnotherClient(barrier);
    for (let round = 0; round < 3; round++) {
      const waits = [barrier.wait(), other.wait(), barrier.wait()];
      expect((await Promise.all(waits)).sort()).toEqual([0, 1, 2]);
    }
    expect([await barrier.parties(), await barrier.nWaiting()]).toEqual([3, 0]);
    await rejects(manager().Barrier(0), RangeError, 'ERR_OUT_OF_RANGE');
  });

  it('is broken by a timeout and by abort(), until it is reset', async () => {
    const barrier = await manager().Barrier(2, { timeout: 20 });
    await rejects(barrier.wait(), BrokenBarrierError, 'ERR_BARRIER_BROKEN');
    expect(await barrier.broken()).toBe(true);
    await rejects(barrier.wait(), BrokenBarrierError, 'ERR_BARRIER_BROKEN');
    await barrier.reset();
    expect(await barrier.broken()).toBe(false);
    const waiting = barrier.wait({ timeout: 60_000 });
    await barrier.nWaiting();
    await barrier.abort();
    await rejects(waiting, BrokenBarrierError, 'ERR_BARRIER_BROKEN');
  });

  it('takes an aborted wait back', async () => {
    const barrier = await manager().Barrier(2);
    const controller = new AbortController();
    const waiting = barrier.wait({ signal: controller.signal });
    expect(await barrier.nWaiting()).toBe(1);
    controller.abort();
    await rejects(waiting, AbortError, 'ABORT_ERR');
    expect([await barrier.nWaiting(), await barrier.broken()]).toEqual([0, false]);
    await Promise.all([barrier.wait(), barrier.wait()]);
  });

  it('is broken by a client that is killed while it waits', async () => {
    const barrier = await manager().Barrier(3);
    const peer = new Peer('manager', 'wait', {
      handle: barrier.handle,
      method: 'wait',
      look: 'nWaiting',
    });
    await peer.event('waiting');
    const waiting = barrier.wait();
    expect(await barrier.nWaiting()).toBe(2);
    peer.kill();
    await rejects(waiting, BrokenBarrierError, 'ERR_BARRIER_BROKEN');
  });
});
