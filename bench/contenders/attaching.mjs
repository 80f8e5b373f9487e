// What it costs to make an object, to attach to one that another process made, and to close either.
import { c_int32, Lock, Pipe, Queue, SharedArray, Value } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { latencies } from '../harness/statistics.mjs';
import { startPartner } from './ours.mjs';

const kinds = {
  queue: { create: () => [new Queue()], open: (name) => [Queue.open(name)] },
  value: { create: () => [new Value(c_int32, 0)], open: (name) => [Value.open(name)] },
  array: {
    create: () => [new SharedArray(c_int32, 1000)],
    open: (name) => [SharedArray.open(name)],
  },
  lock: { create: () => [new Lock()], open: (name) => [Lock.open(name)] },
  pipe: { create: () => Pipe() },
};

function time(count, make) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const made = make();
    for (const one of made) one.close();
    times.push((performance.now() - start) * 1000);
  }
  return latencies(times);
}

export async function attach({ kind }, tell) {
  const { create, open } = kinds[kind];
  const partner = await startPartner(import.meta.url, 'owner', { kind });
  const name = await partner.next();
  await serve(
    tell,
    ({ count }) => ({
      create: time(count, create),
      ...(open && { attach: time(count, () => open(name)) }),
    }),
    () => partner.end(),
  );
}

// A promise that nobody can settle is garbage, and with it the function that waits for it and all that it has.
const held = [];

/** Has one, and says its name. */
export async function owner({ kind }, tell) {
  const made = kinds[kind].create();
  held.push(...made);
  tell(made[0].name);
  await new Promise(() => {});
}
