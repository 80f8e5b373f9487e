// How many times a second two processes can raise one counter without losing any.
import { contest } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const ours = (name, form) => ({
  name,
  ours: true,
  module: new URL('contenders/counter.mjs', import.meta.url),
  export: 'increments',
  data: { form },
});

const python = { name: 'Python Value, with its lock', short: 'Python', python: 'increments' };
const locked = ours('Lock acquireSync, release', 'lock');
const contenders = [
  ours('counter.add(1)', 'add'),
  locked,
  ours('Value acquireSync, release', 'own'),
  python,
];

const alone = { key: 'alone', title: 'one process', unit: '1/s', better: 'higher' };
const contended = { key: 'contended', title: 'two at once', unit: '1/s', better: 'higher' };

export const title = 'Increments of a shared counter';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { count: quick ? 300_000 : 1_000_000, pythonCount: quick ? 100_000 : 300_000 },
  });
  const faster = (measure) => advantage(results, measure, locked.name, python.name);
  return outcome(
    contenders,
    results,
    [alone, contended],
    [
      markAtLeast('Locked increments of one process against Python', faster(alone), 4),
      markAtLeast('Locked increments of two at once against Python', faster(contended), 4),
    ],
  );
}
