// How long it takes until a new process has said something.
import { contest } from './harness/contest.mjs';
import { outcome } from './harness/outcome.mjs';

const contender = (name, file, rest) => ({
  name,
  module: new URL(`contenders/${file}`, import.meta.url),
  export: 'starts',
  ...rest,
});

const contenders = [
  contender('Process, with a Connection', 'starting.mjs', { ours: true }),
  contender('child_process.fork', 'starting-node.mjs', { short: 'fork', data: { kind: 'fork' } }),
  contender('worker_threads Worker', 'starting-node.mjs', {
    short: 'worker',
    data: { kind: 'thread' },
  }),
  { name: 'Python Process, spawned', short: 'Python', python: 'start' },
];

const message = { key: 'message', title: 'start to first message', unit: 'ms', better: 'lower' };

export const title = 'Start of a process';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { count: quick ? 4 : 8 },
    warmUp: { count: 2 },
  });
  return outcome(contenders, results, [message], []);
}
