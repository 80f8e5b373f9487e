// What taking items costs by itself: a queue that another process has filled is emptied in different ways.
import { contest } from './harness/contest.mjs';
import { advantage, markAtMost, outcome } from './harness/outcome.mjs';

const contender = (name, form) => ({
  name,
  ours: true,
  module: new URL('contenders/drain.mjs', import.meta.url),
  export: 'drain',
  data: { form },
});
const many = contender('getMany(100) in a loop', 'many');
const iterated = contender('for await', 'iterate');
const contenders = [
  many,
  iterated,
  contender('get in a loop', 'single'),
  contender('getSync in a loop', 'sync'),
  {
    name: 'for await over an array, no queue',
    module: new URL('contenders/drain.mjs', import.meta.url),
    export: 'atHand',
    data: {},
    control: true,
  },
];

const items = { key: 'items', title: 'items taken', unit: '1/s', better: 'higher' };

export const title = 'Emptying a queue that is full';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(9, 5, 1),
    message: { count: pick(100_000, 30_000, 500) },
  });
  return outcome(
    contenders,
    results,
    [items],
    [
      markAtMost(
        'for await, of the cost of a getMany loop',
        1 / advantage(results, items, iterated.name, many.name),
        1.3,
      ),
    ],
  );
}
