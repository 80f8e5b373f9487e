import { describe, expect, test } from 'vitest';
import { AbortError } from '../dist/index.js';
import * as f from './fixtures/pool-functions.mjs';
import { Gate, module, poolOf } from './helpers/pools.js';
import { runs } from './helpers/process-script.js';
import { rejection, run, start } from './helpers/segments.js';
import { duration, until } from './helpers/time.js';

const script = (body: string) => `
  const module = new URL(${JSON.stringify(module.href)});
  const f = await import(module);
  ${body}`;

describe('an abort', () => {
  test('rejects at once, and what was not begun is not begun', async () => {
    const pool = poolOf(1);
    using gate = new Gate();
    const running = pool.apply(f.block, [gate.name, 1]);
    await gate.untilBegun(1);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [2, 3, 4].map((n) => pool.apply(f.block, [gate.name, n], { signal }));
    const chunks = pool.starmap(
      f.block,
      [
        [gate.name, 5],
        [gate.name, 6],
      ],
      { chunksize: 1, signal },
    );
    const other = pool.apply(f.block, [gate.name, 7]);
    const reason = new Error('enough');
    const rejections = Promise.all([...calls, chunks].map(rejection));
    controller.abort(reason);
    for (const error of await rejections) {
      expect(error).toBeInstanceOf(AbortError);
      expect([error.name, error.code, error.cause]).toEqual(['AbortError', 'ABORT_ERR', reason]);
    }
    gate.open();
    await Promise.all([running, other]);
    expect(gate.begun).toEqual([1, 7]);
  });

  test('of a task that runs drops its result, and the worker goes on', async () => {
    const pool = poolOf(1);
    using gate = new Gate();
    const controller = new AbortController();
    const call = pool.apply(f.block, [gate.name, 1], { signal: controller.signal });
    await gate.untilBegun(1);
    controller.abort();
    expect((await rejection(call)).code).toBe('ABORT_ERR');
    gate.open();
    expect(await pool.apply(f.double, [1])).toBe(2);
  });

  test('before the call begins nothing', async () => {
    const pool = poolOf(1);
    const signal = AbortSignal.abort();
    using gate = new Gate();
    expect((await rejection(pool.apply(f.block, [gate.name, 1], { signal }))).code).toBe(
      'ABORT_ERR',
    );
    expect((await rejection(pool.map(f.double, [1], { signal }))).code).toBe('ABORT_ERR');
    expect((await rejection(pool.imap(f.double, [1], { signal }).next())).code).toBe('ABORT_ERR');
    expect(await pool.apply(f.double, [1])).toBe(2);
    expect(gate.begun).toEqual([]);
  });

  test('ends an imap', async () => {
    const pool = poolOf(1);
    using gate = new Gate();
    const controller = new AbortController();
    const results = pool.imap(
      f.blockOnOne,
      [
        [gate.name, 1],
        [gate.name, 2],
      ] as const,
      {
        signal: controller.signal,
      },
    );
    const step = results.next();
    await gate.untilBegun(1);
    controller.abort();
    expect((await rejection(step)).code).toBe('ABORT_ERR');
    expect((await results.next()).done).toBe(true);
  });
});

describe('the end of a pool', () => {
  test('terminate ends workers that are busy, and their tasks reject', async () => {
    const pool = poolOf(2);
    using gate = new Gate();
    const calls = [1, 2, 3].map((n) => pool.apply(f.block, [gate.name, n]));
    const rejected = Promise.all(calls.map(rejection));
    await gate.untilBegun(2);
    const { pids } = pool;
    expect(await duration(() => pool.terminate())).toBeLessThan(5000);
    expect((await rejected).map(({ code }) => code)).toEqual(Array(3).fill('ERR_POOL_TERMINATED'));
    expect(pids.some(runs)).toBe(false);
    await pool.join();
    await pool.terminate();
    expect((await rejection(pool.apply(f.double, [1]))).code).toBe('ERR_POOL_NOT_RUNNING');
  });

  test('await using terminates', async () => {
    let pids: number[];
    {
      await using pool = poolOf(1);
      await pool.apply(f.double, [1]);
      ({ pids } = pool);
    }
    expect(pids.some(runs)).toBe(false);
  });

  test('a worker that ignores SIGTERM is killed', async () => {
    const pool = poolOf(1);
    await pool.apply(f.ignoreTerm);
    const [pid] = pool.pids as [number];
    await pool.terminate();
    expect(runs(pid)).toBe(false);
  });

  test('an idle pool does not keep the process alive, a pending task does', async () => {
    const { code, stdout, stderr } = await run(
      script(`const pool = new ip.Pool(2, { module });
      pool.apply(f.doubleLater, [4, 300]).then((result) => console.log(result, pool.pids.join()));`),
    );
    expect([code, stderr]).toEqual([0, '']);
    const [result, pids] = stdout.trim().split(' ') as [string, string];
    expect(result).toBe('8');
    await until(() => !pids.split(',').some((pid) => runs(Number(pid))));
    expect((await run(script('new ip.Pool(2, { module })'))).code).toBe(0);
  });

  test('a pending task keeps the process alive while workers are being replaced', async () => {
    const { code, stdout, stderr } = await run(
      script(`const pool = new ip.Pool(1, { module, maxTasksPerChild: 1 });
      const calls = Array.from({ length: 5 }, (_, n) => pool.apply(f.double, [n]));
      console.log((await Promise.all(calls)).join());`),
    );
    expect([code, stdout.trim(), stderr]).toEqual([0, '0,2,4,6,8', '']);
  });

  test('workers end with a process that is killed', async () => {
    const { child, line, finished } = start(
      script(`const pool = new ip.Pool(2, { module });
      await pool.map(f.double, [1, 2, 3, 4], { chunksize: 1 });
      console.log(pool.pids.join());
      await new Promise((resolve) => setInterval(resolve, 1e9));`),
    );
    const pids = (await line()).split(',').map(Number);
    expect(pids.every(runs)).toBe(true);
    child.kill('SIGKILL');
    await finished;
    await until(() => !pids.some(runs));
  });

  test('the main script may be the module; a pool outside isMainProcess is told so', async () => {
    const { code, stdout, stderr } = await run('', {
      file: new URL('./fixtures/pool-main.mjs', import.meta.url),
    });
    expect([code, stdout.trim(), stderr]).toEqual([0, '[2,4,6]', '']);
    const unguarded = await run('', {
      file: new URL('./fixtures/pool-main.mjs', import.meta.url),
      args: ['unguarded'],
    });
    expect(unguarded.stdout).toContain('ERR_BOOTSTRAPPING');
  });

  test('leaves no descriptor and no shared memory however often', async () => {
    const { stdout, stderr } = await run(
      script(`import fs from 'node:fs';
      const target = (fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } };
      // Doorbells of others are kept open for a while, a bounded number of them; the thread that tells of deaths comes once.
      const fds = () => fs.readdirSync('/proc/self/fd').map(target).filter((to) => to && !/interproc-bell|inotify/.test(to)).length;
      const round = async (n) => {
        const pool = new ip.Pool(1, { module });
        if ((await pool.apply(f.double, [n])) !== 2 * n) throw new Error('wrong');
        if (n % 2) { pool.close(); await pool.join(); } else await pool.terminate();
      };
      // What children need not compile comes once, with the second start.
      for (let n = 0; n < 2; n++) await round(n);
      const before = fds();
      for (let n = 2; n < 30; n++) await round(n);
      // What the event loop has yet to let go of.
      for (let i = 0; i < 200 && fds() > before; i++) await new Promise((resolve) => setTimeout(resolve, 20));
      console.log(Math.max(0, fds() - before));`),
    );
    expect(stdout.trim(), stderr).toBe('0');
  });
});
