// How many small objects a second go from one process to another.
import { contest } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const module = (file) => new URL(`contenders/${file}`, import.meta.url);
const ours = (name, form) => ({
  name,
  ours: true,
  module: module('queue.mjs'),
  export: 'throughput',
  data: { form },
});
const peer = (name, short, kind) => ({
  name,
  short,
  module: module('node.mjs'),
  export: 'throughput',
  data: { kind },
});

const contenders = [
  ours('Queue put, get', 'single'),
  ours('Queue put, for await', 'iterate'),
  ours('Queue putSync, getSync', 'sync'),
  ours('Queue putMany, getMany by 100', 'many'),
  peer('child_process.send', 'child_process', 'json'),
  peer('worker_threads postMessage', 'worker', 'thread'),
  peer('Unix socket, JSON lines', 'socket', 'lines'),
  { name: 'Python Queue', python: 'throughput' },
];

const items = { key: 'items', title: 'items', unit: '1/s', better: 'higher' };

export const title = 'Throughput of a queue, { id, v, s } one to one';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { count: quick ? 40_000 : 200_000, pythonCount: quick ? 20_000 : 60_000 },
  });
  const times = (form, peer) => advantage(results, items, form, peer);
  const marks = ['Queue put, get', 'Queue putMany, getMany by 100'].flatMap((form) => [
    markAtLeast(`${form} against child_process.send`, times(form, 'child_process.send'), 8),
    markAtLeast(`${form} against worker_threads`, times(form, 'worker_threads postMessage'), 2),
  ]);
  return outcome(contenders, results, [items], marks);
}
