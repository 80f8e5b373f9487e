// Two named semaphores, some bytes and a list, shared with a Python that has nothing but its standard library.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Semaphore, ShareableList, SharedMemory } from 'interproc';

const python = process.argv[2] ?? 'python3';
const worker = fileURLToPath(new URL('worker.py', import.meta.url));

const work = new Semaphore(0);
const done = new Semaphore(0);
const counts = new SharedMemory({ create: true, size: 3 });
const words = new ShareableList(['semaphore', 'memory', 1.5]);

const names = [work.name, done.name, counts.name, words.shm.name];
const child = spawn(python, [worker, ...names], { stdio: 'inherit' });
const ended = new Promise((resolve, reject) => {
  child.once('error', reject);
  child.once('exit', (code, signal) => resolve(code ?? signal));
});

work.release();
// A worker that fails posts nothing.
const stop = new AbortController();
const failed = ended.then((how) => how === 0 || stop.abort(new Error(`Python ended with ${how}`)));
await done.acquire({ signal: stop.signal });
await failed;

console.log(`lengths ${[...counts.buf].join(' ')}`);
console.log(`list ${[...words].join(' ')}`);
console.log(`permits left ${work.getValue()} ${done.getValue()}`);
for (const object of [work, done, counts, words.shm]) object.close();
