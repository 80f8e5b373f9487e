import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import * as targets from './fixtures/process-targets.mjs';
import { own } from './helpers/owned.js';
import { child } from './helpers/process-owned.js';

// Between start() and the last line of these tests this thread never returns to its event loop, but where it says so.
describe('a parent that blocks', () => {
  it('gets what its child sends: start() needs no event loop', () => {
    const queue = own(new Queue<unknown>());
    const process = child(targets.putAll, [queue, 1, 2]).start();
    expect([queue.getSync(), queue.getSync()]).toEqual([1, 2]);
    process.joinSync();
    expect([process.exitcode, process.isAlive()]).toEqual([0, false]);
  });

  it('sees exit codes and signals without events, and gets the events later', async () => {
    const failed = child(targets.exitWith, [9]);
    const killed = child(targets.waitForEver);
    const events: number[] = [];
    failed.on('exit', (code) => events.push(code));
    failed.start();
    killed.start();
    killed.joinSync({ timeout: 0 });
    killed.joinSync({ timeout: 5 });
    expect(killed.exitcode).toBeNull();
    killed.kill();
    killed.joinSync();
    failed.joinSync({ timeout: 30_000 });
    expect([failed.exitcode, killed.exitcode, failed.isAlive()]).toEqual([9, -9, false]);
    expect(events).toEqual([]);
    await failed.join({ timeout: 0 });
    expect(events).toEqual([9]);
    await killed.join();
  });

  it('terminates a child that blocks as well', async () => {
    const queue = own(new Queue<unknown>());
    const process = child(targets.blockForEver, [queue]).start();
    const ended = once(process, 'exit');
    expect(queue.getSync()).toBe('blocked');
    process.terminate();
    process.joinSync();
    expect(process.exitcode).toBe(-15);
    expect(await ended).toEqual([-15]);
  });
});
