// How long until an answer comes, by size: bytes there and the same bytes back, each side having them whole.
import { contest } from './harness/contest.mjs';
import { outcome } from './harness/outcome.mjs';
import { seriesOf } from './harness/series.mjs';

const contender = (name, file, exported, rest = {}) => ({
  name,
  module: new URL(`contenders/${file}.mjs`, import.meta.url),
  export: exported,
  ...rest,
});
const node = (name, kind) => contender(name, 'node', 'roundTripBytes', { data: { kind } });

const contenders = [
  contender('Connection', 'connection', 'roundTripBytes', { ours: true }),
  contender('Connection, Sync', 'connection', 'roundTripBytesSync', { ours: true, short: 'Sync' }),
  node('child_process, advanced', 'advanced'),
  node('Unix socket, length and bytes', 'frames'),
  contender('zeromq PAIR', 'zeromq', 'roundTripBytes'),
  node('worker_threads, copied', 'thread'),
  contender('ringbuf.js between threads, spinning', 'ring-threads', 'roundTripBytes'),
  { name: 'Python Pipe, bytes', python: 'round_trip_bytes' },
];

const sizes = [
  ['8 B', 8],
  ['64 B', 64],
  ['512 B', 512],
  ['4 KiB', 4 << 10],
  ['32 KiB', 32 << 10],
  ['256 KiB', 256 << 10],
  ['1 MiB', 1 << 20],
];

const measure = (key, title) => ({ key, title, unit: 'µs', better: 'lower' });

export const title = 'Round trip of bytes, by size';

export async function ask({ pick }) {
  const asked = pick(sizes, [sizes[0], sizes[3], sizes[6]]);
  const parts = Object.fromEntries(
    asked.map(([label, size]) => [label, { size, ms: pick(60, 25, 3) }]),
  );
  const results = await contest(contenders, { rounds: pick(5, 2, 1), message: { parts } });
  const steps = asked.map(([label, size]) => [label, size, label]);
  const series = seriesOf(contenders, results, steps, {
    ...measure(undefined, 'Round trip, median'),
    x: 'bytes each way',
  });
  const shown = [asked[0], asked.at(-1)].map(([label]) => measure(label, `${label}, hot`));
  const whole = outcome(contenders, results, shown, []);
  return { ...whole, tables: [series.table, ...whole.tables], plots: [series.plot] };
}
