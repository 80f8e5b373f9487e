// Node.js and Python: small objects each way, against Python's own queue and a Unix socket, and large messages lent.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { contest, forAbout } from './harness/contest.mjs';
import { advantage, markAtLeast, markAtMost, outcome, together } from './harness/outcome.mjs';
import { pairedRatio } from './harness/statistics.mjs';

const module = new URL('contenders/python-partner.mjs', import.meta.url);
const contender = (name, exported, data, rest = {}) => ({
  name,
  module,
  export: exported,
  data,
  ...rest,
});

const forms = { single: 'one by one', many: 'by 100' };
const receivers = { python: 'Node.js to Python', node: 'Python to Node.js' };

const ours = (to, form) =>
  contender(
    `Queue, ${receivers[to]}, ${forms[form]}`,
    'throughput',
    { form, to },
    {
      ours: true,
      short: `${to === 'python' ? 'to Python' : 'to Node.js'}, ${forms[form]}`,
    },
  );
const socket = (to, form) =>
  contender(`Unix socket, msgpack, ${receivers[to]}, ${forms[form]}`, 'socketThroughput', {
    form,
    to,
  });
const lent = (to) => contender(`lent, ${receivers[to]}`, 'handOver', { to }, { ours: true });

const pairs = Object.keys(receivers).flatMap((to) =>
  Object.keys(forms).map((form) => ({ mine: ours(to, form), theirs: socket(to, form) })),
);
const python = { name: 'Python Queue, Python to Python', python: 'throughput' };

const items = { key: 'items', title: 'items', unit: '1/s', better: 'higher' };
const sizes = { '64 KiB': 1 << 16, '4 MiB': 1 << 22 };

export const title = 'Node.js and Python, { id, v, s } and large messages';

const build = fileURLToPath(new URL('../scripts/build-python.mjs', import.meta.url));

export async function ask({ pick }) {
  // The package's extension in C; it says itself where that cannot be built.
  spawnSync(process.execPath, [build], { stdio: 'inherit' });
  return together(await small(pick), await large(pick));
}

async function small(pick) {
  const contenders = [
    ...pairs.map(({ mine }) => mine),
    ...pairs.map(({ theirs }) => theirs),
    python,
  ];
  const results = await contest(contenders, {
    rounds: pick(7, 3, 1),
    warmUp: { count: pick(20_000, 5_000, 500) },
    message: forAbout(pick(200, 100, 2), 'items'),
  });
  const marks = pairs.flatMap(({ mine, theirs }) =>
    [python, theirs].map((peer) =>
      markAtLeast(
        `${mine.name} against ${peer.name}`,
        advantage(results, items, mine.name, peer.name),
        5,
      ),
    ),
  );
  return outcome(contenders, results, [items], marks);
}

async function large(pick) {
  const contenders = [
    lent('python'),
    lent('node'),
    { name: 'Python send_bytes', python: 'hand_over' },
  ];
  const parts = (limits) =>
    Object.fromEntries(Object.entries(sizes).map(([label, size]) => [label, { size, ...limits }]));
  const results = await contest(contenders, {
    rounds: pick(5, 3, 1),
    message: { parts: parts({ ms: pick(200, 50, 2), most: 1_000 }) },
    warmUp: { parts: parts({ most: 5 }) },
  });
  const [smaller, larger] = Object.keys(sizes);
  const values = (name, key) => (results[name][key] ?? []).map(({ value }) => value);
  const marks = contenders
    .filter((one) => one.ours)
    .map(({ name }) =>
      markAtMost(
        `${larger} ${name}, of the time of ${smaller}`,
        pairedRatio(values(name, larger), values(name, smaller)),
        2,
      ),
    );
  const measures = Object.keys(sizes).map((key) => ({
    key,
    title: `${key} and a receipt`,
    unit: 'µs',
    better: 'lower',
  }));
  return outcome(contenders, results, measures, marks);
}
