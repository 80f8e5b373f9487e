import { Worker } from 'node:worker_threads';
import { afterEach } from 'vitest';

interface Inbox {
  readonly messages: unknown[];
  /** How the thread ended, once it has. */
  end?: Error;
  look(): void;
}

const running = new Map<Worker, Inbox>();

/** A worker thread on `test/fixtures/peer-worker.mjs`. */
export function startWorker(action: string, data: Readonly<Record<string, unknown>> = {}): Worker {
  const worker = new Worker(new URL('../fixtures/peer-worker.mjs', import.meta.url), {
    workerData: { action, ...data },
    execArgv: [],
  });
  const inbox: Inbox = { messages: [], look: () => {} };
  running.set(worker, inbox);
  worker.on('message', (value) => {
    inbox.messages.push(value);
    inbox.look();
  });
  worker.on('error', (error) => {
    inbox.end = error;
    inbox.look();
  });
  worker.on('exit', (code) => {
    inbox.end ??= new Error(`the worker ended with ${code} and sent nothing more`);
    inbox.look();
  });
  return worker;
}

/** The worker's next message, also one that came before anybody asked; its error, or its end, rejects. */
export function message(worker: Worker): Promise<unknown> {
  const inbox = running.get(worker) as Inbox;
  return new Promise((resolve, reject) => {
    inbox.look = () => {
      if (inbox.messages.length > 0) resolve(inbox.messages.shift());
      else if (inbox.end !== undefined) reject(inbox.end);
      else return;
      inbox.look = () => {};
    };
    inbox.look();
  });
}

afterEach(async () => {
  for (const worker of running.keys()) await worker.terminate();
  running.clear();
});
