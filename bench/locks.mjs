// How many times a second a thread can take and give back what nobody else wants.
import { contest } from './harness/contest.mjs';
import { markAbove, outcome } from './harness/outcome.mjs';
import { median } from './harness/statistics.mjs';

const ours = (name, kind) => ({
  name,
  ours: true,
  module: new URL('contenders/synchronisation.mjs', import.meta.url),
  export: 'pairs',
  data: { kind },
});
const python = (kind) => ({
  name: `Python ${kind}`,
  short: `Python ${kind}`,
  python: 'pairs',
  data: { kind },
});

const lock = ours('Lock acquireSync, release', 'Lock');
const semaphore = ours('Semaphore acquireSync, release', 'Semaphore');
const contenders = [
  lock,
  ours('RLock acquireSync, release', 'RLock'),
  semaphore,
  ours('BoundedSemaphore acquireSync, release', 'BoundedSemaphore'),
  python('Lock'),
  python('Semaphore'),
];

const pairs = { key: 'pairs', title: 'pairs', unit: '1/s', better: 'higher' };

export const title = 'Uncontended locks';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { count: quick ? 500_000 : 2_000_000, pythonCount: quick ? 200_000 : 500_000 },
  });
  const marks = [lock, semaphore]
    .filter(({ name }) => !results[name].failed)
    .map(({ name }) => {
      const reached = median(results[name].pairs.map(({ value }) => value));
      return markAbove(name, reached, 4e6, 'pairs/s');
    });
  return outcome(contenders, results, [pairs], marks);
}
