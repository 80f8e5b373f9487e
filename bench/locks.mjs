// How many times a second a thread can take and give back what nobody else wants.
import { contest, forAbout } from './harness/contest.mjs';
import { markAbove, medianOf, outcome } from './harness/outcome.mjs';

const ours = (kind) => ({
  name: `${kind} acquireSync, release`,
  short: kind,
  ours: true,
  module: new URL('contenders/synchronisation.mjs', import.meta.url),
  export: 'pairs',
  data: { kind },
});
const python = (kind) => ({ name: `Python ${kind}`, python: 'pairs', data: { kind } });

const lock = ours('Lock');
const contenders = [
  lock,
  ours('RLock'),
  ours('Semaphore'),
  ours('BoundedSemaphore'),
  python('Lock'),
  python('RLock'),
  python('Semaphore'),
];

const pairs = { key: 'pairs', title: 'pairs', unit: '1/s', better: 'higher' };

export const title = 'Uncontended locks';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(9, 3, 1),
    warmUp: { count: pick(200_000, 100_000, 1_000) },
    message: forAbout(pick(100, 30, 2), 'pairs', { most: 1e8 }),
  });
  const reached = medianOf(results, lock.name, 'pairs');
  return outcome(contenders, results, [pairs], [markAbove(lock.name, reached, 5e6, 'pairs/s')]);
}
