import { describe, expect, test } from 'vitest';
import { Pool, SharedMemory } from '../dist/index.js';
import * as f from './fixtures/pool-functions.mjs';
import { module, poolOf } from './helpers/pools.js';
import { failure, rejection } from './helpers/segments.js';

describe('a pool', () => {
  test('calls functions in other processes, async ones too', async () => {
    const pool = poolOf(2);
    expect(await pool.apply(f.sum, [1, 2, 3])).toBe(6);
    expect(await pool.apply(f.doubleLater, [21])).toBe(42);
    expect(await pool.apply(f.echo, [undefined])).toBe(undefined);
    const pids = await pool.map(f.pid, Array(20), { chunksize: 1 });
    expect(pids).not.toContain(process.pid);
    expect([...new Set(pids)].every((pid) => pool.pids.includes(pid))).toBe(true);
    expect([pool.processes, pool.pids.length]).toEqual([2, 2]);
  });

  test('maps in the order of the items, whatever the chunks', async () => {
    const pool = poolOf(2);
    const items = Array.from({ length: 1000 }, (_, n) => n);
    for (const chunksize of [undefined, 1, 7, 1000, 5000]) {
      const options = chunksize === undefined ? {} : { chunksize };
      expect(await pool.map(f.double, items, options)).toEqual(items.map((n) => 2 * n));
    }
    expect(await pool.map(f.double, [])).toEqual([]);
    expect(await pool.map(f.double, new Set([3, 4]))).toEqual([6, 8]);
    expect(await pool.map(f.doubleLater, [3, 2, 1])).toEqual([6, 4, 2]);
    expect(await pool.map(f.echo, [[1], [2, [3]]])).toEqual([[1], [2, [3]]]);
    expect(await pool.starmap(f.sum, [[1, 2], [3], []])).toEqual([3, 3, 0]);
  });

  test('does 10,000 single calls, each once', async () => {
    const pool = poolOf(2);
    const calls = Array.from({ length: 10_000 }, (_, n) => pool.apply(f.double, [n]));
    expect(await Promise.all(calls)).toEqual(calls.map((_, n) => 2 * n));
    const counts = await Promise.all(calls.map(() => pool.apply(f.numberOfCalls)));
    // Both workers count for themselves: together each number up to the total of one of them.
    expect(counts.length).toBe(10_000);
    const ofOne = Math.max(...counts);
    const ofOther = 10_000 - ofOne;
    const expected = [...Array(ofOne).keys(), ...Array(ofOther).keys()].map((n) => n + 1);
    expect(counts.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
  });

  test('hands shared objects over, and large values', async () => {
    const pool = poolOf(1);
    using memory = new SharedMemory({ create: true, size: 4 });
    memory.buf[3] = 5;
    expect(await pool.apply(f.memoryByte, [memory, 3])).toBe(5);
    const large = Buffer.alloc(8 << 20, 7);
    const back = await Promise.all([1, 2, 3, 4].map(() => pool.apply(f.echo, [large])));
    expect(back.every((one) => one.equals(large))).toBe(true);
  });

  test('calls its initializer once in each worker, before any task', async () => {
    const pool = poolOf(2, { initializer: f.prepare, initargs: [1, { two: 2 }] as never });
    const seen = await pool.map(f.getPrepared, Array(8), { chunksize: 1 });
    expect(seen).toEqual(Array(8).fill([1, { two: 2 }]));
  });

  test('replaces workers after maxTasksPerChild tasks, of which a chunk is one', async () => {
    const pool = poolOf(1, { maxTasksPerChild: 2 });
    const pids = await pool.map(f.pid, Array(6), { chunksize: 1 });
    expect(pids[0]).toBe(pids[1]);
    expect(pids[2]).toBe(pids[3]);
    expect(new Set(pids).size).toBe(3);
    const chunks = await pool.map(f.pid, Array(6), { chunksize: 3 });
    expect(new Set(chunks).size).toBe(1);
  });

  test('gives who has nothing to do what another was given ahead', async () => {
    const pool = poolOf(2);
    await pool.map(f.doubleLater, [1, 2], { chunksize: 1 });
    const long = pool.starmap(f.doubleLater, [[1, 1500], ...Array(19).fill([1, 1])], {
      chunksize: 1,
    });
    const short = Promise.all(Array.from({ length: 10 }, (_, n) => pool.apply(f.double, [n])));
    const first = await Promise.race([long.then(() => 'long'), short.then(() => 'short')]);
    expect(first).toBe('short');
    await long;
  });

  test('close lets all tasks end, join waits for the workers', async () => {
    const pool = poolOf(2);
    const results = pool.map(f.doubleLater, [1, 2, 3, 4], { chunksize: 1 });
    expect((await rejection(pool.join())).code).toBe('ERR_POOL_RUNNING');
    pool.close();
    pool.close();
    await pool.join();
    expect(await results).toEqual([2, 4, 6, 8]);
    expect(pool.pids).toEqual([]);
    const calls = [
      () => pool.apply(f.double, [1]),
      () => pool.map(f.double, [1]),
      () => pool.starmap(f.sum, []),
    ];
    for (const call of calls) {
      expect((await rejection(call())).code).toBe('ERR_POOL_NOT_RUNNING');
    }
    expect(failure(() => pool.imap(f.double, [1])).code).toBe('ERR_POOL_NOT_RUNNING');
  });

  test('is made without new as well, as in Python', async () => {
    const pool = (Pool as unknown as (n: number, o: object) => Pool)(1, { module });
    expect(pool).toBeInstanceOf(Pool);
    expect(await pool.apply(f.double, [4])).toBe(8);
    await pool.terminate();
  });
});

describe('wrong calls of a pool', () => {
  const constructing: readonly (readonly [string, unknown[], string])[] = [
    ['no processes', [0], 'ERR_OUT_OF_RANGE'],
    ['half a process', [1.5], 'ERR_OUT_OF_RANGE'],
    ['processes that are no number', ['2'], 'ERR_INVALID_ARG_TYPE'],
    ['a misspelt option', [1, { maxtasksperchild: 1 }], 'ERR_UNKNOWN_OPTION'],
    ['options that are no object', [1, 5], 'ERR_INVALID_ARG_TYPE'],
    ['no tasks per child', [1, { module, maxTasksPerChild: 0 }], 'ERR_OUT_OF_RANGE'],
    [
      'an initializer that is no function',
      [1, { module, initializer: 'x' }],
      'ERR_INVALID_ARG_TYPE',
    ],
    ['an anonymous initializer', [1, { module, initializer: () => 1 }], 'ERR_TARGET_NOT_EXPORTED'],
    ['initargs that are no array', [1, { module, initargs: 5 }], 'ERR_INVALID_ARG_TYPE'],
    ['initargs that cannot travel', [2, { module, initargs: [() => 1] }], 'ERR_NOT_SERIALIZABLE'],
    ['a module that is no file', [1, { module: 'fs' }], 'ERR_OUT_OF_RANGE'],
  ];
  test.each(constructing)('%s', (_what, args, code) => {
    if (code === 'ERR_TARGET_NOT_EXPORTED')
      (args[1] as { initializer: unknown }).initializer = (
        () => () =>
          1
      )();
    expect(failure(() => new Pool(...(args as [number]))).code).toBe(code);
  });

  test('calls with wrong arguments reject, and the pool goes on', async () => {
    const pool = poolOf(1);
    const double = f.double as (n: unknown) => unknown;
    const anonymous = (
      () => () =>
        1
    )();
    const table: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => pool.apply('double' as never), 'ERR_INVALID_ARG_TYPE'],
      [() => pool.apply(double, 5 as never), 'ERR_INVALID_ARG_TYPE'],
      [() => pool.apply(double, [1], { timeout: 5 } as never), 'ERR_UNKNOWN_OPTION'],
      [() => pool.apply(double, [1], { signal: 5 } as never), 'ERR_INVALID_ARG_TYPE'],
      [() => pool.apply(anonymous), 'ERR_TARGET_NOT_EXPORTED'],
      [() => pool.apply(function absent() {}), 'ERR_TARGET_NOT_EXPORTED'],
      [() => pool.apply(double, [() => 1]), 'ERR_NOT_SERIALIZABLE'],
      [() => pool.map(double, 5 as never), 'ERR_INVALID_ARG_TYPE'],
      [() => pool.map(double, null as never), 'ERR_INVALID_ARG_TYPE'],
      [() => pool.map(double, [1], { chunksize: 0 }), 'ERR_OUT_OF_RANGE'],
      [() => pool.map(double, [1], { chunksize: '1' } as never), 'ERR_INVALID_ARG_TYPE'],
      [() => pool.map(double, [Symbol('x')]), 'ERR_NOT_SERIALIZABLE'],
    ];
    for (const [call, code] of table) expect((await rejection(call())).code).toBe(code);
    expect(failure(() => pool.imap(double, 5 as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(failure(() => pool.imap(double, [], { chunksize: -1 })).code).toBe('ERR_OUT_OF_RANGE');
    expect(failure(() => pool.imap(double, [], { buffersize: 0 })).code).toBe('ERR_OUT_OF_RANGE');
    expect((await rejection(pool.apply(double, [{ a: [() => 1] }])))['path']).toBe('$[0].a[0]');
    expect(await pool.apply(f.double, [2])).toBe(4);
  });
});
