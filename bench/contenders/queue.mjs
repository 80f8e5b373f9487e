// Ours over queues: small objects and buffers from one process to one other. `null`, or nothing in a buffer, ends a round; the
// answer to it, on a second queue, ends the measurement.
import { Queue } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { batch, batches, item, rate } from './work.mjs';

async function servePair(tell, data, options, round) {
  const queue = new Queue(options);
  const answers = new Queue();
  const partner = await startPartner(import.meta.url, 'sink', { ...data, queue, answers });
  await serve(
    tell,
    (request) => round(queue, answers, request),
    async () => {
      queue.shutdown();
      await partner.end();
      queue.close();
      answers.close();
    },
  );
}

/** Objects, or buffers of `size` bytes through a queue that does not encode. */
export function throughput({ form, size }, tell) {
  const bytes = size && Buffer.alloc(size, 1);
  const make = size ? () => bytes : item;
  const options = size ? { codec: 'raw' } : {};
  const data = { form, end: size ? 'empty' : 'null' };
  return servePair(tell, data, options, async (queue, answers, { count }) => ({
    items: await rate(count, async () => {
      await produce[form](queue, count, make);
      await queue.put(size ? Buffer.alloc(0) : null);
      const received = await answers.get();
      if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    }),
  }));
}

async function put(queue, count, make) {
  for (let i = 0; i < count; i++) await queue.put(make(i));
}

function putSync(queue, count, make) {
  for (let i = 0; i < count; i++) queue.putSync(make(i));
}

async function putMany(queue, count, make) {
  for (const items of batches(count, make)) await queue.putMany(items);
}

function putManySync(queue, count, make) {
  for (const items of batches(count, make)) queue.putManySync(items);
}

const produce = { single: put, sync: putSync, many: putMany, manySync: putManySync, iterate: put };

const isEnd = { null: (received) => received === null, empty: (received) => received.length === 0 };

/** Each calls `take` with every item, and waits for what it gives only where that is something. */
const consume = {
  async single(queue, take) {
    for (;;) {
      const told = take(await queue.get());
      if (told) await told;
    }
  },
  async sync(queue, take) {
    for (;;) {
      const told = take(queue.getSync());
      if (told) await told;
    }
  },
  async many(queue, take) {
    for (;;) {
      for (const received of await queue.getMany(batch)) {
        const told = take(received);
        if (told) await told;
      }
    }
  },
  async manySync(queue, take) {
    for (;;) {
      for (const received of queue.getManySync(batch)) {
        const told = take(received);
        if (told) await told;
      }
    }
  },
  async iterate(queue, take) {
    for await (const received of queue) {
      const told = take(received);
      if (told) await told;
    }
  },
};

export async function sink({ queue, answers, form, end }) {
  let received = 0;
  const over = isEnd[end];
  const take = (one) => {
    if (!over(one)) {
      received++;
      return undefined;
    }
    const total = received;
    received = 0;
    return answers.put(total);
  };
  try {
    await consume[form](queue, take);
  } catch (error) {
    if (error.code !== 'ERR_QUEUE_SHUTDOWN') throw error;
  }
}

/** Room for some messages of 1 MiB, so that neither side waits for the other one by one. */
const capacity = 8 << 20;

/** Buffers through a queue that does not encode. Empty bytes end a round. */
export async function large(_data, tell) {
  const queue = new Queue({ codec: 'raw', capacity });
  const answers = new Queue();
  const partner = await startPartner(import.meta.url, 'largeSink', { queue, answers });
  await serve(
    tell,
    async ({ count, size }) => {
      const bytes = Buffer.alloc(size, 1);
      const send = async () => {
        for (let i = 0; i < count; i++) await queue.put(bytes);
        await queue.put(Buffer.alloc(0));
        const total = await answers.get();
        if (total !== count * size) throw new Error(`${total} bytes arrived`);
      };
      return { bytes: await rate(count * size, send, count) };
    },
    async () => {
      queue.shutdown();
      await partner.end();
      queue.close();
      answers.close();
    },
  );
}

export async function largeSink({ queue, answers }) {
  let total = 0;
  for await (const bytes of queue) {
    total += bytes.length;
    if (bytes.length > 0) continue;
    await answers.put(total);
    total = 0;
  }
}
