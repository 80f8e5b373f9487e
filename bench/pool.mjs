// How many tiny tasks a second a pool of two workers does.
import { contest, forAbout } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const contender = (name, exported, data = {}) => ({
  name,
  ours: exported === 'ours',
  module: new URL('contenders/pools.mjs', import.meta.url),
  export: exported,
  data,
});

const map = contender('Pool.map', 'ours', { form: 'map' });
const peers = [
  contender('piscina', 'piscina'),
  contender('workerpool, threads', 'workerpool', { type: 'thread' }),
  contender('workerpool, processes', 'workerpool', { type: 'process' }),
];
const contenders = [map, contender('Pool.apply', 'ours', { form: 'apply' }), ...peers];

const tasks = { key: 'tasks', title: 'tiny tasks', unit: '1/s', better: 'higher' };

export const title = 'Tiny tasks of a pool of two workers';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(5, 2, 1),
    message: forAbout(pick(400, 60, 5), 'tasks', { most: 200_000 }),
    warmUp: { count: pick(10_000, 2_000, 100) },
  });
  return outcome(
    contenders,
    results,
    [tasks],
    peers.map(({ name }) =>
      markAtLeast(`Pool.map against ${name}`, advantage(results, tasks, map.name, name), 1),
    ),
  );
}
