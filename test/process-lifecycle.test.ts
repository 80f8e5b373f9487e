import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  AbortError,
  activeChildren,
  ClosedError,
  cpuCount,
  currentProcess,
  isMainProcess,
  Process,
  ProcessError,
  parentProcess,
} from '../dist/index.js';
import * as targets from './fixtures/process-targets.mjs';
import { rejects, throws } from './helpers/failures.js';
import { child, module } from './helpers/process-owned.js';
import { until } from './helpers/time.js';

describe('the exit code', () => {
  it('is null before the start and while the child runs, then what it exited with', async () => {
    const process = child(targets.waitForEver);
    expect([process.exitcode, process.pid, process.isAlive()]).toEqual([null, null, false]);
    expect(process.start()).toBe(process);
    expect([process.exitcode, process.isAlive()]).toEqual([null, true]);
    expect(process.pid).toBeGreaterThan(0);
    process.terminate();
    await process.join();
    expect([process.exitcode, process.isAlive()]).toEqual([-15, false]);
  });

  it.each([0, 3, 255])('is %i where the child calls process.exit with it', async (code) => {
    const process = child(targets.exitWith, [code]).start();
    await process.join();
    expect(process.exitcode).toBe(code);
  });

  it('is 0 where the target returns, and process.exitCode where it was set', async () => {
    const plain = child(targets.nothing).start();
    const set = child(targets.setExitCode, [7]).start();
    await Promise.all([plain.join(), set.join()]);
    expect([plain.exitcode, set.exitcode]).toEqual([0, 7]);
  });

  it('is the negative number of the signal that ended the child', async () => {
    const killed = child(targets.waitForEver).start();
    const interrupted = child(targets.waitForEver).start();
    killed.kill();
    interrupted.interrupt();
    await Promise.all([killed.join(), interrupted.join()]);
    expect([killed.exitcode, interrupted.exitcode]).toEqual([-9, -2]);
  });

  it('is 13 where the target awaits what can never come', async () => {
    const process = child(targets.awaitTheImpossible, [], { stdio: 'ignore' }).start();
    await process.join();
    expect(process.exitcode).toBe(13);
  });
});

describe('join', () => {
  it('resolves at its time limit too', async () => {
    const process = child(targets.waitForEver).start();
    await process.join({ timeout: 20 });
    await process.join({ timeout: 0 });
    await process.join({ timeout: -1 });
    await process.join({ block: false });
    expect(process.exitcode).toBeNull();
    process.kill();
    await process.join({ timeout: 2 ** 40 });
    expect(process.exitcode).toBe(-9);
    await process.join();
  });

  it('rejects when it is aborted, before and while it waits, and leaves the child alone', async () => {
    const process = child(targets.waitForEver).start();
    await rejects(process.join({ signal: AbortSignal.abort() }), AbortError, 'ABORT_ERR');
    const abort = new AbortController();
    const joined = process.join({ signal: abort.signal });
    abort.abort('enough');
    expect((await rejects(joined, AbortError, 'ABORT_ERR')).cause).toBe('enough');
    expect(process.isAlive()).toBe(true);
  });

  it('refuses a timeout that is no number', async () => {
    const process = child(targets.waitForEver).start();
    await rejects(process.join({ timeout: Number.NaN }), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(process.join({ timeuot: 1 } as object), TypeError, 'ERR_UNKNOWN_OPTION');
  });
});

describe('events', () => {
  it("emits 'exit' with the exit code, when isAlive() is false already", async () => {
    const process = child(targets.exitWith, [4]);
    const seen = new Promise((resolve) => {
      process.once('exit', (code) => resolve([code, process.exitcode, process.isAlive()]));
    });
    process.start();
    expect(await seen).toEqual([4, 4, false]);
  });

  it("does not emit 'error' for an error of the target's own", async () => {
    const process = child(targets.fail, ['on purpose'], { stdio: 'ignore' });
    const errors: Error[] = [];
    process.on('error', (error) => errors.push(error));
    process.start();
    await once(process, 'exit');
    expect([errors, process.exitcode]).toEqual([[], 1]);
  });
});

describe('misuse', () => {
  it('refuses a second start, also after the end', async () => {
    const process = child(targets.nothing).start();
    throws(() => process.start(), ProcessError, 'ERR_PROCESS_STARTED');
    await process.join();
    throws(() => process.start(), ProcessError, 'ERR_PROCESS_STARTED');
  });

  it('refuses what needs a started child', async () => {
    const process = child(targets.nothing);
    const code = 'ERR_PROCESS_NOT_STARTED';
    await rejects(process.join(), ProcessError, code);
    throws(() => process.joinSync(), ProcessError, code);
    throws(() => process.terminate(), ProcessError, code);
    throws(() => process.kill(), ProcessError, code);
    throws(() => process.interrupt(), ProcessError, code);
    throws(() => process.sentinel, ProcessError, code);
  });

  it('lets signals to a child that has ended pass', async () => {
    const process = child(targets.nothing).start();
    await process.join();
    process.terminate();
    process.kill();
    process.interrupt();
    expect(process.exitcode).toBe(0);
    expect(process.sentinel).toBe(process);
  });

  it('refuses to close a child that runs, and every use after close', async () => {
    const process = child(targets.waitForEver, [], { name: 'closing' }).start();
    throws(() => process.close(), ProcessError, 'ERR_PROCESS_ALIVE');
    process.kill();
    await process.join();
    process.close();
    process.close();
    expect([process.closed, process.name, process.daemon]).toEqual([true, 'closing', false]);
    const code = 'ERR_CLOSED';
    await rejects(process.join(), ClosedError, code);
    throws(() => process.pid, ClosedError, code);
    throws(() => process.exitcode, ClosedError, code);
    throws(() => process.sentinel, ClosedError, code);
    throws(() => process.isAlive(), ClosedError, code);
    throws(() => process.kill(), ClosedError, code);
    throws(() => process.start(), ClosedError, code);
    const never = child(targets.nothing);
    never.close();
    throws(() => never.start(), ClosedError, code);
  });

  it('names a misspelt option and refuses wrong types', () => {
    const make = (options: object) => () => new Process(options as never);
    const { nothing: target } = targets;
    throws(make({ target, demon: true, module }), TypeError, 'ERR_UNKNOWN_OPTION');
    const wrong = [
      {},
      { target: 'nothing' },
      { target: class Job {} },
      { target, args: 'no' },
      { target, name: 1 },
      { target, daemon: 'yes' },
      { target, module: 5 },
      { target, module, env: ['A=1'] },
      { target, module, env: { A: 1 } },
      { target, module, execArgv: '--trace-warnings' },
      { target, module, stdio: 1 },
    ];
    for (const options of wrong) throws(make(options), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => new Process(undefined as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const where of ['./relative.mjs', 'interproc', 'data:text/javascript,1']) {
      throws(make({ target, module: where }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    throws(make({ target, module: new URL('http://x/y') }), RangeError, 'ERR_OUT_OF_RANGE');
  });
});

describe('a process that cannot be spawned', () => {
  it("is an 'error' event where somebody listens, and can be started later", async () => {
    const real = process.execPath;
    const failing = child(targets.exitWith, [5]);
    const told = once(failing, 'error');
    try {
      process.execPath = '/nonexistent/node';
      failing.start();
    } finally {
      process.execPath = real;
    }
    const [error] = await told;
    expect(error).toMatchObject({
      code: 'ENOENT',
      errno: -2,
      syscall: 'spawn',
      path: '/nonexistent/node',
    });
    expect([failing.pid, failing.isAlive(), failing.exitcode]).toEqual([null, false, null]);
    expect(await failing.join().catch((reason: unknown) => reason)).toBe(error);
    await failing.start().join();
    expect(failing.exitcode).toBe(5);
  });

  it('is thrown where nobody listens', () => {
    const real = process.execPath;
    const failing = child(targets.nothing);
    try {
      process.execPath = '/nonexistent/node';
      throws(() => failing.start(), Error, 'ENOENT');
    } finally {
      process.execPath = real;
    }
    expect(failing.pid).toBeNull();
    throws(
      () => child(targets.nothing, [], { env: { HUGE: 'x'.repeat(1 << 20) } }).start(),
      Error,
      'E2BIG',
    );
  });
});

describe('who is who', () => {
  it('knows the main process', () => {
    expect(isMainProcess).toBe(true);
    expect(parentProcess()).toBeNull();
    expect(currentProcess()).toMatchObject({
      name: 'MainProcess',
      pid: process.pid,
      daemon: false,
    });
    expect(currentProcess().isAlive()).toBe(true);
    expect(cpuCount()).toBeGreaterThan(0);
  });

  it('lists the children that run', async () => {
    const one = child(targets.waitForEver);
    expect(activeChildren()).not.toContain(one);
    one.start();
    expect(activeChildren()).toContain(one);
    one.kill();
    await until(() => !one.isAlive());
    expect(activeChildren()).not.toContain(one);
  });

  it('numbers names, and takes others', () => {
    const first = child(targets.nothing);
    const second = child(targets.nothing);
    const number = (name: string) => Number(/^Process-(\d+)$/.exec(name)?.[1]);
    expect(number(second.name)).toBe(number(first.name) + 1);
    first.name = 'another';
    expect(first.name).toBe('another');
    throws(() => Object.assign(first, { name: 5 }), TypeError, 'ERR_INVALID_ARG_TYPE');
  });
});
