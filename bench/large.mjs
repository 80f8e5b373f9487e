// How many bytes a second go from one process to another in buffers of 1 MiB, copied.
import { limitOf } from './contenders/limits.mjs';
import { contest, forAbout } from './harness/contest.mjs';
import { markAtLeast, outcome, overBest, peersOf } from './harness/outcome.mjs';

const contender = (name, file, data, rest = {}) => ({
  name,
  module: new URL(`contenders/${file}.mjs`, import.meta.url),
  export: 'large',
  data,
  ...rest,
});
const ours = (name, short, file, data) => contender(name, file, data, { ours: true, short });

const copied = [
  ours('Connection sendBytes, recvBytes', 'recvBytes', 'connection', { form: 'promise' }),
  ours('Connection sendBytes, recvBytesInto', 'Into', 'connection', { form: 'into' }),
  ours('Connection, Sync', 'Sync', 'connection', { form: 'sync' }),
  ours('Queue, codec raw', 'Queue', 'queue', {}),
];
const peers = [
  contender('child_process, advanced', 'node', { kind: 'advanced' }),
  contender('worker_threads, copied', 'node', { kind: 'thread' }),
  contender('Unix socket', 'node', { kind: 'frames' }),
  contender('zeromq PAIR', 'zeromq', {}),
  { name: 'Python send_bytes', python: 'large' },
];
// It copies nothing between the two sides, because both are one process: it is there to be looked at.
const transferred = contender(
  'worker_threads, transferred',
  'node',
  { kind: 'thread', transfer: true },
  { control: true },
);

const size = 1 << 20;
const bytes = { key: 'bytes', title: '1 MiB buffers', unit: 'B/s', better: 'higher' };

export const title = 'Large buffers, copied';

export async function ask({ pick }) {
  const contenders = [
    ...copied,
    ...peers,
    transferred,
    limitOf('memcpy in C++, once', 'bytes', 'memcpy', size),
  ];
  const results = await contest(contenders, {
    rounds: pick(7, 2, 1),
    warmUp: { count: pick(100, 30, 5), size, limitMs: 10 },
    message: forAbout(pick(250, 60, 2), 'bytes', {
      unit: size,
      least: 5,
      size,
      limitMs: pick(100, 20, 5),
    }),
  });
  const best = copied
    .map(({ name }) => ({ name, ...overBest(results, bytes, name, peersOf(contenders)) }))
    .sort((one, other) => other.times - one.times)[0];
  return outcome(
    contenders,
    results,
    [bytes],
    [
      markAtLeast(
        `1 MiB copied (${best.name}) against the best peer (${best.peer})`,
        best.times,
        3,
      ),
    ],
  );
}
