// The least that two event loops can do: a word in shared memory that each looks at once in every turn, without a message,
// a queue or a promise for each look. What a round trip through a Connection costs beyond it is what we add.
import { c_int32, Queue, SharedArray } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { timeTrips } from './work.mjs';

// Words of two lines of the cache.
const [there, back, length] = [0, 32, 64];
const over = -1;

function seen(words, at, value) {
  return new Promise((resolve) => {
    const look = () => {
      const found = Atomics.load(words, at);
      if (found === value || found === over) resolve(found);
      else setImmediate(look);
    };
    look();
  });
}

export async function roundTrip(_data, tell) {
  const words = new SharedArray(c_int32, length);
  const orders = new Queue();
  const partner = await startPartner(import.meta.url, 'echo', { words, orders });
  await serve(
    tell,
    async ({ parts }) => {
      const hot = Object.entries(parts).filter(([, { pauseMs }]) => !pauseMs);
      for (const at of [there, back]) Atomics.store(words, at, 0);
      await orders.put('go');
      let turn = 0;
      const samples = await timeTrips({ parts: Object.fromEntries(hot) }, () => async () => {
        Atomics.store(words, there, ++turn);
        await seen(words, back, turn);
      });
      Atomics.store(words, there, over);
      await partner.next();
      return samples;
    },
    async () => {
      orders.shutdown();
      await partner.end();
      words.close();
      orders.close();
    },
  );
}

export async function echo({ words, orders }, tell) {
  for await (const _ of orders) {
    for (let turn = 1; (await seen(words, there, turn)) !== over; turn++) {
      Atomics.store(words, back, turn);
    }
    tell('over');
  }
}
