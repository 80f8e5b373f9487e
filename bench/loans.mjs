// How long a large message takes by its size, lent and copied: there, and its receipt back.
import { contest } from './harness/contest.mjs';
import { markAtMost, outcome } from './harness/outcome.mjs';
import { seriesOf } from './harness/series.mjs';
import { pairedRatio } from './harness/statistics.mjs';

const contender = (name, file, data, rest = {}) => ({
  name,
  module: new URL(`contenders/${file}.mjs`, import.meta.url),
  export: 'handOver',
  data,
  ...rest,
});
const ours = (name, short, form) => contender(name, 'loans', { form }, { ours: true, short });

const lent = ours('Connection, lent', 'lent', 'lent');
const contenders = [
  lent,
  ours('Connection, lent and filled', 'filled', 'filled'),
  ours('Connection, copied', 'copied', 'copied'),
  contender('Unix socket', 'node', { kind: 'frames' }),
  contender('worker_threads, copied', 'node', { kind: 'thread' }),
  contender('worker_threads, copied and transferred', 'node', { kind: 'thread', transfer: true }),
  { name: 'Python send_bytes', python: 'hand_over' },
];

const MiB = 1 << 20;
const sizes = [
  ['64 KiB', MiB / 16],
  ['1 MiB', MiB],
  ['16 MiB', 16 * MiB],
  // V8 collects garbage for a buffer of 64 MiB (docs/loans.md); this shows what is ours.
  ['64 MiB less a page', 64 * MiB - 65_536],
  ['64 MiB', 64 * MiB],
];
const tinySizes = sizes.slice(0, 2);

export const title = 'Large messages by size, lent and copied';

export async function ask({ pick }) {
  const asked = pick(sizes, [sizes[0], sizes[1], sizes[3]], tinySizes);
  const parts = Object.fromEntries(
    asked.map(([label, size]) => [label, { size, ms: pick(150, 20, 2), most: 400 }]),
  );
  const results = await contest(contenders, {
    rounds: pick(5, 2, 1),
    message: { parts },
    warmUp: {
      parts: Object.fromEntries(asked.map(([label, size]) => [label, { size, most: pick(3, 1) }])),
    },
  });
  const measure = { unit: 'µs', better: 'lower' };
  const series = seriesOf(
    contenders,
    results,
    asked.map(([label, size]) => [label, size, label]),
    {
      ...measure,
      title: 'There and a receipt back, median',
      x: 'bytes',
    },
  );
  const shown = [asked[1], asked.at(-1)].map(([label]) => ({
    ...measure,
    key: label,
    title: label,
  }));
  const whole = outcome(contenders, results, shown, marksOf(results, asked));
  return { ...whole, tables: [series.table, ...whole.tables], plots: [series.plot] };
}

function marksOf(results, asked) {
  const values = (key) => (results[lent.name][key] ?? []).map(({ value }) => value);
  const [first] = asked[0];
  return asked
    .filter(([, size]) => size > 32 * MiB)
    .map(([label]) =>
      markAtMost(
        `A loan of ${label}, of the time of one of ${first}`,
        pairedRatio(values(label), values(first)),
        2,
      ),
    );
}
