// How many times a second two processes can raise one counter without losing any, and whether each gets its share.
import { limitOf } from './contenders/limits.mjs';
import { contest } from './harness/contest.mjs';
import { advantage, markAbove, markAtLeast, medianOf, outcome } from './harness/outcome.mjs';

const ours = (name, short, form) => ({
  name,
  short,
  ours: true,
  module: new URL('contenders/counter.mjs', import.meta.url),
  export: 'increments',
  data: { form },
});

const atomics = ours('Atomics.add on a SharedArray', 'Atomics', 'atomics');
const add = ours('Value add(1)', 'add', 'add');
const locked = ours('Lock acquireSync, += 1, release', 'Lock', 'lock');
const python = { name: 'Python Value, with its lock', python: 'increments' };
const own = ours('Value acquireSync, += 1, release', 'Value', 'own');

const rates = { unit: '1/s', better: 'higher' };
const alone = { key: 'alone', title: 'one process', ...rates };
const contended = { key: 'contended', title: 'two at once, together', ...rates };
const fairness = {
  key: 'fairness',
  title: 'two at once: the slower one, of the faster one',
  unit: 'share',
  better: 'higher',
  alone: true,
};

export const title = 'Increments of a shared counter';

export async function ask({ pick }) {
  const contenders = [
    atomics,
    add,
    locked,
    own,
    python,
    limitOf('fetch_add in C++', 'alone', 'add'),
    limitOf('fetch_add in C++, two processes', 'contended', 'adds'),
  ];
  const ms = pick(150, 40, 5);
  const results = await contest(contenders, {
    rounds: pick(9, 3, 1),
    message: { ms, limitMs: ms },
  });
  const over = (measure) => advantage(results, measure, locked.name, python.name);
  return outcome(
    contenders,
    results,
    [alone, contended, fairness],
    [
      ...[atomics, add].map(({ name }) =>
        markAbove(`${name}, one process`, medianOf(results, name, 'alone'), 50e6, 'increments/s'),
      ),
      markAtLeast('Locked increments of two processes at once, against Python', over(contended), 4),
    ],
  );
}
