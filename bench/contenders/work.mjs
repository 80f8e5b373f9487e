// What all contenders send and how they time it, so that none has an easier task.
import { serve } from '../harness/serve.mjs';
import { latencies, median } from '../harness/statistics.mjs';

export const message = { id: 1, v: 2.5, s: 'hello' };

export function item(id) {
  return { id, v: id / 2, s: 'hello' };
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

export function sleepSync(ms) {
  Atomics.wait(sleeper, 0, 0, ms);
}

/** Rounds of `trip`, hot and after silence: `{ hot, silence }`. */
export async function timeTrips({ hot, silent, silenceMs }, trip) {
  return {
    hot: latencies(await repeat(hot, 0, trip)),
    silence: latencies(await repeat(silent, silenceMs, trip)),
  };
}

async function repeat(count, pauseMs, trip) {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (pauseMs > 0) await sleep(pauseMs);
    const start = performance.now();
    await trip();
    times[i] = (performance.now() - start) * 1000;
  }
  return times;
}

export function timeTripsSync({ hot, silent, silenceMs }, trip) {
  return {
    hot: latencies(repeatSync(hot, 0, trip)),
    silence: latencies(repeatSync(silent, silenceMs, trip)),
  };
}

function repeatSync(count, pauseMs, trip) {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (pauseMs > 0) sleepSync(pauseMs);
    const start = performance.now();
    trip();
    times[i] = (performance.now() - start) * 1000;
  }
  return times;
}

/** `amount` over the time that `work` takes, by second. */
export async function rate(amount, work) {
  const start = performance.now();
  await work();
  return { value: (amount / (performance.now() - start)) * 1000 };
}

/** Times `startOne` again and again. It gives a function that waits until what was started has ended. */
export function serveStarts(tell, startOne) {
  return serve(tell, async ({ count }) => {
    const times = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      const ended = await startOne();
      times.push(performance.now() - start);
      await ended();
    }
    return { message: { value: median(times) } };
  });
}
