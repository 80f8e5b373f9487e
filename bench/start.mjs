// How long it takes until a new process has said something.
import { contest } from './harness/contest.mjs';
import { advantage, markAtMost, outcome } from './harness/outcome.mjs';

const contender = (name, file, rest) => ({
  name,
  module: new URL(`contenders/${file}`, import.meta.url),
  export: 'starts',
  ...rest,
});

const ours = contender('Process, with a Connection', 'starting.mjs', { ours: true });
const fork = contender('child_process.fork, bare', 'starting-node.mjs', { data: { kind: 'fork' } });
const contenders = [
  ours,
  fork,
  contender('worker_threads Worker', 'starting-node.mjs', {
    data: { kind: 'thread' },
  }),
  { name: 'Python Process, spawned', python: 'start' },
];

const message = { key: 'message', title: 'start to first message', unit: 'ms', better: 'lower' };

export const title = 'Start of a process';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(7, 2, 1),
    message: { count: pick(8, 2, 1) },
    warmUp: { count: 1 },
  });
  const cost = 1 / advantage(results, message, ours.name, fork.name);
  const marks = [
    markAtMost('Process, from start() to the first message, of a bare fork', cost, 1.1),
  ];
  return outcome(contenders, results, [message], marks);
}
