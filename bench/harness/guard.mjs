// No process of a benchmark outlives the one that started it, however that one ended.
//
// The end of standard input says so first, and the process leaves in an orderly way, so that shared memory is given back. A
// process that is blocked in a synchronous wait does not see that: a thread looks whether the parent is still the same, and
// kills after a grace period.
import { Worker } from 'node:worker_threads';

const watch = `
  const { parent } = require('node:worker_threads').workerData;
  let seen = 0;
  setInterval(() => {
    if (process.ppid !== parent && ++seen === 4) process.kill(process.pid, 'SIGKILL');
  }, 500);
`;

export function leaveWithParent({ thread = true } = {}) {
  // Ctrl-C reaches the whole group. The first process cleans up, and the others see their input end.
  process.on('SIGINT', () => {});
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('error', () => process.exit(0));
  process.stdin.resume();
  if (!thread) return;
  const parent = Number(process.env.INTERPROC_BENCH_PARENT);
  new Worker(watch, { eval: true, workerData: { parent }, stdin: false }).unref();
}
