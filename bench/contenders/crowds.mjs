// Ours among many: round trips while other objects have pending waits, while other processes wait for the same queue, and
// while others are merely attached to it.
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { Pipe, Queue } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { message, timeTrips } from './work.mjs';

/** Each part's `count` queues have a `get` that nobody will answer. */
export async function objects(_data, tell) {
  const [here, there] = Pipe();
  const partner = await startPartner(import.meta.url, 'echo', { connection: there });
  const idle = [];
  await serve(
    tell,
    async (request) => {
      const samples = await timeTrips(request, ({ count }) => {
        while (idle.length < count) idle.push(waitFor(new Queue({ capacity: 4096 })));
        while (idle.length > count) idle.pop().close();
        return async () => {
          await here.send(message);
          await here.recv();
        };
      });
      return samples;
    },
    async () => {
      for (const one of [here, ...idle]) one.close();
      await partner.end();
    },
  );
}

function waitFor(queue) {
  queue.get().catch(() => {}); // Closing it ends the wait.
  return queue;
}

export async function echo({ connection }) {
  for await (const received of connection) await connection.send(received);
}

/** Each part's `count` processes wait for items; the one that gets an item answers. */
export async function waiters({ most }, tell) {
  const [queue, answers] = [new Queue(), new Queue()];
  const orders = Array.from({ length: most }, () => new Queue());
  const partners = await Promise.all(
    orders.map((own) => startPartner(import.meta.url, 'answer', { queue, answers, orders: own })),
  );
  await serve(
    tell,
    async ({ parts }) => {
      const samples = {};
      for (const [key, part] of Object.entries(parts)) {
        const active = orders.slice(0, part.count);
        await Promise.all(active.map((own) => own.put('wait')));
        const trip = async () => {
          await queue.put(message);
          await answers.get();
        };
        Object.assign(samples, await timeTrips({ parts: { [key]: part } }, () => trip));
        await queue.putMany(active.map(() => null));
        await Promise.all(active.map((_, i) => partners[i].next()));
      }
      return samples;
    },
    async () => {
      for (const own of orders) own.shutdown();
      await Promise.all(partners.map((partner) => partner.end()));
      for (const one of [queue, answers, ...orders]) one.close();
    },
  );
}

/** Answers items until there is `null`, once for each order. */
export async function answer({ queue, answers, orders }, tell) {
  for await (const _ of orders) {
    for (let one = await queue.get(); one !== null; one = await queue.get()) await answers.put(one);
    tell('left');
  }
}

/** `count` threads of a third process are attached to both queues, and do nothing. */
export async function participants({ count }, tell) {
  const [queue, answers, orders] = [new Queue(), new Queue(), new Queue()];
  const partner = await startPartner(import.meta.url, 'answer', { queue, answers, orders });
  const crowd = await startPartner(import.meta.url, 'attachThreads', { queue, answers, count });
  await crowd.next();
  await serve(
    tell,
    async (request) => {
      await orders.put('wait');
      const samples = await timeTrips(request, () => async () => {
        await queue.put(message);
        await answers.get();
      });
      await queue.put(null);
      await partner.next();
      return samples;
    },
    async () => {
      orders.shutdown();
      await Promise.all([partner.end(), crowd.end()]);
      for (const one of [queue, answers, orders]) one.close();
    },
  );
}

export async function attachThreads({ queue, answers, count }, tell) {
  for (let i = 0; i < count; i++) await startThread([queue.name, answers.name]);
  tell('attached');
  await new Promise(() => {});
}

function startThread(attachTo) {
  const thread = new Worker(fileURLToPath(import.meta.url), { workerData: { attachTo } });
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}

// One of those threads.
if (workerData?.attachTo) {
  const held = workerData.attachTo.map((name) => Queue.open(name));
  parentPort.postMessage('attached');
  // Keeps the thread, and with it what it holds.
  parentPort.on('message', () => held);
}
