// From the start of a bare fork, or of a worker thread, to its first message.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { serveStarts } from './work.mjs';

const hello = fileURLToPath(new URL('hello.mjs', import.meta.url));
const kinds = { fork: () => fork(hello), thread: () => new Worker(hello) };

export function starts({ kind }, tell) {
  return serveStarts(tell, async () => {
    const child = kinds[kind]();
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.once('message', resolve));
    return () => exited;
  });
}
