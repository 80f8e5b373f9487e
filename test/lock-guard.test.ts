import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  DeadlockError,
  type Guard,
  Lock,
  LockNotOwnedError,
  type WaitOptions,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { duration, isPending } from './helpers/time.js';

describe('a guard', () => {
  it('releases the lock at the end of its scope, also when that throws', async () => {
    const lock = own(new Lock());
    {
      using guard = lock.acquireSync();
      expect([guard?.abandoned, lock.locked()]).toEqual([false, true]);
    }
    expect(lock.locked()).toBe(false);
    {
      await using guard = await lock.acquire();
      expect([guard?.abandoned, lock.locked()]).toEqual([false, true]);
    }
    expect(lock.locked()).toBe(false);
    expect(() => {
      using _guard = lock.acquireSync();
      throw new Error('inside');
    }).toThrow('inside');
    expect(lock.locked()).toBe(false);
  });

  it('releases once, and no later holder', async () => {
    const lock = own(new Lock());
    const first = (await lock.acquire()) as Guard;
    first.release();
    const second = (await lock.acquire()) as Guard;
    first.release();
    first[Symbol.dispose]();
    expect(lock.locked()).toBe(true);
    second.release();
    expect(lock.locked()).toBe(false);
  });

  it('says when the lock was released by other means', () => {
    const lock = own(new Lock());
    const guard = lock.acquireSync();
    lock.release();
    throws(() => guard?.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
  });
});

describe('run and runSync', () => {
  it('give what their body gives, holding the lock meanwhile', async () => {
    const lock = own(new Lock());
    expect(lock.runSync(() => [lock.locked(), 'sync'])).toEqual([true, 'sync']);
    expect(await lock.run(() => [lock.locked(), 'plain'])).toEqual([true, 'plain']);
    const slow = await lock.run(async () => {
      await new Promise(setImmediate);
      return [lock.locked(), 'promise'];
    });
    expect(slow).toEqual([true, 'promise']);
    expect(lock.locked()).toBe(false);
  });

  it('release the lock when their body throws or rejects', async () => {
    const lock = own(new Lock());
    const fail = () => {
      throw new Error('body');
    };
    expect(() => lock.runSync(fail)).toThrow('body');
    expect(lock.locked()).toBe(false);
    await expect(lock.run(fail)).rejects.toThrow('body');
    expect(lock.locked()).toBe(false);
    await expect(lock.run(() => Promise.reject(new Error('body')))).rejects.toThrow('body');
    expect(lock.locked()).toBe(false);
  });
});

describe('acquire', () => {
  it('gives null when a limited wait runs out, and never DeadlockError', async () => {
    const lock = own(new Lock());
    using _held = lock.acquireSync();
    const options: WaitOptions[] = [
      { timeout: 0 },
      { timeout: -1 },
      { block: false },
      { block: false, timeout: Infinity },
    ];
    for (const option of options) {
      expect(lock.acquireSync(option)).toBe(null);
      expect(await lock.acquire(option)).toBe(null);
    }
    const took = await duration(async () => {
      expect(lock.acquireSync({ timeout: 60 })).toBe(null);
      expect(await lock.acquire({ timeout: 60 })).toBe(null);
    });
    expect(took).toBeGreaterThan(115);
    expect(lock.locked()).toBe(true);
  });

  it('throws DeadlockError where only this thread could end an unlimited synchronous wait', async () => {
    const lock = own(new Lock());
    const again = own(Lock.open(lock.name));
    const guard = lock.acquireSync();
    throws(() => lock.acquireSync(), DeadlockError, 'ERR_DEADLOCK');
    throws(() => lock.acquireSync({ timeout: Infinity }), DeadlockError, 'ERR_DEADLOCK');
    throws(() => again.acquireSync(), DeadlockError, 'ERR_DEADLOCK');
    throws(() => lock.runSync(() => 1), DeadlockError, 'ERR_DEADLOCK');
    const waits = lock.acquire();
    expect(await isPending(waits)).toBe(true);
    guard?.release();
    (await waits)?.release();
    expect(lock.runSync(() => 1)).toBe(1);
  });

  it('refuses wrong times', async () => {
    const lock = own(new Lock());
    await rejects(lock.acquire({ timeout: Number.NaN }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => lock.acquireSync({ timeout: '1' } as object), TypeError, 'ERR_INVALID_ARG_TYPE');
    expect(lock.locked()).toBe(false);
  });

  it('can be aborted, and has then taken nothing', async () => {
    const lock = own(new Lock());
    const aborted = AbortSignal.abort('before');
    expect((await rejects(lock.acquire({ signal: aborted }), Error, 'ABORT_ERR')).cause).toBe(
      'before',
    );
    expect(lock.locked()).toBe(false);
    const guard = lock.acquireSync();
    const controller = new AbortController();
    const first = lock.acquire({ signal: controller.signal });
    const second = lock.acquire();
    controller.abort();
    await rejects(first, Error, 'ABORT_ERR');
    guard?.release();
    (await second)?.release();
    expect(lock.locked()).toBe(false);
  });

  it('fails on a closed handle, also while it waits', async () => {
    const lock = own(new Lock());
    const other = Lock.open(lock.name);
    const guard = lock.acquireSync();
    const waits = other.acquire();
    other.close();
    await rejects(waits, ClosedError, 'ERR_CLOSED');
    for (const call of [() => other.acquireSync(), () => other.release(), () => other.locked()])
      throws(call, ClosedError, 'ERR_CLOSED');
    await rejects(other.acquire(), ClosedError, 'ERR_CLOSED');
    await rejects(
      other.run(() => 1),
      ClosedError,
      'ERR_CLOSED',
    );
    expect(lock.locked()).toBe(true);
    guard?.release();
  });
});

describe('the tasks of one thread', () => {
  it('exclude each other and are served in their order', async () => {
    const lock = own(new Lock());
    const second = own(Lock.open(lock.name));
    let inside = 0;
    const order: number[] = [];
    const tasks = Array.from({ length: 50 }, (_, n) =>
      (n % 2 === 0 ? lock : second).run(async () => {
        expect(++inside).toBe(1);
        order.push(n);
        await new Promise(setImmediate);
        inside--;
      }),
    );
    await Promise.all(tasks);
    expect(order).toEqual(tasks.map((_, n) => n));
  });

  it('are not overtaken by one that asks when the lock is free for a moment', async () => {
    const lock = own(new Lock());
    const guard = (await lock.acquire()) as Guard;
    const order: string[] = [];
    const first = lock.run(() => order.push('first'));
    guard.release();
    const late = lock.run(() => order.push('late'));
    await Promise.all([first, late]);
    expect(order).toEqual(['first', 'late']);
  });
});
