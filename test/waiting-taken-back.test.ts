import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Queue, wait, waitSync } from '../dist/index.js';
import { command } from './helpers/cli.js';
import { own } from './helpers/owned.js';

/** Who is asleep for the object, seen from another process while this thread's loop has no turn. */
function sleepersFor({ name }: { name: string }): unknown[] {
  const told = execFileSync(process.execPath, [command, 'stat', name, '--json'], {
    encoding: 'utf8',
  });
  return (JSON.parse(told) as { object: { waiters: unknown[] } }).object.waiters;
}

describe('a thread whose wait on several objects is over', () => {
  it('is no sleeper for them any more, although its loop has had no turn', async () => {
    const queue = own(new Queue());
    // Once in promise form, so that the loop has slept and has a doorbell.
    expect(await wait([queue], { timeout: 30 })).toEqual([]);
    expect(waitSync([queue], { timeout: 30 })).toEqual([]);
    expect(sleepersFor(queue)).toEqual([]);
  });
});
