// Ours: locks that nobody else wants, an event that wakes, a barrier of four.
import { Barrier, BoundedSemaphore, Event, Lock, Queue, RLock, Semaphore } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { latencies } from '../harness/statistics.mjs';
import { startPartner } from './ours.mjs';
import { rate, sleep } from './work.mjs';

const locks = { Lock, RLock, Semaphore, BoundedSemaphore };

export async function pairs({ kind }, tell) {
  const lock = new locks[kind]();
  await serve(
    tell,
    async ({ count }) => ({
      pairs: await rate(count, () => {
        for (let i = 0; i < count; i++) {
          lock.acquireSync();
          lock.release();
        }
      }),
    }),
    () => lock.close(),
  );
}

/** Microseconds, on a clock that all processes share. */
function now() {
  return Number(process.hrtime.bigint()) / 1000;
}

export async function wake({ form }, tell) {
  const event = new Event();
  const partner = await startPartner(import.meta.url, 'sleeper', { event, form });
  await serve(
    tell,
    async ({ count, silenceMs }) => {
      const times = [];
      for (let i = 0; i < count; i++) {
        await sleep(silenceMs);
        const start = now();
        event.set();
        times.push((await partner.next()) - start);
      }
      return { wake: latencies(Float64Array.from(times)) };
    },
    async () => {
      await partner.kill();
      event.close();
    },
  );
}

/** Says when it woke, again and again. */
export async function sleeper({ event, form }, tell) {
  for (;;) {
    if (form === 'sync') event.waitSync();
    else await event.wait();
    const woken = now();
    event.clear();
    tell(woken);
  }
}

const parties = 4;

export async function meet({ form }, tell) {
  const barrier = new Barrier(parties);
  const orders = Array.from({ length: parties - 1 }, () => new Queue());
  const partners = await Promise.all(
    orders.map((queue) => startPartner(import.meta.url, 'party', { barrier, orders: queue, form })),
  );
  await serve(
    tell,
    async ({ count }) => {
      await Promise.all(orders.map((queue) => queue.put(count)));
      // Where all are there, the time begins.
      await rounds(barrier, 1, form);
      return { meetings: await rate(count, () => rounds(barrier, count, form)) };
    },
    async () => {
      for (const queue of orders) queue.shutdown();
      await Promise.all(partners.map((partner) => partner.end()));
      for (const object of [barrier, ...orders]) object.close();
    },
  );
}

async function rounds(barrier, count, form) {
  if (form === 'sync') for (let i = 0; i < count; i++) barrier.waitSync();
  else for (let i = 0; i < count; i++) await barrier.wait();
}

export async function party({ barrier, orders, form }) {
  for await (const count of orders) await rounds(barrier, count + 1, form);
}
