// Ours over queues: small objects and large buffers from one process to one other. `null` ends a round; the answer to it,
// on a second queue, ends the measurement.
import { Queue } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { item, rate } from './work.mjs';

const batch = 100;

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

export function throughput({ form }, tell) {
  return servePair(tell, { form }, {}, async (queue, answers, { count }) => ({
    items: await rate(count, async () => {
      await produce[form](queue, count);
      const received = await answers.get();
      if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    }),
  }));
}

async function put(queue, count) {
  for (let i = 0; i < count; i++) await queue.put(item(i));
  await queue.put(null);
}

function putSync(queue, count) {
  for (let i = 0; i < count; i++) queue.putSync(item(i));
  queue.putSync(null);
}

async function putMany(queue, count) {
  for (let i = 0; i < count; i += batch) {
    await queue.putMany(Array.from({ length: Math.min(batch, count - i) }, (_, k) => item(i + k)));
  }
  await queue.put(null);
}

const produce = { single: put, sync: putSync, many: putMany, iterate: put };

const consume = {
  async single(queue, take) {
    for (;;) {
      const received = await queue.get();
      if (received === null) await take(null);
      else take(received);
    }
  },
  async sync(queue, take) {
    for (;;) {
      const received = queue.getSync();
      if (received === null) await take(null);
      else take(received);
    }
  },
  async many(queue, take) {
    for (;;) {
      for (const received of await queue.getMany(batch)) {
        if (received === null) await take(null);
        else take(received);
      }
    }
  },
  async iterate(queue, take) {
    for await (const received of queue) {
      if (received === null) await take(null);
      else take(received);
    }
  },
};

export async function sink({ queue, answers, form }) {
  let received = 0;
  const take = (one) => {
    if (one !== null) {
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
      return {
        bytes: await rate(count * size, async () => {
          for (let i = 0; i < count; i++) await queue.put(bytes);
          await queue.put(Buffer.alloc(0));
          const total = await answers.get();
          if (total !== count * size) throw new Error(`${total} bytes arrived`);
        }),
      };
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
