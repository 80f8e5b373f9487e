import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type CommandOptions, InterprocError, Pipe, Process, Queue, Value } from '../dist/index.js';
import { throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { fixture, run, runs } from './helpers/process-script.js';
import { pythonProgram } from './helpers/python.js';
import { until } from './helpers/time.js';

const pythonPath = fileURLToPath(new URL('../python', import.meta.url));
const library = new URL('../dist/index.js', import.meta.url).href;
const worker = fileURLToPath(new URL('./fixtures/python-child.py', import.meta.url));

function python(args: readonly unknown[], more: Partial<CommandOptions> = {}): Process {
  return new Process({
    command: [pythonProgram, worker, 'from the command line'],
    args,
    env: { PYTHONPATH: pythonPath },
    ...more,
  });
}

describe('a process that is a Python program', () => {
  it('has its arguments, with shared objects attached', async () => {
    const queue = own(new Queue<unknown>());
    const value = own(new Value('i', 40));
    const child = python(['add', queue, value, [1, 1]], { name: 'Adder' }).start();
    await child.join();
    expect(child.exitcode).toBe(0);
    expect(value.value).toBe(42);
    expect(queue.getNowait()).toEqual({
      name: 'Adder',
      parent: process.pid,
      argv: ['from the command line'],
    });
  });

  it('takes large arguments', async () => {
    const queue = own(new Queue<unknown>());
    const value = own(new Value('q', 0n));
    const many = new Array<number>(300_000).fill(1);
    const child = python(['add', queue, value, many]).start();
    await child.join();
    expect([child.exitcode, value.value]).toEqual([0, 300_000n]);
  });

  it('gives its exit code, its error and its signal', async () => {
    for (const [args, expected] of [
      [['exit', 7], 7],
      [['again'], 0],
      [['fail'], 1],
    ] as const) {
      const child = python(args).start();
      await child.join();
      expect(child.exitcode).toBe(expected);
    }
    const queue = own(new Queue<number>());
    const child = python(['stay', queue]).start();
    expect(await queue.get()).toBe(child.pid);
    expect(child.isAlive()).toBe(true);
    child.terminate();
    child.joinSync();
    expect(child.exitcode).toBe(-15);
  });

  it('gives its own exit code as a daemon as well, where it ends before its parent', async () => {
    const children = [0, 7, 0, 7].map((code) => python(['exit', code], { daemon: true }).start());
    await Promise.all(children.map((child) => child.join()));
    expect(children.map((child) => child.exitcode)).toEqual([0, 7, 0, 7]);
  });

  it('is handed the end of a pipe, and its end is the end of file', async () => {
    const [mine, theirs] = Pipe();
    const child = python(['echo', theirs]).start();
    await mine.send('hello');
    expect(await mine.recv()).toEqual(['hello', 5]);
    mine.close();
    await child.join();
    expect(child.exitcode).toBe(0);
  });

  it('ends as a daemon with its parent, even where that is killed', async () => {
    const { stdout } = await run([
      fixture('process-command-parent.mjs'),
      pythonProgram,
      worker,
      pythonPath,
    ]);
    const pid = Number(stdout.trim());
    expect(pid).toBeGreaterThan(0);
    await until(() => !runs(pid));
    // What the two left goes with the next start of any program.
    await run(['--input-type=module', '--eval', `await import(${JSON.stringify(library)})`]);
  });
});

describe('a command', () => {
  it('may be any program, which need not take its arguments', async () => {
    const child = new Process({ command: ['sh', '-c', 'exit 3'], args: [1] }).start();
    await child.join();
    expect(child.exitcode).toBe(3);
  });

  it('that does not exist is an error with its code', () => {
    const child = new Process({ command: ['no-such-program-here'] });
    const error = throws(() => child.start(), InterprocError, 'ENOENT');
    expect(error).toMatchObject({ path: 'no-such-program-here', syscall: 'spawn' });
  });

  it.each([[[]], [['']], ['python3'], [[1]], [['a\0b']]])(
    'is refused where it is %j',
    (command) => {
      throws(() => new Process({ command } as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    },
  );

  it('has no target, module or execArgv', () => {
    throws(
      () => new Process({ command: ['sh'], target: () => 0 } as never),
      TypeError,
      'ERR_UNKNOWN_OPTION',
    );
  });
});
