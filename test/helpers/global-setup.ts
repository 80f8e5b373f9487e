import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const directory = '/dev/shm';
const prefixes = ['interproc', 'sem.interproc'];
const graceMs = 5_000;
const pollMs = 50;

async function ours(): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
}

/** Vitest kills its workers, and a killed process leaves its doorbell to the next sweep. One without a reader has no owner. */
function removeDeadDoorbell(name: string): void {
  try {
    closeSync(openSync(`${directory}/${name}`, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') unlinkSync(`${directory}/${name}`);
  }
}

/** Fails the whole run when it leaves shared memory or semaphores behind. */
export async function setup(): Promise<() => Promise<void>> {
  const before = new Set(await ours());
  return async () => {
    // Processes that the last test killed may still be on their way out.
    const deadline = performance.now() + graceMs;
    let left: string[];
    for (;;) {
      left = (await ours()).filter((name) => !before.has(name));
      for (const name of left) if (name.startsWith('interproc-bell.')) removeDeadDoorbell(name);
      if (left.length === 0) return;
      if (performance.now() >= deadline) break;
      await delay(pollMs);
    }
    // Vitest prints what a teardown throws, and still exits with 0.
    process.exitCode = 1;
    throw new Error(
      `the tests left ${left.length} of their objects in ${directory}: ${left.sort().join(', ')}`,
    );
  };
}
