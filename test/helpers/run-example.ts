import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
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

function sharedObjects(): string[] {
  return readdirSync(sharedMemory).filter((name) => /^(sem\.)?interproc/.test(name));
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

/** Those of `names` that stay: another test may be using some of them, for a while. */
async function lasting(names: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    const present = new Set(sharedObjects());
    const left = names.filter((name) => present.has(name));
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(50);
  }
}
