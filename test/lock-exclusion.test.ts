import { describe, expect, it } from 'vitest';
import { Lock, LockNotOwnedError, SharedArray } from '../dist/index.js';
import { throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { isPending } from './helpers/time.js';

describe('a lock', () => {
  it('excludes processes from each other, whatever form they use', async () => {
    const lock = own(new Lock());
    const numbers = new SharedArray('i', 2, { lock: false });
    const times = 2000;
    const peers = ['sync', 'promise', 'mixed'].map(
      (form) => new Peer('lock', 'count', { name: lock.name, array: numbers.handle, times, form }),
    );
    for (const peer of peers) await peer.event('ready');
    for (const peer of peers) peer.go();
    for (const peer of peers) expect((await peer.ended).code).toBe(0);
    expect(numbers[0]).toBe(times * peers.length);
    numbers.close();
  });

  it('is handed to one who waits when it is released', async () => {
    const lock = own(new Lock());
    const guard = lock.acquireSync();
    const peers = [true, false].map(
      (sync) => new Peer('lock', 'acquire', { name: lock.name, sync }),
    );
    for (const peer of peers) await peer.event('waiting');
    const acquired = Promise.all(peers.map((peer) => peer.event('acquired')));
    expect(await isPending(acquired, 150)).toBe(true);
    guard?.release();
    for (const { abandoned } of await acquired) expect(abandoned).toBe(false);
  });

  it('is seen as locked by everybody, and as free again', async () => {
    const lock = own(new Lock());
    expect(lock.locked()).toBe(false);
    const peer = new Peer('lock', 'hold', { name: lock.name, how: 'release' });
    expect((await peer.event('held'))['abandoned']).toBe(false);
    expect(lock.locked()).toBe(true);
    peer.go();
    await peer.ended;
    expect(lock.locked()).toBe(false);
    using guard = lock.acquireSync();
    expect([lock.locked(), guard?.abandoned]).toEqual([true, false]);
  });

  it('can be released by its owner only', async () => {
    const lock = own(new Lock());
    throws(() => lock.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
    const guard = lock.acquireSync();
    const peer = new Peer('lock', 'releaseOfAnother', { name: lock.name });
    expect((await peer.event('released'))['error']).toEqual({
      class: 'LockNotOwnedError',
      code: 'ERR_LOCK_NOT_OWNED',
    });
    expect(lock.locked()).toBe(true);
    guard?.release();
    throws(() => lock.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
    const holder = new Peer('lock', 'hold', { name: lock.name, how: 'stay' });
    await holder.event('held');
    throws(() => lock.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
  });
});
