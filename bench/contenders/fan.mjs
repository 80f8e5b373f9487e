// Ours: some processes put into one queue, and some get from it. Whoever measures only gives orders.
import { Queue } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { batch, batches, item, rate } from './work.mjs';

export async function fan({ producers, consumers, form = 'single' }, tell) {
  const queue = new Queue();
  const orders = Array.from({ length: producers + consumers }, () => new Queue());
  const partners = await Promise.all(
    orders.map((own, i) => {
      const role = i < producers ? 'produce' : 'consume';
      return startPartner(import.meta.url, role, { queue, orders: own, form });
    }),
  );
  const [sources, sinks] = [partners.slice(0, producers), partners.slice(producers)];
  await serve(
    tell,
    async ({ count }) => {
      const share = Math.floor(count / producers);
      const sample = await rate(share * producers, async () => {
        await Promise.all(orders.map((own) => own.put(share)));
        await Promise.all(sources.map((source) => source.next()));
        // Behind all items, one for each consumer, which stops there.
        await queue.putMany(sinks.map(() => null));
        const counts = await Promise.all(sinks.map((sink) => sink.next()));
        const received = counts.reduce((sum, one) => sum + one, 0);
        if (received !== share * producers) {
          throw new Error(`${received} of ${share * producers} items arrived`);
        }
      });
      return { items: sample };
    },
    async () => {
      for (const own of orders) own.shutdown();
      await Promise.all(partners.map((partner) => partner.end()));
      for (const one of [queue, ...orders]) one.close();
    },
  );
}

export async function produce({ queue, orders, form }, tell) {
  for await (const count of orders) {
    if (form === 'many') for (const items of batches(count)) await queue.putMany(items);
    else for (let i = 0; i < count; i++) await queue.put(item(i));
    tell('done');
  }
}

export async function consume({ queue, orders, form }, tell) {
  for await (const _ of orders) {
    tell(await (form === 'many' ? takeMany(queue) : takeSingly(queue)));
  }
}

async function takeSingly(queue) {
  let received = 0;
  while ((await queue.get()) !== null) received++;
  return received;
}

async function takeMany(queue) {
  let received = 0;
  for (;;) {
    const items = await queue.getMany(batch);
    const ends = items.filter((one) => one === null);
    received += items.length - ends.length;
    if (ends.length === 0) continue;
    // One is for us; the others are for other consumers.
    await queue.putMany(ends.slice(1));
    return received;
  }
}
