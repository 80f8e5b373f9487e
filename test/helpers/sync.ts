import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { afterEach, expect } from 'vitest';
import { failure, library, rejection, type Started, start } from './segments.js';

const children: Started[] = [];
const workers: Worker[] = [];

afterEach(async () => {
  for (const { child, finished } of children.splice(0)) {
    child.kill('SIGKILL');
    await finished.catch(() => undefined);
  }
  for (const worker of workers.splice(0)) await worker.terminate();
});

/** Another process that has the object of the handle as `object`; it is killed when the test ends. */
export function peer(object: { toJSON(): unknown }, script: string): Started {
  const started = start(
    `const object = globalThis.object = ip.attach(JSON.parse(process.argv[1]));
     const say = (what) => console.log(JSON.stringify(what));
     ${script}`,
    { args: [JSON.stringify(object)] },
  );
  children.push(started);
  return started;
}

/** What the peer said next. */
export async function said<T = unknown>({ line }: Started): Promise<T> {
  return JSON.parse(await line()) as T;
}

/** Kills the peer and waits until it is gone. */
export async function kill({ child, finished }: Started): Promise<void> {
  child.kill('SIGKILL');
  await finished;
}

/** A worker thread that has the object as `object` and `parentPort`; it is terminated when the test ends. */
export function thread(object: { toJSON(): unknown }, script: string): Worker {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(${JSON.stringify(library)}).then(async (ip) => {
       const object = globalThis.object = ip.attach(workerData);
       ${script}
     });`,
    { eval: true, workerData: object.toJSON(), execArgv: [] },
  );
  workers.push(worker);
  return worker;
}

export async function heard<T = unknown>(worker: Worker): Promise<T> {
  const [message] = (await once(worker, 'message')) as [T];
  return message;
}

const pythonPath =
  ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path)) ?? 'python3';

/** Runs the system's python3 with a semaphore `sem` of `_multiprocessing` on the name; what it printed. */
export function python(name: string, script: string): string {
  const { stdout, stderr, status } = spawnSync(pythonPath, ['-c', pythonScript(name, script)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`python: ${stderr}`);
  return stdout.trim();
}

/** The same beside this process. `ready` resolves at its first output. */
export function pythonBeside(
  name: string,
  script: string,
): { ready: Promise<unknown>; output: Promise<string> } {
  const child = spawn(pythonPath, ['-u', '-c', pythonScript(name, script)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = once(child.stdout, 'data');
  return { ready, output: text(child.stdout) };
}

function pythonScript(name: string, script: string): string {
  return `import sys, time, _multiprocessing\nsem = _multiprocessing.SemLock._rebuild(0, 1, 100, '/${name}')\n${script}`;
}

export interface Bad {
  readonly call: string;
  readonly act: () => unknown;
  readonly code: string;
  readonly of?: abstract new (...args: never[]) => Error;
}

/** Fails unless the call throws, or rejects with, an error of that code and class. */
export async function checkBad({ act, code, of = Error }: Bad): Promise<void> {
  let error: Error & Record<string, unknown>;
  const promises: Promise<unknown>[] = [];
  try {
    error = failure(() => {
      const result = act();
      if (result instanceof Promise) promises.push(result);
      return result;
    });
  } catch (missing) {
    if (promises.length === 0) throw missing;
    error = await rejection(promises[0]);
  }
  expect(error['code']).toBe(code);
  expect(error).toBeInstanceOf(of);
}

/** Runs `round` a thousand times; descriptors and files in /dev/shm must not have grown. */
export function checkLeaks(round: () => void): void {
  for (let warm = 0; warm < 10; warm++) round();
  const descriptors = readdirSync('/proc/self/fd').length;
  const mappings = mapped();
  for (let done = 0; done < 1000; done++) round();
  expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
  expect(mapped() - mappings).toBeLessThan(20);
}

function mapped(): number {
  return readdirSync('/proc/self/map_files').length;
}
