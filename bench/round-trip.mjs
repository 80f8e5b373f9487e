// How long until an answer comes: a small object there and back, in a hurry and after silence.
import { limitOf } from './contenders/limits.mjs';
import { contest } from './harness/contest.mjs';
import { besideHog } from './harness/hog.mjs';
import { advantage, markAtLeast, markAtMost, outcome, overBest } from './harness/outcome.mjs';

const contender = (name, file, exported, rest = {}) => ({
  name,
  module: new URL(`contenders/${file}.mjs`, import.meta.url),
  export: exported,
  ...rest,
});
const node = (name, short, kind) => contender(name, 'node', 'roundTrip', { short, data: { kind } });

const connection = contender('Connection', 'connection', 'roundTrip', { ours: true });
const sync = contender('Connection, Sync', 'connection', 'roundTripSync', {
  ours: true,
  short: 'Sync',
});
const processes = [
  node('child_process.send, json', 'child_process', 'json'),
  node('child_process.send, advanced', 'advanced', 'advanced'),
  node('Unix socket, JSON lines', 'socket', 'lines'),
  contender('zeromq PAIR, JSON', 'zeromq', 'roundTrip', { short: 'zeromq' }),
];
const thread = node('worker_threads postMessage', 'worker', 'thread');
const python = { name: 'Python Pipe', python: 'round_trip' };
const polled = contender('a word, polled by two event loops', 'polled-word', 'roundTrip', {
  control: true,
});

// They spin, so they take part only where nobody sleeps.
const spinners = [
  contender('ringbuf.js between threads, spinning', 'ring-threads', 'roundTrip'),
  contender('shared-memory-disruptor, spinning', 'disruptor', 'roundTrip'),
];

const measure = (key, title) => ({ key, title, unit: 'µs', better: 'lower' });
const hot = measure('hot', 'hot');
const silences = [1, 10, 100].map((ms) => measure(`silence${ms}`, `after ${ms} ms of silence`));
const crowded = measure('crowded', 'hot, beside a busy process');

export const title = 'Round trip of { id, v, s }';

export async function ask({ pick }) {
  const contenders = [
    connection,
    sync,
    ...processes,
    thread,
    ...spinners,
    python,
    polled,
    limitOf('64 bytes through our ring in C++, spinning', 'hot', 'ring-trip', 64),
  ];
  const results = await contest(contenders, {
    rounds: pick(5, 2, 1),
    message: {
      limitMs: pick(100, 30, 5),
      parts: {
        hot: { ms: pick(250, 60, 5) },
        silence1: { pauseMs: 1, most: pick(50, 10, 2) },
        silence10: { pauseMs: 10, most: pick(25, 5, 1) },
        silence100: { pauseMs: 100, most: pick(8, 1, 1) },
      },
    },
    warmUp: { parts: { hot: { ms: pick(250, 60, 5) }, silence1: { pauseMs: 1, most: 2 } } },
  });
  // The quick form leaves it out: these start twice.
  if (pick(true, false, true)) await addCrowded(results, pick);
  return outcome(contenders, results, [hot, ...silences, crowded], marksOf(results));
}

/** Those who do not spin, once more beside a process that wants a processor for itself. */
async function addCrowded(results, pick) {
  const calm = [connection, sync, processes[0], processes[2], thread, python];
  const beside = await besideHog(() =>
    contest(calm, {
      rounds: pick(3, 1),
      message: { parts: { hot: { ms: pick(200, 80, 5) } } },
    }),
  );
  for (const { name } of calm) {
    if (results[name].failed) continue;
    if (beside[name].failed) results[name] = beside[name];
    else {
      results[name].crowded = beside[name].hot;
      results[name].pooled.crowded = beside[name].pooled.hot;
    }
  }
}

function marksOf(results) {
  const peers = processes.map(({ name }) => name);
  const best = (measure) => overBest(results, measure, connection.name, peers);
  const [fast, late] = [best(hot), best(silences[2])];
  return [
    markAtLeast(`Connection, hot, against the best process peer (${fast.peer})`, fast.times, 10),
    markAtMost(
      `Connection, hot, of a word polled by two event loops`,
      1 / advantage(results, hot, connection.name, polled.name),
      2,
    ),
    markAtLeast(
      `Connection after 100 ms of silence against the fastest process peer (${late.peer})`,
      late.times,
      1,
    ),
    markAtLeast(
      'Connection, Sync, hot, against Python Pipe',
      advantage(results, hot, sync.name, python.name),
      20,
    ),
  ];
}
