// What Node.js offers for many to many: everything goes through the parent, which hands items out in turns. Where there is
// one on a side, the parent is that one itself.
import { serve } from '../harness/serve.mjs';
import { openPort } from './ports.mjs';
import { item, rate } from './work.mjs';

const drainEvery = 1_000;

export async function fan({ kind, producers, consumers }, tell) {
  const open = (count, role) =>
    Promise.all(Array.from({ length: count }, () => openPort(kind, role)));
  const sources = await open(producers === 1 ? 0 : producers, 'source');
  const sinks = await open(consumers === 1 ? 0 : consumers, 'count');
  let receive = () => {};
  let answered = () => {};
  for (const source of sources) source.onMessage((one) => receive(one));
  for (const sink of sinks) sink.onMessage((count) => answered(count));

  await serve(
    tell,
    async ({ count }) => {
      const share = Math.floor(count / producers);
      const total = share * producers;
      const sample = await rate(total, async () => {
        const received = sources.length === 0 ? await spread(total) : await gather(share);
        if (received !== total) throw new Error(`${received} of ${total} items arrived`);
      });
      return { items: sample };
    },
    () => Promise.all([...sources, ...sinks].map((port) => port.close())),
  );

  /** The parent makes the items. */
  async function spread(total) {
    for (let i = 0; i < total; i++) {
      const sink = sinks[i % sinks.length];
      if (i % drainEvery === drainEvery - 1) await sink.drained(item(i));
      else sink.send(item(i));
    }
    return countsOfSinks();
  }

  /** The parent gets the items, and passes them on where others are to have them. */
  function gather(share) {
    let ended = 0;
    let received = 0;
    return new Promise((resolve) => {
      receive = (one) => {
        if (one !== null) {
          if (sinks.length > 0) sinks[received % sinks.length].send(one);
          received++;
        } else if (++ended === sources.length) {
          resolve(sinks.length > 0 ? countsOfSinks() : received);
        }
      };
      for (const source of sources) source.send(share);
    });
  }

  /** Tells every sink that this was all, and adds up what they say. */
  function countsOfSinks() {
    return new Promise((resolve) => {
      let missing = sinks.length;
      let sum = 0;
      answered = (count) => {
        sum += count;
        if (--missing === 0) resolve(sum);
      };
      for (const sink of sinks) sink.send(null);
    });
  }
}
