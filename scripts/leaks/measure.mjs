// One subject, in a process of its own: node --expose-gc measure.mjs SUBJECT ROUNDS. Prints the samples as JSON.
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from '../../dist/index.js';
import { descriptors, sample } from './sample.mjs';
import { planted, subjects } from './subjects.mjs';

const [name, rounds] = process.argv.slice(2);
const { round, gcEvery = Infinity, settle = 0 } = subjects[name] ?? planted[name];

async function run(times) {
  for (let i = 1; i <= times; i++) {
    await round();
    if (i % gcEvery === 0) await sample();
  }
}

const opened = (part) => descriptors().filter((target) => target.includes(part)).length;

/**
 * Where a wait lasts, a thread begins that tells of deaths (native/core/waiting/departures.h), once in a process, and stays. From the
 * first end of an open file on it keeps an end of this process's doorbell.
 */
async function startLastingThread() {
  const queue = new Queue();
  const got = queue.get();
  // A kernel that does not tell gets no such thread.
  const deadline = performance.now() + 10_000;
  const until = async (done) => {
    while (!done() && performance.now() < deadline) await delay(20);
  };
  await until(() => opened('inotify') > 0);
  const before = opened('interproc-bell.');
  await until(() => {
    closeSync(openSync(`/dev/shm/interproc.${queue.name}`, 'r+'));
    return opened('interproc-bell.') > before;
  });
  await queue.put('enough');
  await got;
  queue.close();
}

await startLastingThread();
// Compiled code, caches and the pools of allocators are there after the warm-up.
const blocks = 5;
const each = Math.max(2, Math.round(Number(rounds) / blocks));
const samples = [];
const started = performance.now();
for (let block = 0; block <= blocks; block++) {
  await run(each);
  await delay(settle);
  samples.push(await sample());
}
console.log(JSON.stringify({ rounds: each * blocks, ms: performance.now() - started, samples }));
process.exit();
