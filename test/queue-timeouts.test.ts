import { describe, expect, it } from 'vitest';
import { Empty, Full, Queue, type WaitOptions } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { duration, isPending } from './helpers/time.js';

/** A timer may fire up to a millisecond early by another clock. */
const early = 2;
const late = 5_000;

function fullQueue(): Queue<number> {
  const queue = own(new Queue<number>(1));
  queue.putSync(0);
  return queue;
}

describe('a limited wait', () => {
  it('of a get ends with Empty when its time is over, not sooner', async () => {
    const queue = own(new Queue());
    for (const wait of [
      () => rejects(queue.get({ timeout: 80 }), Empty, 'ERR_QUEUE_EMPTY'),
      () => throws(() => queue.getSync({ timeout: 80 }), Empty, 'ERR_QUEUE_EMPTY'),
      () => rejects(queue.getMany(2, { timeout: 80 }), Empty, 'ERR_QUEUE_EMPTY'),
      () => throws(() => queue.getManySync(2, { timeout: 80 }), Empty, 'ERR_QUEUE_EMPTY'),
    ]) {
      const took = await duration(wait);
      expect(took).toBeGreaterThan(80 - early);
      expect(took).toBeLessThan(late);
    }
  });

  it('of a put ends with Full when its time is over, not sooner', async () => {
    const queue = fullQueue();
    for (const wait of [
      () => rejects(queue.put(1, { timeout: 80 }), Full, 'ERR_QUEUE_FULL'),
      () => throws(() => queue.putSync(1, { timeout: 80 }), Full, 'ERR_QUEUE_FULL'),
      () => rejects(queue.putMany([1], { timeout: 80 }), Full, 'ERR_QUEUE_FULL'),
      () => throws(() => queue.putManySync([1], { timeout: 80 }), Full, 'ERR_QUEUE_FULL'),
    ]) {
      const took = await duration(wait);
      expect(took).toBeGreaterThan(80 - early);
      expect(took).toBeLessThan(late);
    }
    expect(queue.qsize()).toBe(1);
  });

  it('tries once for a timeout of zero, a negative one, and block: false whatever the timeout', async () => {
    const queue = fullQueue();
    const nothing = own(new Queue());
    const options: WaitOptions[] = [
      { timeout: 0 },
      { timeout: -5 },
      { timeout: -Infinity },
      { block: false },
      { block: false, timeout: 60_000 },
      { block: false, timeout: Infinity },
    ];
    const took = await duration(async () => {
      for (const option of options) {
        await rejects(queue.put(1, option), Full, 'ERR_QUEUE_FULL');
        throws(() => queue.putSync(1, option), Full, 'ERR_QUEUE_FULL');
        await rejects(queue.putMany([1], option), Full, 'ERR_QUEUE_FULL');
        throws(() => queue.putManySync([1], option), Full, 'ERR_QUEUE_FULL');
        await rejects(nothing.get(option), Empty, 'ERR_QUEUE_EMPTY');
        throws(() => nothing.getSync(option), Empty, 'ERR_QUEUE_EMPTY');
        await rejects(nothing.getMany(1, option), Empty, 'ERR_QUEUE_EMPTY');
        throws(() => nothing.getManySync(1, option), Empty, 'ERR_QUEUE_EMPTY');
      }
    });
    expect(took).toBeLessThan(late);
  });

  it('succeeds at once for a timeout of zero where nothing has to be waited for', async () => {
    const queue = own(new Queue<number>(4));
    await queue.put(1, { timeout: 0 });
    queue.putSync(2, { block: false });
    await queue.putMany([3], { timeout: -1 });
    queue.putManySync([4], { timeout: 0 });
    expect(await queue.get({ timeout: 0 })).toBe(1);
    expect(queue.getSync({ timeout: -1 })).toBe(2);
    expect(await queue.getMany(1, { block: false })).toEqual([3]);
    expect(queue.getManySync(1, { timeout: 0 })).toEqual([4]);
  });

  it('is none for undefined and Infinity', async () => {
    const queue = own(new Queue<number>());
    const pending = [
      queue.get(),
      queue.get({}),
      queue.get({ timeout: undefined }),
      queue.get({ timeout: Infinity }),
      queue.get({ block: true }),
      queue.get({ timeout: 2 ** 40 }),
    ];
    expect(await Promise.all(pending.map((one) => isPending(one, 150)))).toEqual(
      pending.map(() => true),
    );
    queue.putManySync([1, 2, 3, 4, 5, 6]);
    expect(await Promise.all(pending)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('refuses a timeout that is no number, and options that do not exist', async () => {
    const queue = own(new Queue());
    queue.putSync('stays');
    for (const timeout of [Number.NaN, '5', null, {}, 5n] as unknown as number[]) {
      await rejects(queue.get({ timeout }), TypeError, 'ERR_INVALID_ARG_TYPE');
      await rejects(queue.put(1, { timeout }), TypeError, 'ERR_INVALID_ARG_TYPE');
      throws(() => queue.getSync({ timeout }), TypeError, 'ERR_INVALID_ARG_TYPE');
      throws(() => queue.putSync(1, { timeout, block: false }), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    const block = 0 as unknown as boolean;
    throws(() => queue.getSync({ block }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => queue.getSync(5 as unknown as WaitOptions), TypeError, 'ERR_INVALID_ARG_TYPE');
    const misspelt = { timeOut: 5 } as object;
    expect(() => queue.getSync(misspelt)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_OPTION' }),
    );
    expect(queue.qsize()).toBe(1);
  });

  it('takes what comes while it waits', async () => {
    const queue = own(new Queue<string>());
    const item = queue.get({ timeout: 30_000 });
    await queue.put('in time');
    expect(await item).toBe('in time');
  });

  it('that ran out has taken nothing', async () => {
    const queue = own(new Queue<string>());
    await rejects(queue.get({ timeout: 20 }), Empty, 'ERR_QUEUE_EMPTY');
    queue.putSync('here');
    expect(queue.qsize()).toBe(1);
    const full = fullQueue();
    await rejects(full.put(1, { timeout: 20 }), Full, 'ERR_QUEUE_FULL');
    expect(full.getSync()).toBe(0);
    expect(full.empty()).toBe(true);
  });
});
