// One subject, in a process of its own: node --expose-gc measure.mjs SUBJECT ROUNDS. Prints the samples as JSON.
import { setTimeout as delay } from 'node:timers/promises';
import { sample } from './sample.mjs';
import { planted, subjects } from './subjects.mjs';

const [name, rounds] = process.argv.slice(2);
const { round, gcEvery = Infinity, settle = 0 } = subjects[name] ?? planted[name];

async function run(times) {
  for (let i = 1; i <= times; i++) {
    await round();
    if (i % gcEvery === 0) await sample();
  }
}

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
