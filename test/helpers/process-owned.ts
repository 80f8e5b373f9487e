import { afterEach } from 'vitest';
import { Process, type ProcessOptions } from '../../dist/index.js';
import { sweepAfterwards } from './process-script.js';

const owned: Process[] = [];

/** The module with the targets of the tests. */
export const module: URL = new URL('../fixtures/process-targets.mjs', import.meta.url);

/** Describes a child that is killed, if need be, when the test that made it ends. */
export function child<Args extends readonly unknown[]>(
  target: (...args: Args) => unknown,
  args?: readonly [...Args],
  options: Partial<ProcessOptions<Args>> = {},
): Process<Args> {
  const process = new Process<Args>({ target, args, module, ...options });
  owned.push(process);
  return process;
}

sweepAfterwards();

afterEach(async () => {
  for (const process of owned.splice(0)) {
    if (process.closed || !process.isAlive()) continue;
    process.kill();
    await process.join();
  }
});
