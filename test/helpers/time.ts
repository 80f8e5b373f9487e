import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds that `act` takes. */
export async function duration(act: () => unknown): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

/** Waits until `holds()`: for what no event announces. Fails after `limit` milliseconds. */
export async function until(holds: () => unknown, limit = 20_000): Promise<void> {
  const deadline = performance.now() + limit;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('what was waited for did not come');
    await delay(5);
  }
}

/** Whether a promise is still pending after `milliseconds`: a chance for it to settle wrongly. */
export async function isPending(promise: Promise<unknown>, milliseconds = 100): Promise<boolean> {
  let pending = true;
  const settled = () => {
    pending = false;
  };
  promise.then(settled, settled);
  await delay(milliseconds);
  return pending;
}
