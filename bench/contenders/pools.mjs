// Pools of two workers. Each round runs the same tiny tasks, of which every result is checked.
import { fileURLToPath } from 'node:url';
import { Pool } from 'interproc';
import { serve } from '../harness/serve.mjs';
import double from './pool-task.mjs';
import { rate } from './work.mjs';

const workers = 2;
const here = (file) => new URL(file, import.meta.url);

export { double };

export async function ours({ form }, tell) {
  const pool = new Pool(workers, { module: import.meta.url });
  const one = (n) => pool.apply(double, [n]);
  const forms = {
    map: (numbers) => pool.map(double, numbers),
    apply: (numbers) => Promise.all(numbers.map(one)),
  };
  await run(tell, one, forms[form], () => pool.terminate());
}

export async function piscina(_data, tell) {
  const { Piscina } = await import('piscina');
  const pool = new Piscina({
    filename: fileURLToPath(here('pool-task.mjs')),
    minThreads: workers,
    maxThreads: workers,
    // More than one does not help functions that are not async, and fewer waits follow from it.
    concurrentTasksPerWorker: 16,
  });
  const one = (n) => pool.run(n);
  await run(
    tell,
    one,
    (numbers) => Promise.all(numbers.map(one)),
    () => pool.destroy(),
  );
}

export async function workerpool({ type }, tell) {
  const { default: library } = await import('workerpool');
  const pool = library.pool(fileURLToPath(here('pool-task-workerpool.mjs')), {
    minWorkers: workers,
    maxWorkers: workers,
    workerType: type,
    workerThreadOpts: { execArgv: [] },
  });
  const one = (n) => pool.exec('double', [n]);
  await run(
    tell,
    one,
    (numbers) => Promise.all(numbers.map(one)),
    () => pool.terminate(),
  );
}

async function run(tell, one, all, close) {
  // Until every worker has started.
  await Promise.all(Array.from({ length: 100 }, (_, n) => one(n)));
  await serve(
    tell,
    async ({ count }) => {
      const numbers = Array.from({ length: count }, (_, n) => n);
      let results = [];
      const tasks = await rate(count, async () => {
        results = await all(numbers);
      });
      const wrong = results.findIndex((result, n) => result !== 2 * n);
      if (wrong >= 0 || results.length !== count) throw new Error(`wrong result ${wrong}`);
      return { tasks };
    },
    close,
  );
}
