import { describe, expect, test } from 'vitest';
import { RemoteError, SerializationError, WorkerDiedError } from '../dist/index.js';
import * as f from './fixtures/pool-functions.mjs';
import { Gate, poolOf } from './helpers/pools.js';
import { rejection } from './helpers/segments.js';

describe('errors of tasks', () => {
  test('arrive as themselves, with the stack in the worker as their cause', async () => {
    const pool = poolOf(1);
    const error = await rejection(pool.apply(f.fail, ['boo']));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe('boo');
    const cause = error.cause as Error;
    expect(cause).toBeInstanceOf(RemoteError);
    expect(cause.stack).toMatch(/at fail .*pool-functions\.mjs/);
    expect(cause.message).toContain(`process ${pool.pids[0]}`);
    const coded = await rejection(pool.apply(f.failOn, [1, 1]));
    expect([coded.name, coded.code]).toEqual(['RangeError', 'E_ITEM']);
  });

  test('starmap refuses an item that is no iterable before anything is sent, and takes every one that is', async () => {
    const pool = poolOf(1);
    for (const item of [5, null, undefined, { length: 1 }]) {
      const error = await rejection(pool.starmap(f.sum, [[1, 2], item] as never));
      expect([error.name, error['code']]).toEqual(['TypeError', 'ERR_INVALID_ARG_TYPE']);
      expect(error.message).toMatch(/^iterable\[1\] must be an iterable of arguments/);
    }
    const iterables = [new Set([1, 2]), [3].values(), new Map().keys()];
    expect(await pool.starmap(f.sum, iterables as never)).toEqual([3, 3, 0]);
  });

  test('may be anything that can be thrown', async () => {
    const pool = poolOf(1);
    for (const value of [undefined, null, 5, 'text', { a: 1 }]) {
      await expect(pool.apply(f.failWith, [value])).rejects.toEqual(value);
    }
    const error = await rejection(pool.apply(f.failUnsendable));
    expect([error.name, error.message]).toEqual(['TypeError', 'with a function']);
  });

  test('a result that cannot travel rejects its task, and the worker goes on', async () => {
    const pool = poolOf(1);
    const [pid] = pool.pids;
    const error = await rejection(pool.apply(f.unsendable));
    expect(error).toBeInstanceOf(SerializationError);
    expect([error.code, error['path']]).toEqual(['ERR_NOT_SERIALIZABLE', '$.deep[0]']);
    expect(
      (await rejection(pool.map(f.unsendableOnTwo, [1, 2, 3], { chunksize: 3 })))['path'],
    ).toBe('$[1]');
    expect(await pool.apply(f.pid)).toBe(pid);
  });

  test('map gives the first error when all chunks have ended', async () => {
    const pool = poolOf(1);
    using gate = new Gate();
    const calls = pool.starmap(
      f.block,
      [
        [gate.name, 1],
        ['no such memory', 2],
        [gate.name, 3],
      ],
      { chunksize: 1 },
    );
    let settled = false;
    calls.catch(() => {
      settled = true;
    });
    await gate.untilBegun(1);
    gate.open();
    expect((await rejection(calls)).code).toBe('ENOENT');
    expect(settled).toBe(true);
    expect(gate.begun).toEqual([1, 3]);
  });
});

describe('a worker that dies', () => {
  test('rejects its own task within 100 ms, says how, and is replaced', async () => {
    const pool = poolOf(1);
    const times: number[] = [];
    for (let round = 1; round <= 5; round++) {
      using gate = new Gate();
      const dying = pool.apply(f.block, [gate.name, 1]);
      await gate.untilBegun(1);
      const [pid] = pool.pids as [number];
      const start = performance.now();
      process.kill(pid, 'SIGKILL');
      const error = await rejection(dying);
      times.push(performance.now() - start);
      expect(error).toBeInstanceOf(WorkerDiedError);
      expect(error).toMatchObject({ code: 'ERR_WORKER_DIED', exitcode: -9, pid });
      expect(error.message).toContain('SIGKILL');
    }
    // A machine that has other things to do delays some, not all.
    expect(Math.min(...times)).toBeLessThan(100);
    expect(await pool.map(f.double, [1, 2, 3])).toEqual([2, 4, 6]);
    expect(pool.pids.length).toBe(1);
  });

  test('loses none of the tasks that it had not begun, and none that it had answered', async () => {
    const pool = poolOf(1);
    using gate = new Gate();
    const before = Promise.all([1, 2, 3].map((n) => pool.apply(f.double, [n])));
    const dying = pool.apply(f.block, [gate.name, 1]);
    const after = Promise.all(Array.from({ length: 50 }, (_, n) => pool.apply(f.double, [n])));
    await gate.untilBegun(1);
    process.kill(pool.pids[0] as number, 'SIGKILL');
    expect((await rejection(dying)).code).toBe('ERR_WORKER_DIED');
    expect(await before).toEqual([2, 4, 6]);
    expect(await after).toEqual(Array.from({ length: 50 }, (_, n) => 2 * n));
  });

  test('takes its chunk along, and the rest of a map is done', async () => {
    const pool = poolOf(2);
    const error = await rejection(pool.map(f.dieOnThree, [1, 2, 3, 4, 5], { chunksize: 1 }));
    expect(error.code).toBe('ERR_WORKER_DIED');
    expect(await pool.map(f.dieOnThree, [1, 2, 4, 5])).toEqual([1, 2, 4, 5]);
  });

  test('may end by itself', async () => {
    const pool = poolOf(1);
    for (const code of [0, 3]) {
      const error = await rejection(pool.apply(f.exitWith, [code]));
      expect(error).toMatchObject({ code: 'ERR_WORKER_DIED', exitcode: code });
      expect(error.message).toContain(`exit code ${code}`);
    }
    for (const signal of ['SIGTERM', 'SIGSEGV']) {
      expect((await rejection(pool.apply(f.dieBy, [signal]))).message).toContain(signal);
    }
    expect(await pool.apply(f.double, [1])).toBe(2);
  });

  test('is replaced when it had nothing to do, too', async () => {
    const pool = poolOf(2);
    await pool.map(f.double, [1, 2, 3, 4], { chunksize: 1 });
    const before = pool.pids;
    for (const pid of before) process.kill(pid, 'SIGKILL');
    expect(await pool.apply(f.double, [5])).toBe(10);
    expect(pool.pids.some((pid) => before.includes(pid))).toBe(false);
  });
});

describe('workers that cannot begin', () => {
  test('an initializer that throws breaks the pool: every task rejects with its error, and nothing is started again', async () => {
    const pool = poolOf(2, { initializer: f.refuseToBegin as never });
    const calls = [pool.apply(f.double, [1]), pool.map(f.double, [1, 2])];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error.message).toBe('no licence');
      expect((error.cause as Error).stack).toMatch(/refuseToBegin/);
    }
    expect((await rejection(pool.apply(f.double, [1]))).message).toBe('no licence');
    await pool.join();
    expect(pool.pids).toEqual([]);
  });

  test('an initializer that ends the process does so three times at the most', async () => {
    const pool = poolOf(1, { initializer: f.exitAtOnce as never });
    const error = await rejection(pool.apply(f.double, [1]));
    expect(error).toBeInstanceOf(WorkerDiedError);
    expect(error.message).toMatch(/exit code 7 before it was ready/);
    await pool.join();
    expect(pool.pids).toEqual([]);
  });

  test('a module that cannot be imported says so', async () => {
    const pool = poolOf(1, { module: new URL('./fixtures/no-such-module.mjs', import.meta.url) });
    expect((await rejection(pool.apply(f.double, [1]))).code).toBe('ERR_MODULE_NOT_FOUND');
  });
});
