// How many buffers of 64 bytes a second go from one process to another.
import { limitOf } from './contenders/limits.mjs';
import { contest, forAbout } from './harness/contest.mjs';
import { advantage, markAtLeast, medianOf, outcome } from './harness/outcome.mjs';
import { number } from './harness/format.mjs';

const size = 64;
const contender = (name, file, data, rest = {}) => ({
  name,
  module: new URL(`contenders/${file}.mjs`, import.meta.url),
  export: 'throughput',
  data: { size, ...data },
  ...rest,
});
const ours = (name, short, form) => contender(name, 'queue', { form }, { ours: true, short });
const node = (name, kind, together) => contender(name, 'node', { kind, together });

const many = ours('Queue putMany, getMany by 100', 'by 100', 'many');
const contenders = [
  ours('Queue put, get', 'put, get', 'single'),
  many,
  ours('Queue putManySync, getManySync by 100', 'by 100, Sync', 'manySync'),
  node('child_process.send, advanced', 'advanced'),
  node('child_process.send, advanced, arrays of 100', 'advanced', true),
  node('worker_threads postMessage', 'thread'),
  node('worker_threads postMessage, arrays of 100', 'thread', true),
  contender('ringbuf.js between threads', 'ring-threads', {}),
  contender('ringbuf.js between threads, by 100', 'ring-threads', { together: true }),
  node('Unix socket, length and bytes', 'frames'),
  node('Unix socket, length and bytes, by 100', 'frames', true),
  contender('zeromq PAIR', 'zeromq', {}),
  contender('zeromq PAIR, 100 parts', 'zeromq', { together: true }),
  contender('shared-memory-disruptor', 'disruptor', {}),
  { name: 'Python Pipe send_bytes', python: 'bytes_throughput', data: { size } },
];

const items = { key: 'items', title: 'buffers of 64 bytes', unit: '1/s', better: 'higher' };
// Ten million a second is wanted where the bare ring does 150 million.
const shareOfLimit = 10 / 150;

export const title = 'Throughput of bytes, 64 at a time, one to one';

export async function ask({ pick }) {
  const limit = limitOf('our ring in C++, published by 100', 'items', 'ring', size, 100);
  const all = [
    ...contenders,
    limit,
    limitOf('our ring in C++, published one by one', 'items', 'ring', size, 1),
  ];
  const results = await contest(all, {
    rounds: pick(7, 2, 1),
    warmUp: { count: pick(30_000, 5_000, 500), limitMs: pick(100, 30, 5) },
    message: forAbout(pick(200, 50, 2), 'items', { limitMs: pick(200, 40, 5) }),
  });
  const share = advantage(results, items, many.name, limit.name);
  const marks = [
    markAtLeast(
      `64-byte buffers by putMany, getMany (${number(medianOf(results, many.name, 'items'))} a second) of what the ring does in C++ (${number(medianOf(results, limit.name, 'items'))})`,
      share,
      shareOfLimit,
    ),
  ];
  return outcome(all, results, [items], marks);
}
