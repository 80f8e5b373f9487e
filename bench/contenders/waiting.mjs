// What waiting costs: a process with ten pending waits, one that is blocked in a synchronous wait, and one that does nothing.
import { Lock, Pipe, Queue } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { sleep } from './work.mjs';

/** The share of a core that this process used while `work` went on, in percent. */
async function share(settleMs, work) {
  // What went before, the start of the process among it, has its own after-effects.
  await sleep(settleMs);
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { core: { value: (100 * (user + system)) / ((performance.now() - start) * 1000) } };
}

export async function pending(_data, tell) {
  const queues = Array.from({ length: 4 }, () => new Queue());
  const pipes = Array.from({ length: 3 }, () => Pipe());
  const locks = Array.from({ length: 3 }, () => new Lock());
  const objects = { locks, connections: pipes.map(([, there]) => there) };
  const partner = await startPartner(import.meta.url, 'holder', objects);
  await partner.next();

  const waits = [
    ...queues.map((queue) => queue.get()),
    ...pipes.map(([here]) => here.recv()),
    ...locks.map((lock) => lock.acquire()),
  ];
  for (const wait of waits) wait.catch(() => {});
  await serve(
    tell,
    ({ ms, settleMs }) => share(settleMs, () => sleep(ms)),
    async () => {
      for (const object of [...queues, ...locks, ...pipes.map(([here]) => here)]) object.close();
      await partner.end();
    },
  );
}

/** Has what the others wait for, and waits itself, without an end of its own: its input tells it when to go. */
export async function holder({ locks }, tell) {
  for (const lock of locks) lock.acquireSync();
  tell('held');
  await new Promise(() => {});
}

export async function blocked(_data, tell) {
  const queue = new Queue();
  await serve(
    tell,
    ({ ms, settleMs }) =>
      share(settleMs, () => {
        try {
          queue.getSync({ timeout: ms });
        } catch (error) {
          if (error.code !== 'ERR_QUEUE_EMPTY') throw error;
        }
      }),
    async () => queue.close(),
  );
}

export async function nothing(_data, tell) {
  await serve(tell, ({ ms, settleMs }) => share(settleMs, () => sleep(ms)));
}
