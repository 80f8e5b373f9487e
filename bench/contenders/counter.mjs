// Ours: one counter raised for some time, by one process and by two at once: by `add`, by Atomics on the view, under locks.
import { c_int32, Lock, Queue, SharedArray, Value } from 'interproc';
import { cpuSeconds } from '../harness/cpu.mjs';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { perMillion } from './work.mjs';

/** How many increments between two looks at the clock, which costs as much as one or two. */
const chunk = 200;

const raise = {
  add({ counter }) {
    for (let i = 0; i < chunk; i++) counter.add(1);
  },
  atomics({ array }) {
    for (let i = 0; i < chunk; i++) Atomics.add(array, 0, 1);
  },
  lock({ counter, lock }) {
    for (let i = 0; i < chunk; i++) {
      lock.acquireSync();
      counter.value += 1;
      lock.release();
    }
  },
  own({ counter }) {
    for (let i = 0; i < chunk; i++) {
      counter.acquireSync();
      counter.value += 1;
      counter.release();
    }
  },
};

/** Milliseconds, on a clock that all processes share. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** How many there were from `begin` to `end`. */
function raiseBetween(form, shared, begin, end) {
  while (now() < begin);
  let count = 0;
  for (; now() < end; count += chunk) raise[form](shared);
  return count;
}

export async function increments({ form }, tell) {
  const shared = {
    counter: new Value(c_int32, 0),
    array: new SharedArray(c_int32, 1),
    lock: new Lock(),
    orders: new Queue(),
  };
  const { counter, array, orders } = shared;
  const partner = await startPartner(import.meta.url, 'contend', { ...shared, form });
  await serve(
    tell,
    async ({ ms }) => {
      counter.value = 0;
      array[0] = 0;
      const aloneCpu = cpuSeconds();
      const start = now();
      const alone = raiseBetween(form, shared, start, start + ms);
      const aloneMs = now() - start;

      const bothCpu = cpuSeconds();
      // Far enough in the future that the other one hears of it in time.
      const begin = now() + 5;
      await orders.put({ begin, end: begin + ms });
      const mine = raiseBetween(form, shared, begin, begin + ms);
      const theirs = await partner.next();
      const total = form === 'atomics' ? array[0] : counter.value;
      if (total !== alone + mine + theirs) {
        throw new Error(`${total} is not ${alone} + ${mine} + ${theirs}`);
      }
      return {
        alone: { value: (alone / aloneMs) * 1000, cpu: perMillion(bothCpu - aloneCpu, alone) },
        contended: {
          value: ((mine + theirs) / ms) * 1000,
          cpu: perMillion(cpuSeconds() - bothCpu, mine + theirs),
        },
        fairness: { value: Math.min(mine, theirs) / Math.max(mine, theirs, 1) },
      };
    },
    async () => {
      orders.shutdown();
      await partner.end();
      for (const object of Object.values(shared)) object.close();
    },
  );
}

/** Sleeps until there is an order, and says how many it did. */
export async function contend({ orders, form, ...shared }, tell) {
  for await (const { begin, end } of orders) tell(raiseBetween(form, shared, begin, end));
}
