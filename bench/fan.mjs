// How many small objects a second go from several processes to several.
import { contest, forAbout } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome, together } from './harness/outcome.mjs';

const contender = (name, file, data, rest = {}) => ({
  name,
  module: new URL(`contenders/${file}.mjs`, import.meta.url),
  export: 'fan',
  data,
  ...rest,
});

const shapes = [
  [1, 4],
  [4, 1],
  [4, 4],
];

const items = (title) => ({ key: 'items', title, unit: 'items/s', better: 'higher' });
const single = (shape) =>
  contender('Queue put, get', 'fan', shape, { ours: true, short: 'put, get' });
const many = (shape) => ({
  ...single({ ...shape, form: 'many' }),
  name: 'Queue putMany, getMany by 100',
  short: 'by 100',
});
// The same queue with one process on each side, beside the four and four of the same round.
const pair = (one) => ({
  ...one,
  name: `${one.name}, 1 to 1`,
  short: `${one.short} 1:1`,
  data: { ...one.data, producers: 1, consumers: 1 },
});

export const title = 'Throughput of objects from many to many';

export async function ask({ pick }) {
  const outcomes = [];
  for (const [producers, consumers] of pick(shapes, [[4, 4]], [[2, 2]])) {
    const shape = { producers, consumers };
    const label = `${producers} to ${consumers}`;
    const ours = [single(shape), many(shape)];
    const pairs = producers === consumers ? ours.map(pair) : [];
    const contenders = [
      ...ours,
      ...pairs,
      contender('child_process.send, json', 'fan-node', { ...shape, kind: 'json' }),
      contender('worker_threads postMessage', 'fan-node', { ...shape, kind: 'thread' }),
      contender('zeromq PUSH, PULL, JSON', 'fan-zeromq', shape),
      { name: 'Python Queue', python: 'fan', data: shape },
    ];
    const results = await contest(contenders, {
      rounds: pick(5, 2, 1),
      warmUp: { count: pick(20_000, 4_000, 400) },
      message: forAbout(pick(250, 60, 4), 'items', { least: 400 }),
    });
    const marks = pairs.map((one, i) =>
      markAtLeast(
        `${ours[i].name}: ${label} against 1 to 1`,
        advantage(results, items(label), ours[i].name, one.name),
        0.5,
      ),
    );
    outcomes.push(outcome(contenders, results, [items(label)], marks));
  }
  return together(...outcomes);
}
