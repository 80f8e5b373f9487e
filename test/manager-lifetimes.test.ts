import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  attach,
  ClosedError,
  type DictProxy,
  Manager,
  Pipe,
  Process,
  Queue,
  RemoteError,
} from '../dist/index.js';
import { markFrom, setIn } from './fixtures/manager-travel.mjs';
import { rejects } from './helpers/failures.js';
import { asAnotherClient, managerForAll, references, until } from './helpers/managers.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { fixture, run } from './helpers/process-script.js';

const manager = managerForAll();
const module = new URL('./fixtures/manager-travel.mjs', import.meta.url);

describe('references to an object', () => {
  it('are counted for each client, and the object goes with the last one', async () => {
    const before = await manager().numberOfObjects();
    const dict = await manager().dict();
    const other = asAnotherClient(dict);
    await other.set('k', 1);
    dict.dispose();
    expect(await other.get('k')).toBe(1);
    other.dispose();
    await until(async () => (await manager().numberOfObjects()) === before);
    const late = attach(dict.handle) as unknown as DictProxy;
    await rejects(late.get('k'), RemoteError, 'ERR_REMOTE');
    late.dispose();
  });

  it('of a client that is killed are given back at once', async () => {
    const dict = await manager().dict();
    const peer = new Peer('manager', 'call', { handle: dict.handle, calls: [['set', 'k', 1]] });
    await peer.event('called');
    await references(manager(), dict, 2);
    peer.kill();
    await references(manager(), dict, 1);
    expect(await dict.get('k')).toBe(1);
  });

  it('that lie in another object count, until they are dropped there', async () => {
    const outer = await manager().dict<string, unknown>();
    const inner = await manager().list([1]);
    await outer.set('inner', inner);
    inner.dispose();
    const again = (await outer.get('inner')) as typeof inner;
    expect(await again.copy()).toEqual([1]);
    again.dispose();
    expect(await ((await outer.get('inner')) as typeof inner).length()).toBe(1);
  });

  it('that nobody disposes go with the garbage, but not while a call is pending', async () => {
    const { code, stdout, stderr } = await run(['--expose-gc', fixture('manager-garbage.mjs')]);
    expect(stderr).toBe('');
    expect([code, stdout]).toEqual([0, 'collected\nin flight\n']);
  });
});

describe('a proxy', () => {
  it('travels to a process by its arguments, and through a queue', async () => {
    const dict = await manager().dict<string, unknown>();
    const queue = own(new Queue<DictProxy>());
    await queue.put(dict as DictProxy);
    const child = new Process({ target: markFrom, args: [queue, 1], module }).start();
    const direct = new Process({ target: setIn, args: [dict, 'k', 'v'], module }).start();
    const { pid } = child;
    await Promise.all([child.join(), direct.join()]);
    expect([child.exitcode, direct.exitcode]).toEqual([0, 0]);
    expect(await dict.copy()).toEqual(
      new Map<string, unknown>([
        ['mark 0', pid],
        ['k', 'v'],
      ]),
    );
  });

  it('travels through a connection and to threads', async () => {
    const dict = await manager().dict<string, unknown>();
    const [a, b] = ownBoth(Pipe<DictProxy>());
    await a.send(dict as DictProxy);
    const received = await b.recv();
    await received.set('pipe', 1);
    received.dispose();
    const workers = ['one', 'two'].map(
      (key) => new Worker(module, { workerData: { dict: dict.handle, key } }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(new Set(await dict.keys())).toEqual(new Set(['pipe', 'one', 'two']));
  });

  it('lives in the dictionary of another manager', async () => {
    const other = await Manager();
    try {
      const inner = await manager().dict<string, number>({ a: 1 });
      const outer = await other.dict<string, unknown>();
      await outer.set('inner', inner);
      await references(manager(), inner, 2);
      const there = (await outer.get('inner')) as typeof inner;
      await there.set('b', 2);
      expect(await inner.copy()).toEqual(
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      );
      there.dispose();
      await other.shutdown();
      // What the other server held is given back with it.
      await references(manager(), inner, 1);
    } finally {
      await other.shutdown();
    }
  });

  it('of a manager that has ended is refused, and leads to no successor', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'manager-'));
    const address = path.join(folder, 'socket');
    const first = await Manager({ address });
    const dict = await first.dict();
    await first.shutdown();
    await rejects(dict.get('k'), ClosedError, 'ERR_CLOSED');
    const gone = asAnotherClient(dict);
    await expect(gone.get('k')).rejects.toMatchObject({ code: 'ENOENT' });
    const second = await Manager({ address });
    try {
      await second.dict({ k: 'of the second' });
      const stale = asAnotherClient(dict);
      await rejects(stale.get('k'), RemoteError, 'ERR_REMOTE');
    } finally {
      await second.shutdown();
      rmSync(folder, { recursive: true });
    }
  });
});
