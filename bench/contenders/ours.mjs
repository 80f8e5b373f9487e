// The other process of a contender of ours: shared objects reach it through a queue, as they would in any program.
import { Queue } from 'interproc';
import { launchExport } from '../harness/launch.mjs';

/** Runs `module`'s export `name` in another process with `objects`, and is there when that has got them. */
export async function startPartner(module, name, objects) {
  const desk = new Queue();
  const partner = launchExport(import.meta.url, 'partner', { module, name, desk: desk.name });
  partner.ifLost(() => {
    console.error(`${name}: the other process is gone`);
    process.exit(1);
  });
  await desk.put(objects);
  await partner.next();
  desk.close();
  return partner;
}

// A partner that only waits is garbage as soon as nobody can wake it, and with it what it was given.
let held;

export async function partner({ module, name, desk }, tell) {
  const queue = Queue.open(desk);
  const objects = await queue.get();
  held = objects;
  queue.close();
  const target = await import(module);
  tell('ready');
  await target[name](held, tell);
}
