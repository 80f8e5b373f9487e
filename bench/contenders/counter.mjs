// Ours: one counter raised many times, alone and by two processes at once, by `add` and under locks.
import { c_int32, Lock, Queue, Value } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';

const raise = {
  add(counter, _lock, count) {
    for (let i = 0; i < count; i++) counter.add(1);
  },
  lock(counter, lock, count) {
    for (let i = 0; i < count; i++) {
      lock.acquireSync();
      counter.value += 1;
      lock.release();
    }
  },
  own(counter, _lock, count) {
    for (let i = 0; i < count; i++) {
      counter.acquireSync();
      counter.value += 1;
      counter.release();
    }
  },
};

/** Seconds, on a clock that all processes share. */
function now() {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** Both go on at the same moment. */
function meet(gate) {
  gate.add(1);
  while (gate.add(0) % 2 !== 0);
}

export async function increments({ form }, tell) {
  const shared = {
    counter: new Value(c_int32, 0),
    lock: new Lock(),
    gate: new Value(c_int32, 0),
    orders: new Queue(),
  };
  const { counter, lock, gate, orders } = shared;
  const partner = await startPartner(import.meta.url, 'contend', { ...shared, form });
  await serve(
    tell,
    async ({ count }) => {
      counter.value = 0;
      const begin = now();
      raise[form](counter, lock, count);
      const alone = count / (now() - begin);

      await orders.put(count);
      meet(gate);
      const start = now();
      raise[form](counter, lock, count);
      const end = Math.max(now(), await partner.next());
      if (counter.value !== 3 * count) throw new Error(`${counter.value} is not ${3 * count}`);
      return { alone: { value: alone }, contended: { value: (2 * count) / (end - start) } };
    },
    async () => {
      orders.shutdown();
      await partner.end();
      for (const object of Object.values(shared)) object.close();
    },
  );
}

/** Sleeps until there is an order, does as many, and says when it was done. */
export async function contend({ counter, lock, gate, orders, form }, tell) {
  for await (const count of orders) {
    meet(gate);
    raise[form](counter, lock, count);
    tell(now());
  }
}
