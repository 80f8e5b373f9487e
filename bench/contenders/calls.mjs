// How those who call objects in another process are timed.
import { median } from '../harness/statistics.mjs';
import { cpuSeconds } from '../harness/cpu.mjs';
import { timeTrips } from './work.mjs';

const together = 10_000;

/** `one` makes a call and waits for its result, `many(count)` makes so many and waits for all: microseconds for a call. */
export async function timeCalls({ parts, batches }, { one, many }) {
  const samples = await timeTrips({ parts }, () => one);
  const times = [];
  const cpu = cpuSeconds();
  for (let i = 0; i < batches; i++) {
    const start = performance.now();
    await many(together);
    times.push(((performance.now() - start) * 1000) / together);
  }
  const seconds = cpuSeconds() - cpu;
  return {
    ...samples,
    batch: { value: median(times), cpu: (seconds / (batches * together)) * 1e6 },
  };
}
