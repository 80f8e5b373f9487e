import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** The built package, as scripts of children import it. */
export const library = new URL('../../dist/index.js', import.meta.url).href;

let counter = 0;

/** A name that no other test and no other process uses. */
export function nameFor(what: string): string {
  return `seg-${process.pid}-${++counter}-${what}`;
}

export function pathOf(name: string): string {
  return `/dev/shm/interproc.${name}`;
}

/** Whether anything has the name, a dangling link included. */
export function present(name: string): boolean {
  return lstatSync(pathOf(name), { throwIfNoEntry: false }) !== undefined;
}

/** The error that a call throws; what it returns instead is an error of the test. */
export function failure(call: () => unknown): Error & Record<string, unknown> {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error(`expected an error, got ${String(result)}`);
}

/** The error that a promise rejects with. A call that throws synchronously is an error of the test. */
export async function rejection(promise: unknown): Promise<Error & Record<string, unknown>> {
  if (!(promise instanceof Promise)) throw new Error(`expected a promise, got ${String(promise)}`);
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error(`expected a rejection, got ${String(result)}`);
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command line that runs the one behind it. */
  readonly within?: readonly string[];
  /** Run this file in place of the script. */
  readonly file?: URL;
  readonly stdio?: SpawnOptions['stdio'];
}

/** A child is ended after this time, and the test fails. */
const bound = 40_000;

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** The next line that it prints; rejects when it ends without one. */
  line(): Promise<string>;
}

/** Starts a program that has the package as `ip`. */
export function start(script: string, options: RunOptions = {}): Started {
  const { args = [], execArgv = [], env = {}, within = [], file, stdio } = options;
  const program =
    file === undefined
      ? ['--input-type=module', '-e', `import * as ip from ${JSON.stringify(library)};\n${script}`]
      : [file.pathname];
  const [command = '', ...rest] = [...within, process.execPath, ...execArgv, ...program, ...args];
  const child = spawn(command, rest, {
    env: { ...process.env, ...env },
    stdio: stdio ?? ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  let ended = false;
  const wakeAll = () => {
    for (const wake of waiting.splice(0)) wake();
  };
  if (child.stdout !== null) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      wakeAll();
    });
  }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the child did not end within ${bound} ms\n${stdout}\n${stderr}`));
    }, bound);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      ended = true;
      wakeAll();
      resolve({ code, signal, stdout, stderr });
    });
  });
  finished.catch(() => undefined);
  return {
    child,
    finished,
    async line() {
      while (lines.length === 0) {
        if (ended) throw new Error(`the child ended without a line\n${stdout}\n${stderr}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return lines.shift() as string;
    },
  };
}

/** Runs a program to its end. */
export function run(script: string, options?: RunOptions): Promise<Finished> {
  return start(script, options).finished;
}

/** Runs a program that must succeed; what it printed, read as JSON. */
export async function answerOf<T>(script: string, options?: RunOptions): Promise<T> {
  const { code, signal, stdout, stderr } = await run(script, options);
  if (code !== 0) throw new Error(`the child ended with ${code ?? signal}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Waits for what another process brings about. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await delay(5);
  }
}

/** Runs a command with a `/dev/shm` of its own of 8 MiB; `undefined` where this user may not do that. */
export const ownShm: readonly string[] | undefined = (() => {
  for (const flags of ['-m', '-Urm']) {
    const mount = 'mount -t tmpfs -o size=8m tmpfs /dev/shm && exec "$@"';
    const command = ['unshare', flags, 'sh', '-c', mount, 'sh'];
    const { status } = spawnSync(command[0] as string, [...command.slice(1), 'true']);
    if (status === 0) return command;
  }
  return undefined;
})();
