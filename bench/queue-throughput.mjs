// How many small objects a second go from one process to another.
import { contest, forAbout } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const contender = (name, file, data, rest = {}) => ({
  name,
  module: new URL(`contenders/${file}.mjs`, import.meta.url),
  export: 'throughput',
  data,
  ...rest,
});
const ours = (name, short, form) => contender(name, 'queue', { form }, { ours: true, short });
const node = (name, kind, together) => contender(name, 'node', { kind, together });

const single = ours('Queue put, get', 'put, get', 'single');
const many = ours('Queue putMany, getMany by 100', 'by 100', 'many');
const child = node('child_process.send, json', 'json');
const worker = node('worker_threads postMessage', 'thread');
const contenders = [
  single,
  ours('Queue put, for await', 'for await', 'iterate'),
  ours('Queue putSync, getSync', 'Sync', 'sync'),
  many,
  contender('Connection send, for await', 'connection', {}, { ours: true, short: 'Connection' }),
  child,
  node('child_process.send, json, arrays of 100', 'json', true),
  node('child_process.send, advanced', 'advanced'),
  worker,
  node('worker_threads postMessage, arrays of 100', 'thread', true),
  contender('ringbuf.js between threads, JSON', 'ring-threads', {}),
  node('Unix socket, JSON lines', 'lines'),
  contender('zeromq PAIR, JSON', 'zeromq', {}),
  contender('shared-memory-disruptor, JSON', 'disruptor', {}),
  { name: 'Python Queue', python: 'throughput' },
  { name: 'Python Pipe', python: 'pipe_throughput' },
];

const items = { key: 'items', title: 'items', unit: '1/s', better: 'higher' };

export const title = 'Throughput of objects, { id, v, s } one to one';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(7, 2, 1),
    warmUp: { count: pick(30_000, 5_000, 500) },
    message: forAbout(pick(200, 50, 2), 'items'),
  });
  const marks = [single, many].flatMap((form) => [
    markAtLeast(
      `${form.name} against child_process.send`,
      advantage(results, items, form.name, child.name),
      20,
    ),
    markAtLeast(
      `${form.name} against worker_threads`,
      advantage(results, items, form.name, worker.name),
      4,
    ),
  ]);
  return outcome(contenders, results, [items], marks);
}
