// How all contenders time what they do, so that none has an easier task.
import { cpuSeconds } from '../harness/cpu.mjs';
import { serve } from '../harness/serve.mjs';
import { latencies } from '../harness/statistics.mjs';

export { batch, batches, item, message } from './items.mjs';

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

export function sleepSync(ms) {
  Atomics.wait(sleeper, 0, 0, ms);
}

/**
 * Times `tripFor(part)` again and again for each of `parts`, `{ [key]: { ms, most, pauseMs } }`: until `ms` are over or there
 * were `most`, after `pauseMs` of sleep before each, which are not counted.
 */
export async function timeTrips({ parts }, tripFor) {
  const samples = {};
  for (const [key, part] of Object.entries(parts)) {
    samples[key] = await timePart(part, tripFor(part));
  }
  return samples;
}

async function timePart({ ms = Infinity, most = 20_000, pauseMs = 0 }, trip) {
  const times = [];
  const cpu = cpuSeconds();
  const until = performance.now() + ms;
  while (times.length < most && (times.length === 0 || performance.now() < until)) {
    if (pauseMs > 0) await sleep(pauseMs);
    const start = performance.now();
    await trip();
    times.push((performance.now() - start) * 1000);
  }
  return latencies(times, { cpu: perMillion(cpuSeconds() - cpu, times.length) });
}

export function timeTripsSync({ parts }, tripFor) {
  return Object.fromEntries(
    Object.entries(parts).map(([key, part]) => [key, timePartSync(part, tripFor(part))]),
  );
}

function timePartSync({ ms = Infinity, most = 20_000, pauseMs = 0 }, trip) {
  const times = [];
  const cpu = cpuSeconds();
  const until = performance.now() + ms;
  while (times.length < most && (times.length === 0 || performance.now() < until)) {
    if (pauseMs > 0) sleepSync(pauseMs);
    const start = performance.now();
    trip();
    times.push((performance.now() - start) * 1000);
  }
  return latencies(times, { cpu: perMillion(cpuSeconds() - cpu, times.length) });
}

/** `amount` over the time that `work` takes, by second, and the CPU seconds of all who take part, per million of `messages`. */
export async function rate(amount, work, messages = amount) {
  const cpu = cpuSeconds();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { value: amount / seconds, cpu: perMillion(cpuSeconds() - cpu, messages) };
}

export function perMillion(seconds, count) {
  return (seconds / count) * 1e6;
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
    return { message: latencies(times) };
  });
}
