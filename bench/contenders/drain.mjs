// Ours: a queue that is full before the clock starts, emptied by one process while nobody puts.
import { Queue } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { batch, batches, rate } from './work.mjs';

const take = {
  async many(queue, count) {
    for (let taken = 0; taken < count; ) taken += (await queue.getMany(batch)).length;
  },
  async iterate(queue, count) {
    let taken = 0;
    for await (const _ of queue) if (++taken === count) break;
  },
  async single(queue, count) {
    for (let taken = 0; taken < count; taken++) await queue.get();
  },
  sync(queue, count) {
    for (let taken = 0; taken < count; taken++) queue.getSync();
  },
};

export async function drain({ form }, tell) {
  const queue = new Queue({ capacity: 16 << 20 });
  const orders = new Queue();
  const partner = await startPartner(import.meta.url, 'fill', { queue, orders });
  await serve(
    tell,
    async ({ count }) => {
      await orders.put(count);
      await partner.next();
      const sample = await rate(count, () => take[form](queue, count));
      if (!queue.empty()) throw new Error(`${queue.qsize()} items are left`);
      return { items: sample };
    },
    async () => {
      orders.shutdown();
      await partner.end();
      queue.close();
      orders.close();
    },
  );
}

export async function fill({ queue, orders }, tell) {
  for await (const count of orders) {
    for (const items of batches(count)) await queue.putMany(items);
    tell('full');
  }
}

/** What `for await` costs by itself: the items are there already, and each only has to be given, in a promise as a queue would. */
export async function atHand(_data, tell) {
  await serve(tell, async ({ count }) => {
    const items = [...batches(count)].flat();
    return { items: await rate(count, () => iterateOver(items)) };
  });
}

async function iterateOver(items) {
  let next = 0;
  const iterator = {
    next: () => Promise.resolve({ done: next === items.length, value: items[next++] }),
  };
  let sum = 0;
  for await (const { id } of { [Symbol.asyncIterator]: () => iterator }) sum += id;
  if (sum !== (items.length * (items.length - 1)) / 2) throw new Error('items are missing');
}
