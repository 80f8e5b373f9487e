// How many bytes a second go from one process to another in buffers of 1 MiB; how long one message takes by its size, lent
// and copied.
import { contest } from './harness/contest.mjs';
import { advantage, markAtLeast, markBelow, outcome } from './harness/outcome.mjs';
import { pairedRatio } from './harness/statistics.mjs';

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

const handOver = (name, form) => ({
  name,
  module: module('loans.mjs'),
  export: 'handOver',
  data: { form },
  ours: true,
});
const lent = 'Connection, lent';
const loans = [
  handOver(lent, 'lent'),
  handOver('Connection, lent and filled', 'filled'),
  handOver('Connection, copied', 'copied'),
];

const bytes = { key: 'bytes', title: '1 MiB buffers', unit: 'B/s', better: 'higher' };

const MiB = 1 << 20;
const sizes = [
  ['64 KiB', MiB / 16],
  ['1 MiB', MiB],
  ['16 MiB', 16 * MiB],
  // V8 collects garbage for a buffer of 64 MiB (docs/loans.md); this shows what is ours.
  ['64 MiB less a page', 64 * MiB - 65_536],
  ['64 MiB', 64 * MiB],
];

export const title = 'Large buffers';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { count: quick ? 150 : 500, size: MiB },
    warmUp: { count: 50, size: MiB },
  });
  const copied = outcome(contenders, results, [bytes], [markOfCopied(results)]);
  const bySize = await contest(loans, {
    rounds: quick ? 3 : 7,
    message: { count: quick ? 10 : 40, sizes },
    warmUp: { count: 5, sizes },
  });
  const measures = sizes.map(([key]) => ({
    key,
    title: `${key}, there and a receipt back`,
    unit: 'µs',
    better: 'lower',
  }));
  const handed = outcome(loans, bySize, measures, marksOfLoans(bySize));
  return {
    tables: [...copied.tables, ...handed.tables],
    marks: [...copied.marks, ...handed.marks],
    failures: [...copied.failures, ...handed.failures],
    samples: { ...copied.samples, ...handed.samples },
  };
}

/** Our best against the best peer, each by its ratio to the other within a round. */
function markOfCopied(results) {
  const peers = contenders.filter(({ ours: mine, name }) => !mine && !results[name].failed);
  const best = contenders
    .filter(({ ours: mine }) => mine)
    .map(({ name }) =>
      Math.min(...peers.map((peer) => advantage(results, bytes, name, peer.name))),
    );
  return markAtLeast('1 MiB buffers, copied, against the best peer', Math.max(...best), 3);
}

function marksOfLoans(results) {
  const values = (key) => (results[lent][key] ?? []).map(({ value }) => value);
  return sizes
    .slice(-2)
    .map(([key]) =>
      markBelow(
        `a loan of ${key} takes as long as one of 64 KiB`,
        pairedRatio(values(key), values('64 KiB')),
        2,
        'times',
      ),
    );
}
