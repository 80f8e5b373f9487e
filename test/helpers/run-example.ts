import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const examples = new URL('../../examples/', import.meta.url);
const sharedMemory = '/dev/shm';
const graceMs = 10_000;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly lines: readonly string[];
  /** What it made in `/dev/shm` and left there. */
  readonly left: readonly string[];
}

/** But for those that tests have named (`nameFor`): they may persist, held by nobody. */
function sharedObjects(): string[] {
  return readdirSync(sharedMemory).filter((name) => /^interproc\.(?!seg-)/.test(name));
}

/** Runs an example to its end. `started` is given its process id. */
export async function runExample(
  file: string,
  args: readonly string[] = [],
  started: (pid: number) => void = () => {},
): Promise<Ended> {
  const before = new Set(sharedObjects());
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, examples)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (child.pid !== undefined) started(child.pid);
  const code = await ended;
  const fresh = sharedObjects().filter((name) => !before.has(name));
  return { code, out, err, lines: out.trimEnd().split('\n'), left: await lasting(fresh) };
}

/** Those of `names` that nobody alive holds and that stay: tests that run beside this one hold theirs. */
async function lasting(names: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    const left = names.filter((name) => !isHeld(name));
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(50);
  }
}

/** Whether a file has an owner, by the kernel's list of locks, or is gone. */
function isHeld(name: string): boolean {
  const about = statSync(`${sharedMemory}/${name}`, { throwIfNoEntry: false });
  if (about === undefined) return true;
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .some((line) => line.includes('OFDLCK') && line.split(/\s+/)[5]?.endsWith(`:${about.ino}`));
}
