import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from '../../dist/index.js';
import { Entry } from '../journal.mjs';
import { answer } from './pool-task.mjs';

const atOnce = 8;

/** Gives tasks to a pool, some at a time, and sees that each has one end: the right result, or the death of its worker. */
export async function play({ settings, given, journal, random, inTime }) {
  const { workers, maxTasksPerChild } = settings;
  const pool = new Pool(workers, {
    module: new URL('pool-task.mjs', import.meta.url),
    ...(maxTasksPerChild > 0 ? { maxTasksPerChild } : {}),
  });
  journal.write(Entry.ready);
  let next = 0;
  const giver = async () => {
    while (inTime()) {
      const n = next++;
      journal.write(Entry.task, n);
      try {
        const result = await pool.apply(answer, [given.begun, n, random.below(300)]);
        if (result !== n * 2 + 1) throw new Error(`task ${n} had the result ${result}`);
        journal.write(Entry.result, n);
      } catch (error) {
        if (error.code !== 'ERR_WORKER_DIED') throw error;
        journal.write(Entry.died, n);
        await delay(1);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, giver));
  pool.close();
  await pool.join();
}
