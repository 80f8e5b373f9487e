// A bare process or thread that says one word.
import { parentPort } from 'node:worker_threads';

if (parentPort) parentPort.postMessage('hello');
else process.send('hello', () => process.disconnect());
