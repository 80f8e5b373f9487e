// How many bytes a second go from one process to another in buffers of 1 MiB.
import { contest } from './harness/contest.mjs';
import { outcome } from './harness/outcome.mjs';

const module = (file) => new URL(`contenders/${file}`, import.meta.url);
const contender = (name, file, data, rest) => ({
  name,
  module: module(file),
  export: 'large',
  data,
  ...rest,
});
const ours = { ours: true };

const contenders = [
  contender('Connection sendBytes, recvBytes', 'connection.mjs', { form: 'promise' }, ours),
  contender('Connection sendBytes, recvBytesInto', 'connection.mjs', { form: 'into' }, ours),
  contender('Connection, Sync', 'connection.mjs', { form: 'sync' }, ours),
  contender('Queue, codec raw', 'queue.mjs', {}, ours),
  contender(
    'child_process, advanced',
    'node.mjs',
    { kind: 'advanced' },
    { short: 'child_process' },
  ),
  contender('worker_threads, copied', 'node.mjs', { kind: 'thread' }, { short: 'worker' }),
  contender(
    'worker_threads, transferred',
    'node.mjs',
    { kind: 'thread', transfer: true },
    { short: 'transferred' },
  ),
  contender('Unix socket', 'socket.mjs', {}, { short: 'socket' }),
  { name: 'Python send_bytes', short: 'Python', python: 'large' },
];

const bytes = { key: 'bytes', title: '1 MiB buffers', unit: 'B/s', better: 'higher' };

export const title = 'Large buffers, one way';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { count: quick ? 150 : 500, size: 1 << 20 },
    warmUp: { count: 50, size: 1 << 20 },
  });
  return outcome(contenders, results, [bytes], []);
}
