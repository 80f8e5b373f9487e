import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Lock, Queue, Semaphore } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

// The timers of waits run only where a test lets them, so that it can tell what a timer found from what rang.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(globalThis, 'setTimeout');
});
afterAll(() => {
  vi.useRealTimers();
});

/** Until the loop sleeps and nothing has happened for longer than it stays attentive. */
async function becomesCalm(): Promise<void> {
  await delay(50);
  await vi.advanceTimersByTimeAsync(1500);
}

/** Milliseconds from one look of the loop to the next. */
function interval(): number {
  return vi.mocked(setTimeout).mock.lastCall?.[1] as number;
}

function pending(wait: Promise<unknown>): void {
  wait.catch(() => {});
}

describe('the looks of an event loop at those whose death wakes nobody', () => {
  it('come every 50 ms at first, and four times a second once the kernel tells of deaths', async () => {
    pending(own(new Queue()).get());
    expect(interval()).toBe(50);
    await becomesCalm();
    expect(interval()).toBe(250);
    pending(own(new Queue()).get());
    expect(interval()).toBe(50);
    await becomesCalm();
    expect(interval()).toBe(250);
  });

  it('come every 50 ms where who wakes may not be able to ring', async () => {
    pending(own(new Queue({ mode: 0o660 })).get());
    await becomesCalm();
    expect(interval()).toBe(50);
  });

  it('come every 50 ms for a semaphore, which programs post to that know of no doorbells', async () => {
    pending(own(new Semaphore(0)).acquire());
    await becomesCalm();
    expect(interval()).toBe(50);
  });

  it('have a timer that runs on for half a second when nobody waits any more', async () => {
    await becomesCalm();
    const others = vi.getTimerCount();
    const queue = own(new Queue<number>());
    const item = queue.get();
    queue.putSync(1);
    expect(await item).toBe(1);
    // The loop learns that nobody waits in its next turn.
    await delay(50);
    await vi.advanceTimersByTimeAsync(300);
    expect(vi.getTimerCount()).toBe(others + 1);
    await vi.advanceTimersByTimeAsync(300);
    expect(vi.getTimerCount()).toBe(others);
    // And begins anew.
    pending(queue.get());
    expect(interval()).toBe(50);
    expect(vi.getTimerCount()).toBe(others + 1);
  });

  it('are not waited for where somebody is killed, and come every 50 ms again', async () => {
    const lock = own(new Lock());
    const holder = new Peer('lock', 'hold', { name: lock.name, how: 'stay' });
    await holder.event('held');
    const acquired = lock.acquire();
    await becomesCalm();
    expect(interval()).toBe(250);
    holder.kill();
    // No timer runs meanwhile, but for the looks that the kernel's word begins.
    await vi.waitFor(() => expect(interval()).toBe(50), { timeout: 20_000 });
    await vi.advanceTimersByTimeAsync(50);
    expect((await acquired)?.abandoned).toBe(true);
  });
});
