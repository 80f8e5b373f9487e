import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AbortError,
  InterprocError,
  type PoolProxy,
  RemoteError,
  SyncManager,
} from '../dist/index.js';
import * as f from './fixtures/pool-functions.mjs';
import { rejects } from './helpers/failures.js';
import { managerForAll } from './helpers/managers.js';

const manager = managerForAll();
const module = new URL('./fixtures/pool-functions.mjs', import.meta.url).href;

describe("a manager's pool", () => {
  let pool: PoolProxy;
  beforeAll(async () => {
    pool = await manager().Pool(2, { module });
  });
  afterAll(() => pool.dispose());

  it('calls exported functions in processes of the server', async () => {
    expect(await pool.apply(f.double, [4])).toBe(8);
    expect(await pool.map(f.double, new Set([1, 2]))).toEqual([2, 4]);
    expect(await pool.starmap(f.sum, [[1, 2], [3]] as never)).toEqual([3, 3]);
    expect(await pool.processes()).toBe(2);
    const seen: number[] = [];
    for await (const n of await pool.imap(f.double, [1, 2, 3])) seen.push(n);
    const some: number[] = [];
    for await (const n of await pool.imapUnordered(f.double, [1, 2, 3])) some.push(n);
    expect([seen, some.sort()]).toEqual([
      [2, 4, 6],
      [2, 4, 6],
    ]);
  });

  it('passes errors and aborts on', async () => {
    await expect(pool.apply(f.fail, ['so'])).rejects.toThrow('so');
    const controller = new AbortController();
    const later = pool.apply(f.doubleLater, [1, 60_000], { signal: controller.signal });
    await pool.processes();
    controller.abort();
    await rejects(later, AbortError, 'ABORT_ERR');
  });

  it('takes no functions that no module exports, and a module it must have', async () => {
    const bad = pool as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    await rejects(bad['apply']!(1), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(bad['map']!(f.double, 1), TypeError, 'ERR_INVALID_ARG_TYPE');
    const made = manager().create('Pool', 2) as Promise<unknown>;
    await rejects(made, TypeError, 'ERR_INVALID_ARG_TYPE');
    const remote = await new SyncManager({ address: { port: 0 } }).start();
    await rejects(remote.Pool(1, { module }), RemoteError, 'ERR_REMOTE');
    await remote.shutdown();
  });

  it('ends with its last proxy', async () => {
    const own = await manager().Pool(1, { module });
    await rejects(own.join(), InterprocError, 'ERR_POOL_RUNNING');
    await own.close();
    await own.join();
    await rejects(own.apply(f.double, [1]), InterprocError, 'ERR_POOL_NOT_RUNNING');
    own.dispose();
  });
});
