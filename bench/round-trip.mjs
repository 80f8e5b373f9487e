// How long until an answer comes: a small object there and back, in a hurry and after silence.
import { contest } from './harness/contest.mjs';
import { besideHog } from './harness/hog.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const module = (file) => new URL(`contenders/${file}`, import.meta.url);

const contenders = [
  { name: 'Connection', ours: true, module: module('connection.mjs'), export: 'roundTrip' },
  {
    name: 'Connection, Sync',
    ours: true,
    module: module('connection.mjs'),
    export: 'roundTripSync',
  },
  {
    name: 'child_process.send',
    short: 'child_process',
    module: module('node.mjs'),
    export: 'roundTrip',
    data: { kind: 'json' },
  },
  {
    name: 'worker_threads postMessage',
    short: 'worker',
    module: module('node.mjs'),
    export: 'roundTrip',
    data: { kind: 'thread' },
  },
  {
    name: 'Unix socket, JSON lines',
    short: 'socket',
    module: module('node.mjs'),
    export: 'roundTrip',
    data: { kind: 'lines' },
  },
  { name: 'Python Pipe', python: 'round_trip' },
];

const hot = { key: 'hot', title: 'hot', unit: 'µs', better: 'lower' };
const silence = { key: 'silence', title: 'after 10 ms of silence', unit: 'µs', better: 'lower' };
const crowded = {
  key: 'crowded',
  title: 'hot, beside a busy process',
  unit: 'µs',
  better: 'lower',
};

export const title = 'Round trip of { id, v, s }';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { hot: quick ? 2_000 : 10_000, silent: quick ? 15 : 50, silenceMs: 10 },
    warmUp: { hot: 3_000, silent: 2, silenceMs: 10 },
  });
  const beside = await besideHog(() =>
    contest(contenders, {
      rounds: quick ? 2 : 5,
      message: { hot: quick ? 1_000 : 3_000, silent: 1, silenceMs: 0 },
    }),
  );
  for (const { name } of contenders) {
    if (results[name].failed) continue;
    if (beside[name].failed) results[name] = beside[name];
    else results[name].crowded = beside[name].hot;
  }
  const faster = (measure) => advantage(results, measure, 'Connection', 'child_process.send');
  return outcome(
    contenders,
    results,
    [hot, silence, crowded],
    [
      markAtLeast('Connection hot against child_process.send', faster(hot), 4),
      markAtLeast(
        'Connection after 10 ms of silence against child_process.send',
        faster(silence),
        1,
      ),
    ],
  );
}
