import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as here from '../dist/index.js';
import { own } from './helpers/owned.js';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder: string;
let other: typeof here;

/** The package a second time, from another folder: other modules, and another addon. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'interproc-copy-'));
  for (const part of ['package.json', 'dist', 'build/Release/interproc.node'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  other = (await import(pathToFileURL(join(folder, 'dist/index.js')).href)) as typeof here;
});
afterAll(() => rmSync(folder, { recursive: true }));

const limit = { timeout: 20_000 };

describe('two copies of the package in one process', () => {
  it('are two', () => {
    expect(other.Queue).not.toBe(here.Queue);
  });

  it('have the same queue by name, in every form', async () => {
    const mine = own(new here.Queue<unknown>());
    const theirs = own(other.Queue.open<unknown>(mine.name));
    mine.putSync({ n: 1 });
    expect(theirs.getSync(limit)).toEqual({ n: 1 });
    // Each waits in the one event loop, and is woken by the other.
    const got = mine.get(limit);
    await theirs.put('two');
    expect(await got).toBe('two');
    const back = theirs.getMany(5, limit);
    mine.putManySync([3, 4]);
    expect(await back).toEqual([3, 4]);
    mine.putSync(Buffer.alloc(300_000, 5));
    expect((theirs.getSync(limit) as Buffer).equals(Buffer.alloc(300_000, 5))).toBe(true);
  });

  it('take handles of each other', () => {
    const value = own(new here.Value('i', 5));
    const again = own(other.attach(value.handle) as InstanceType<typeof here.Value>);
    again.value = 6;
    expect(value.value).toBe(6);
    const array = own(new other.SharedArray('d', [1, 2, 3]));
    const same = own(here.attach(JSON.parse(JSON.stringify(array))) as unknown as typeof array);
    same[0] = 9;
    expect([...array]).toEqual([9, 2, 3]);
  });

  it('exclude each other with one lock, and each knows its own', async () => {
    const mine = own(new here.Lock());
    const theirs = own(other.Lock.open(mine.name));
    const guard = mine.acquireSync();
    expect(theirs.locked()).toBe(true);
    expect(theirs.acquireSync({ timeout: 50 })).toBeNull();
    expect(() => theirs.release()).toThrow(expect.objectContaining({ code: 'ERR_LOCK_NOT_OWNED' }));
    // The same handle again is a deadlock, whichever copy it is of.
    expect(() => mine.acquireSync()).toThrow(expect.objectContaining({ code: 'ERR_DEADLOCK' }));
    const waits = theirs.acquire(limit);
    guard?.release();
    const next = await waits;
    expect(next?.abandoned).toBe(false);
    expect(() => theirs.acquireSync()).toThrow(expect.objectContaining({ code: 'ERR_DEADLOCK' }));
    next?.release();
  });

  it('wait for events, conditions, barriers and pipes of each other', async () => {
    const event = own(new here.Event());
    const wait = own(other.Event.open(event.name)).wait(limit);
    event.set();
    expect(await wait).toBe(true);

    const barrier = own(new here.Barrier(2));
    const meeting = [barrier.wait(limit), own(other.Barrier.open(barrier.name)).wait(limit)];
    expect((await Promise.all(meeting)).sort()).toEqual([0, 1]);

    const [a, b] = here.Pipe<string>();
    own(a);
    const end = own(other.attach(b.handOver()) as InstanceType<typeof here.Connection>);
    const got = end.recv(limit);
    a.sendSync('across');
    expect(await got).toBe('across');
    end.close();
    await expect(a.recv(limit)).rejects.toMatchObject({ code: 'ERR_EOF' });
  });

  it('start processes side by side', async () => {
    const module = new URL('fixtures/limits-target.mjs', import.meta.url);
    const { idle } = (await import(module.href)) as { idle: () => void };
    for (const { Process } of [here, other]) {
      const child = new Process({ target: idle, module: module.href });
      child.start();
      await child.join();
      expect(child.exitcode).toBe(0);
    }
  });

  it('leave nothing: the last handle of either takes the object away', () => {
    const mine = new here.Queue();
    const theirs = other.Queue.open(mine.name);
    mine.close();
    theirs.putSync(1);
    expect(theirs.getSync(limit)).toBe(1);
    theirs.close();
    expect(() => here.Queue.open(mine.name)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
