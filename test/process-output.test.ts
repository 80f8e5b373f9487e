import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import * as targets from './fixtures/process-targets.mjs';
import { own } from './helpers/owned.js';
import { child } from './helpers/process-owned.js';

const size = 1_000_000;

describe('output', () => {
  it('of a megabyte is complete', async () => {
    const process = child(targets.print, [size], { stdio: ['ignore', 'pipe', 'inherit'] }).start();
    const printed = await text(process.stdout!);
    await process.join();
    expect([printed.length, process.exitcode]).toEqual([size, 0]);
  });

  it('of a megabyte is complete where the target throws afterwards', async () => {
    const process = child(targets.printThenFail, [size], { stdio: 'pipe' }).start();
    const [printed, errors] = await Promise.all([text(process.stdout!), text(process.stderr!)]);
    await process.join();
    expect([printed.length, process.exitcode]).toEqual([size, 1]);
    expect(errors).toContain('after the output');
  });
});

describe('an error in the child', () => {
  it.each([
    ['thrown by the target', targets.fail],
    ['rejected by the target', targets.failLater],
    ['uncaught', targets.failUncaught],
  ])('is printed with its stack, and the exit code is 1: %s', async (_, target) => {
    const process = child(target, ['on purpose'], { stdio: ['ignore', 'inherit', 'pipe'] }).start();
    const errors = await text(process.stderr!);
    await process.join();
    expect(process.exitcode).toBe(1);
    expect(errors).toMatch(/Error: on purpose\n\s+at .*process-targets\.mjs/);
    if (target === targets.failLater) expect(errors).toContain('the reason');
    else expect(errors).not.toContain('the reason');
  });
});

describe('what the child runs with', () => {
  it('has the environment merged, and the options of Node replaced', async () => {
    const queue = own(new Queue<{ greeting: string; execArgv: string[] }>());
    const options = {
      env: { GREETING: 'hello', PATH: undefined },
      execArgv: ['--no-warnings', '--stack-trace-limit=20'],
    };
    await child(targets.describeSelf, [queue as Queue<unknown>], options)
      .start()
      .join();
    const { greeting, execArgv } = queue.getNowait();
    expect([greeting, execArgv]).toEqual(['hello', options.execArgv]);
  });

  it('has no channel of Node.js, unless stdio asks for one', async () => {
    const stdio = ['inherit', 'inherit', 'inherit', 'ipc'] as const;
    const process = child(targets.answerMessages, [], { stdio: [...stdio] }).start();
    const answered = once(process.subprocess!, 'message');
    process.subprocess!.send('question');
    expect((await answered)[0]).toEqual({ got: 'question' });
    await process.join();
    expect(process.exitcode).toBe(0);
    const without = child(targets.answerMessages).start();
    await without.join();
    expect(without.exitcode).toBe(0);
    expect(without.subprocess!.channel ?? null).toBeNull();
  });

  it('does not pass the ticket of the boot pipe on', async () => {
    const queue = own(new Queue<unknown>());
    await child(targets.describeSelf, [queue]).start().join();
    expect(queue.getNowait()).toMatchObject({ ticket: null });
    await child(targets.printEnvironmentOfChild, [queue]).start().join();
    const variables = queue.getNowait() as string[];
    expect(variables).toContain('PATH');
    expect(variables.filter((name) => name.startsWith('INTERPROC_BOOT'))).toEqual([]);
  });
});
