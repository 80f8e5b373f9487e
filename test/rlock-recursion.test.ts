import { describe, expect, it } from 'vitest';
import { attach, Lock, RLock } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { nameFor, present } from './helpers/segments.js';
import { checkBad, checkLeaks, heard, kill, peer, said, thread } from './helpers/sync.js';
import { isPending } from './helpers/time.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('an RLock', () => {
  it('is free after as many releases as acquisitions, in every form', async () => {
    const lock = own(new RLock());
    const guards = [
      lock.acquireSync(),
      await lock.acquire(),
      lock.acquireSync({ timeout: 0 }),
      await lock.acquire({ block: false }),
    ];
    expect(guards.every((guard) => guard !== null)).toBe(true);
    const other = peer(
      lock,
      'say(object.acquireSync({ timeout: 0 }) === null); await object.acquire(); say("got");',
    );
    expect(await said(other)).toBe(true);
    for (const guard of guards.slice(0, 3)) {
      guard?.release();
      expect(lock.locked()).toBe(true);
    }
    expect(() => lock.run(() => 1)).not.toThrow();
    guards[3]?.release();
    expect(await said(other)).toBe('got');
  });

  it('is released once by a guard, and by nobody who does not hold it', async () => {
    const lock = own(new RLock());
    expect(() => lock.release()).toThrow(code('ERR_LOCK_NOT_OWNED'));
    const first = lock.acquireSync();
    const second = lock.acquireSync();
    second?.release();
    second?.release();
    expect(lock.locked()).toBe(true);
    const other = peer(lock, 'try { object.release() } catch (error) { say(error.code) }');
    expect(await said(other)).toBe('ERR_LOCK_NOT_OWNED');
    first?.release();
    expect(lock.locked()).toBe(false);
  });

  it('counts for the thread, whichever handle it uses', () => {
    const lock = own(new RLock());
    const again = own(RLock.open(lock.name));
    lock.acquireSync();
    again.acquireSync();
    lock.release();
    expect(again.locked()).toBe(true);
    lock.release();
    expect(again.locked()).toBe(false);
  });

  it('keeps other threads of the process out', async () => {
    const lock = own(new RLock());
    lock.acquireSync();
    const worker = thread(
      lock,
      `
      parentPort.postMessage(object.acquireSync({ timeout: 20 }) === null);
      object.acquireSync(); object.acquireSync();
      parentPort.postMessage('got');
      setInterval(() => {}, 1000);`,
    );
    expect(await heard(worker)).toBe(true);
    lock.release();
    expect(await heard(worker)).toBe('got');
    expect(lock.acquireSync({ timeout: 0 })).toBe(null);
    await worker.terminate();
    expect(lock.acquireSync()?.abandoned).toBe(true);
  });

  it('of a killed holder, however deep, goes to one who waits, and says so', async () => {
    const lock = own(new RLock());
    const holder = peer(
      lock,
      'object.acquireSync(); object.acquireSync(); say("held"); setInterval(() => {}, 1000);',
    );
    expect(await said(holder)).toBe('held');
    const waiting = lock.acquire();
    expect(await isPending(waiting)).toBe(true);
    await kill(holder);
    const start = performance.now();
    const guard = await waiting;
    expect(performance.now() - start).toBeLessThan(1000);
    expect(guard?.abandoned).toBe(true);
    guard?.release();
    expect(lock.locked()).toBe(false);
  });

  it('is freed by an orderly exit of its holder', async () => {
    const lock = own(new RLock());
    const holder = peer(lock, 'object.acquireSync(); object.acquireSync(); process.exit(0);');
    await holder.finished;
    expect(lock.acquireSync({ timeout: 0 })?.abandoned).toBe(false);
  });

  it('runs a body with the lock held, whatever happens in it', async () => {
    const lock = own(new RLock());
    expect(lock.runSync(() => lock.runSync(() => lock.locked()))).toBe(true);
    await expect(lock.run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(lock.locked()).toBe(false);
  });

  it('is not opened as a Lock, nor the reverse, and leads through its handle to its class', () => {
    const name = nameFor('rlock');
    const lock = own(new RLock({ name }));
    expect(() => Lock.open(name)).toThrow(code('ERR_LAYOUT_MISMATCH'));
    const plain = own(new Lock());
    expect(() => RLock.open(plain.name)).toThrow(code('ERR_LAYOUT_MISMATCH'));
    const handle = JSON.parse(JSON.stringify(lock)) as unknown;
    expect(handle).toEqual({ interproc: 1, kind: 'rlock', name });
    expect(own(attach(handle))).toBeInstanceOf(RLock);
    expect(own(RLock.openOrCreate(name)).name).toBe(name);
    expect(() => RLock.openOrCreate(name, { persist: true })).toThrow(code('ERR_OPTIONS_MISMATCH'));
  });

  it('leaves nothing behind in a thousand rounds', () => {
    const name = nameFor('rlock-rounds');
    checkLeaks(() => {
      using lock = new RLock({ name });
      lock.acquireSync();
      lock.acquireSync();
    });
    expect(present(name)).toBe(false);
  });

  it.each([
    {
      call: 'options that are no object',
      act: () => new RLock(3 as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'an unknown option',
      act: () => new RLock({ nam: 'x' } as never),
      code: 'ERR_UNKNOWN_OPTION',
    },
    {
      call: 'a bad name',
      act: () => new RLock({ name: 'a/b' }),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    {
      call: 'a name of another type',
      act: () => RLock.open(1 as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a name that leads nowhere',
      act: () => RLock.open(nameFor('nowhere')),
      code: 'ENOENT',
    },
    { call: 'unlink of nothing', act: () => RLock.unlink(nameFor('nowhere')), code: 'ENOENT' },
    {
      call: 'NaN as a timeout',
      act: () => own(new RLock()).acquire({ timeout: Number.NaN }),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a signal for a Sync form',
      act: () => own(new RLock()).acquireSync({ signal: AbortSignal.abort() } as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'use after close',
      act: () => {
        const lock = new RLock();
        lock.close();
        return lock.acquireSync();
      },
      code: 'ERR_CLOSED',
    },
  ])('refuses $call with $code', checkBad);
});
