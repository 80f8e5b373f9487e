import { describe, expect, test } from 'vitest';
import * as f from './fixtures/pool-functions.mjs';
import { Gate, poolOf } from './helpers/pools.js';
import { rejection } from './helpers/segments.js';

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const result of results) found.push(result);
  return found;
}

/** Counts, and says how far it was read and whether it was left. */
function counter(end = Number.POSITIVE_INFINITY) {
  const state = { read: 0, left: false };
  function* numbers() {
    try {
      while (state.read < end) yield state.read++;
    } finally {
      state.left = true;
    }
  }
  return { state, numbers: numbers() };
}

describe('imap', () => {
  test('gives results in the order of the items', async () => {
    const pool = poolOf(2);
    const items = Array.from({ length: 200 }, (_, n) => n);
    for (const chunksize of [1, 7, 500]) {
      expect(await all(pool.imap(f.double, items, { chunksize }))).toEqual(items.map((n) => 2 * n));
    }
    expect(await all(pool.imap(f.double, []))).toEqual([]);
  });

  test('reads an endless input only as far as its buffer', async () => {
    const pool = poolOf(2);
    const { state, numbers } = counter();
    const results = pool.imap(f.double, numbers);
    expect(state.read).toBe(0);
    expect(await results.next()).toEqual({ done: false, value: 0 });
    expect(state.read).toBeLessThanOrEqual(5);
    for (let n = 1; n < 50; n++) {
      expect((await results.next()).value).toBe(2 * n);
      expect(state.read).toBeLessThanOrEqual(n + 5);
    }
    await results.return();
    expect(state.left).toBe(true);
    expect(await results.next()).toEqual({ done: true, value: undefined });
    const buffered = counter();
    const more = pool.imap(f.double, buffered.numbers, { buffersize: 20, chunksize: 5 });
    await more.next();
    expect(buffered.state.read).toBe(20);
    await more.return();
  });

  test('reads an async input, and gives results while that makes one wait', async () => {
    const pool = poolOf(1);
    let more: () => void = () => undefined;
    async function* input() {
      yield 1;
      yield 2;
      await new Promise<void>((resolve) => {
        more = resolve;
      });
      yield 3;
    }
    const results = pool.imap(f.double, input(), { buffersize: 10 });
    expect((await results.next()).value).toBe(2);
    expect((await results.next()).value).toBe(4);
    const third = results.next();
    more();
    expect((await third).value).toBe(6);
    expect((await results.next()).done).toBe(true);
  });

  test("an item's error is that of its next(), and the results behind it come still", async () => {
    const pool = poolOf(2);
    for (const chunksize of [1, 2, 10]) {
      const results = pool.imap(f.failOnThree, [1, 2, 3, 4, 5], { chunksize });
      expect([await results.next(), await results.next()].map(({ value }) => value)).toEqual([
        1, 2,
      ]);
      const error = await rejection(results.next());
      expect([error.name, error.message]).toEqual(['RangeError', 'three']);
      expect((error.cause as Error).stack).toMatch(/failOnThree/);
      expect(await all(results)).toEqual([4, 5]);
    }
    const unsendable = pool.imap(f.unsendableOnTwo, [1, 2, 3], { chunksize: 3 });
    expect((await unsendable.next()).value).toBe(1);
    expect((await rejection(unsendable.next())).code).toBe('ERR_NOT_SERIALIZABLE');
    expect((await unsendable.next()).value).toBe(3);
  });

  test('a dead worker costs the items that it was at', async () => {
    const pool = poolOf(1);
    const results = pool.imap(f.dieOnThree, [1, 2, 3, 4, 5]);
    expect([(await results.next()).value, (await results.next()).value]).toEqual([1, 2]);
    expect((await rejection(results.next())).code).toBe('ERR_WORKER_DIED');
    expect(await all(results)).toEqual([4, 5]);
  });

  test('an error of the input comes after the results before it', async () => {
    const pool = poolOf(1);
    function* input() {
      yield 1;
      throw new Error('no more input');
    }
    const results = pool.imap(f.double, input());
    expect((await results.next()).value).toBe(2);
    expect((await rejection(results.next())).message).toBe('no more input');
    expect((await results.next()).done).toBe(true);
  });

  test('answers several next() at once in their order', async () => {
    const pool = poolOf(2);
    const results = pool.imap(f.double, [1, 2, 3]);
    const steps = await Promise.all([
      results.next(),
      results.next(),
      results.next(),
      results.next(),
    ]);
    expect(steps.map(({ value }) => value)).toEqual([2, 4, 6, undefined]);
  });

  test('goes on after close, which waits for it; terminate ends it', async () => {
    const pool = poolOf(1);
    const items = Array.from({ length: 50 }, (_, n) => n);
    const results = pool.imap(f.double, items);
    const late = pool.imap(f.double, [1]);
    expect((await results.next()).value).toBe(0);
    pool.close();
    expect(await all(results)).toEqual(items.slice(1).map((n) => 2 * n));
    await pool.join();
    expect((await rejection(late.next())).code).toBe('ERR_POOL_NOT_RUNNING');
    const other = poolOf(1);
    const { numbers } = counter();
    const endless = other.imap(f.double, numbers);
    await endless.next();
    await other.terminate();
    const rest = async () => {
      for (;;) await endless.next();
    };
    expect((await rejection(rest())).code).toBe('ERR_POOL_TERMINATED');
    await endless.return();
  });

  test('leaving a for await leaves the rest unbegun', async () => {
    const pool = poolOf(1);
    const { state, numbers } = counter();
    for await (const result of pool.imap(f.double, numbers)) if (result === 4) break;
    expect(state.left).toBe(true);
    expect(state.read).toBeLessThan(10);
    expect(await pool.apply(f.double, [1])).toBe(2);
  });
});

describe('imapUnordered', () => {
  test('gives all results, those that are ready first', async () => {
    const pool = poolOf(2);
    await pool.map(f.double, [1, 2, 3, 4], { chunksize: 1 });
    using gate = new Gate();
    const inputs = [1, 2, 3, 4, 5];
    const results = pool.imapUnordered(
      f.blockOnOne,
      inputs.map((n) => [gate.name, n] as const),
    );
    const first = [];
    for (let i = 0; i < 3; i++) first.push((await results.next()).value);
    expect(first).not.toContain(1);
    gate.open();
    expect([...first, ...(await all(results))].toSorted()).toEqual(inputs);
  });
});
