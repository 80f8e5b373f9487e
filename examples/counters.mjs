// Two processes raise one counter a million times each, in three ways.
//
// `counter.value += 1` reads, adds and writes: what the other process wrote in between is lost. Under a Lock nothing is
// lost, and each step costs two operations on the lock. `counter.add(1)` is a single atomic instruction: exact as well, and
// the fastest way that is right.
import { c_int, isMainProcess, Lock, Process, Value } from 'interproc';

const times = 1_000_000;

export function unsafe(counter, gate) {
  passTogether(gate);
  for (let i = 0; i < times; i++) counter.value += 1;
}

export function locked(counter, gate, lock) {
  passTogether(gate);
  for (let i = 0; i < times; i++) {
    lock.acquireSync();
    counter.value += 1;
    lock.release();
  }
}

export function atomic(counter, gate) {
  passTogether(gate);
  for (let i = 0; i < times; i++) counter.add(1);
}

// Starting a process takes longer than a million additions: without this the first would be done before the second begins.
function passTogether(gate) {
  gate.add(1);
  while (gate.add(0) < 2);
}

async function race(target, counter, lock) {
  const gate = new Value(c_int, 0);
  counter.value = 0;
  const options = { target, args: [counter, gate, lock], daemon: true };
  const both = [1, 2].map(() => new Process(options).start());
  for (;;) {
    const alive = both.every((child) => child.isAlive());
    if (gate.add(0) === 2) break;
    if (!alive) throw new Error('a child failed to start');
    await new Promise(setImmediate);
  }
  const start = performance.now();
  for (const child of both) await child.join();
  const seconds = (performance.now() - start) / 1000;
  gate.close();
  return seconds;
}

if (isMainProcess) {
  const counter = new Value(c_int, 0);
  const lock = new Lock();

  await race(unsafe, counter, lock);
  console.log(`unsafe: ${counter.value} (${2 * times - counter.value} lost)`);

  const lockedSeconds = await race(locked, counter, lock);
  console.log(`locked: ${counter.value} in ${lockedSeconds.toFixed(2)} s`);

  const atomicSeconds = await race(atomic, counter, lock);
  console.log(`atomic: ${counter.value} in ${atomicSeconds.toFixed(2)} s`);
  console.log(`atomic is ${(lockedSeconds / atomicSeconds).toFixed(1)} times as fast as locked`);

  counter.close();
  lock.close();
}
